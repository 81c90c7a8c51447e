"""How rows are distributed, how long they are, and what their number advises."""
