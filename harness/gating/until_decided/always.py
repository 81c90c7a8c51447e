"""What is asked though every gate may be decided without it: cases with a test of their own, certain suites."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

import pytest

from harness.gating.marks import mark_of, suite_of
from harness.gating.postponed import may_wait, reports_itself


class Always(NamedTuple):
    """What is always asked, of suites known by their ``id()``.

    ``pinned`` are the ids of cases that each have a test of their own; ``whole`` are suites of a test that can't wait.
    """

    pinned: Mapping[int, Collection[str]]
    whole: Collection[int]


NOTHING_ALWAYS = Always({}, ())


def always_of(items: Iterable[pytest.Item], case_of: Callable[[pytest.Item], str]) -> Always:
    """Return what tests have asked in any case; ``case_of`` returns the id of the case that a test is about, or ""."""
    pinned: dict[int, set[str]] = {}
    whole = set()
    for item in filter(mark_of, items):
        suite = id(suite_of(item))
        if case_id := case_of(item):
            pinned.setdefault(suite, set()).add(case_id)
        elif may_wait(item) and reports_itself(item):
            whole.add(suite)
    return Always(pinned, whole)
