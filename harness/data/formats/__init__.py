"""The formats of training rows, each recognised by its columns and read as a conversation: ``known.FORMATS``."""
