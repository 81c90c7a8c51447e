"""Text in and out: files that people write, and text that people read."""
