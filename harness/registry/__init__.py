"""Which adapter is promoted, and what proves it: a ledger of signed statements. See docs/registry.md."""
