"""What ``pytest suites/`` does: the plugin, the marks, the contenders, and a run from first question to report."""
