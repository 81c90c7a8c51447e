"""Stopping by the gate: a small part of a suite, sealed off from the gate, chooses the checkpoint that is kept."""
