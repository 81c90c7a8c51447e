"""What a session of pytest is given, or notes, in pytest's stash before any run is open."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InputError

if TYPE_CHECKING:
    from harness.gating.leaked import LeakCheck
    from harness.gating.suite_run import SuiteRun

GIVEN_RUN: "pytest.StashKey[SuiteRun]" = pytest.StashKey()
"""A run that asks nobody, put here by a session that only plans or decides again."""
NOISE_SAMPLE = pytest.StashKey[int]()
"""Number of requests to ask twice, put here by a session that only measures noise."""
WRONG_INPUT = pytest.StashKey[list[InputError]]()
DESELECTED = pytest.StashKey[Counter[Path]]()
"""How many tests of suites pytest left out of each module: by its command line, its settings, or a plugin."""
GIVEN_LEAKS: "pytest.StashKey[LeakCheck]" = pytest.StashKey()
"""What the given run found of its cases in the candidate's training rows."""
