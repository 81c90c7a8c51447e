"""Rows that a teacher made: what is kept beside them, how a review of them stands, and whether they can be used."""
