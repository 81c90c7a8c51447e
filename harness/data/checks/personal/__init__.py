"""Personal data and secrets in rows."""
