"""harness.toml: the settings of a checkout. The tables are in files by idea; ``whole`` puts them together."""
