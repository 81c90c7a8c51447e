"""Wait for what another thread or process does: as long as it takes, and fail where it never comes."""

import time
from collections.abc import Callable

MOST_S = 100.0
"""How long a test waits until it fails; a test that passes waits for a moment, also on a slow machine."""


def until(condition: Callable[[], object]) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + MOST_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.002)
