"""From a suite's cases to the answers of both sides: requests, one stream of questions, noise, probes, and the cost."""
