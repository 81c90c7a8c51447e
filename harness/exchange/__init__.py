"""Other tools' files in, ours out: a module for each tool, one record of a row, one place that saves a run of them."""
