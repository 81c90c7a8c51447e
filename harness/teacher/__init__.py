"""Training rows from a teacher: generated, checked, and looked at by people before they are used."""
