"""Make pytest's own tester available, free drawn examples from the machine's speed and from luck, and ask no hub.

The examples are the same each time: what can fail, fails on every machine. `make fuzz` searches for new ones. By
itself Hypothesis also tries constants of the modules that are imported by then, which differ with the order of tests.
"""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

pytest_plugins = ["pytester"]
os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported; a test with a hub of its own sets it back

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("tests", calm, derandomize=True)
settings.register_profile("search", calm, derandomize=False, max_examples=1_000)
settings.load_profile("tests")
providers._get_local_constants = providers.Constants


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Handle signals as an open run does."""
    from harness.interrupts import Interrupts

    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    handlers = Interrupts()
    handlers.install()
    yield
    handlers.restore()
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """Let this process hear Ctrl-C: one that was started in the background, or by pytest-xdist, ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
