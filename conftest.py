"""For fixtures and hooks that all suites of this checkout share; there are none yet.

The plugin is registered by the entry point of the installed package, and needs nothing here.
"""
