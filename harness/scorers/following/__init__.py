"""What a case can instruct a model to do, where a program can tell whether it was done."""
