"""Failures in production that become cases or training rows: proposed, decided by people, and old cases retired."""
