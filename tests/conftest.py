"""Make pytest's own tester available, and free the drawn examples from the speed of the machine."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("tests")
