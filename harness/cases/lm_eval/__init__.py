"""Tasks of lm-evaluation-harness as suites: read by that tool itself, then written as cases and a test."""
