"""Make pytest's own tester available, and free the drawn examples from the machine's speed and from luck.

The examples are the same each time: what can fail, fails on every machine. `make fuzz` searches for new ones.
"""

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("tests", calm, derandomize=True)
settings.register_profile("search", calm, derandomize=False, max_examples=1_000)
settings.load_profile("tests")
