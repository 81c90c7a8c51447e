"""What the scorers that compare by meaning share: how near texts are, which languages are read, what can be trusted."""
