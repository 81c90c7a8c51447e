"""Answers to questions about a given context: its passages, what an answer claims of them, cites, and leaves open."""
