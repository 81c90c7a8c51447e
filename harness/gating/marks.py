"""The ``suite`` mark: which tests have one, and the suite that it names, read when it is first asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InputError

if TYPE_CHECKING:
    from harness.asking.cases import Suite

HOW_TO_MARK = "pytest.mark.suite(HERE / 'cases.jsonl')"
JUDGING = {"judge", "prefer"}
"""Fixtures that need the judge."""
SUITES: "pytest.StashKey[dict[str, Suite]]" = pytest.StashKey()


def mark_of(item: pytest.Item) -> pytest.Mark | None:
    """Return a test's suite mark, its own or that of its class or module."""
    return item.get_closest_marker("suite")


def leave_out(config: pytest.Config, change: "Callable[[Suite], Suite]") -> None:
    """Change every suite that was read, so that tests get it without some cases."""
    config.stash[SUITES] = {key: change(suite) for key, suite in config.stash[SUITES].items()}


def case_file_of(item: pytest.Item) -> Path:
    """Return the case file that a test's suite mark names, where ``suite_of`` can read it.

    Raises:
        InputError: the test has no suite.
    """
    mark = mark_of(item)
    if mark is None:
        raise InputError(f"{item.nodeid} has no suite; mark it with {HOW_TO_MARK}")
    return item.path.parent / str(mark.args[0])


def suite_of(item: pytest.Item) -> "Suite":
    """Return a test's suite; each suite is read once."""
    mark = mark_of(item)
    if mark is None:
        raise InputError(f"{item.nodeid} has no suite; mark it with {HOW_TO_MARK}")
    known = item.config.stash[SUITES]
    folder = item.path.parent
    key = repr((folder, mark.args, sorted(mark.kwargs.items())))
    if key not in known:
        from harness.gating.marked import suite_of_mark

        known[key] = suite_of_mark(item.nodeid, folder, mark)
    return known[key]
