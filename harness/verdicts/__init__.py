"""From two sides' scores to a verdict: what must agree, the comparison, the thresholds, and the wording."""
