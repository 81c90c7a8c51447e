"""Make pytest's own tester available."""

pytest_plugins = ["pytester"]
