"""Rows that a teacher made: what is kept beside them, how far people have reviewed them, and whether they can be used."""
