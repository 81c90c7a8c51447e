"""One ``pytest suites/``: the plugin, the marks, the contenders, and a run from the first question to its report."""
