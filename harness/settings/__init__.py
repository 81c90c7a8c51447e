"""What harness.toml can say, ``described`` from the types, and what it says in one checkout, ``effective``."""
