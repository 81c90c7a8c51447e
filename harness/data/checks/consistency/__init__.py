"""Rows that have another form, language or prompt than the others."""
