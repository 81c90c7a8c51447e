"""The ``harness`` command: parse, call one function, print. One module for each group of commands."""
