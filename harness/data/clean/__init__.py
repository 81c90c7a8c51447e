"""Rows with what is wrong taken away, where there is one right way to; each change is told, and can be undone."""
