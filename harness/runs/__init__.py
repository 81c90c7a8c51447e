"""A run on disk: its folder and name, how it ended, what earlier runs show, and its rows as a table."""
