"""A copy of the ledger for people who look into MLflow, over plain REST: the ledger stays the one truth."""
