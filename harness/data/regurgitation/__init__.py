"""What a model repeats of its training rows: how they begin, and which of them come out."""
