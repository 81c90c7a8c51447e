"""For fixtures and hooks that your suites share; there are none yet.

The fixtures of a suite (evaluate, gate, judge, ...) come with the package; `pytest --fixtures` explains them.
"""
