"""A run on disk: its folder and name, how it ended, what earlier runs say, and its rows as a table."""
