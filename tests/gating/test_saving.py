"""The lines about what could not be saved: the cause, what helps against it, and how to get what is missing."""

import errno
import os

import pytest

from harness.errors import EngineSetupError
from harness.gating.ended_run import ASK_AGAIN
from harness.gating.ledger import Ledger
from harness.gating.saving import Unsaved
from harness.text.atomic import replacing


def line_about(problem, tmp_path):
    """Return the line about a run whose file could not be written for this cause."""
    unsaved = Unsaved(Ledger())
    with unsaved.noting("the run was not saved", ASK_AGAIN), replacing(tmp_path / "run.json"):
        raise problem
    (line,) = unsaved.lines
    return line


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EACCES, "allow this user to write there"),
        (errno.ENOENT, "its folder is missing: make it"),
    ],
)
def test_advice_about_the_disk_follows_from_what_the_disk_said(tmp_path, number, advice):
    """Then comes how the run is had all the same."""
    told = os.strerror(number)

    line = line_about(OSError(number, told), tmp_path)

    assert line == f"the run was not saved: {tmp_path}/run.json: can't be written: {told}; {advice}; {ASK_AGAIN}"


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (EngineSetupError("no Ray cluster is at ray://head; start one"), "no Ray cluster is at ray://head; start one"),
        (MemoryError(), "MemoryError"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
def test_a_cause_that_is_no_matter_of_the_disk_is_told_without_advice_about_disks(tmp_path, problem, cause):
    """An error of the harness says itself what to do."""
    assert line_about(problem, tmp_path) == f"the run was not saved: {cause}; {ASK_AGAIN}"


def test_a_full_disk_under_somebody_elses_file_is_told_to_make_room():
    """As under the JUnit file of pytest, whose error says no more than the system does."""
    unsaved = Unsaved(Ledger())

    unsaved.note("pytest could not finish", OSError(errno.ENOSPC, "No space left on device"), "the rest is whole")

    assert unsaved.lines == (
        "pytest could not finish: OSError: [Errno 28] No space left on device; make room; the rest is whole",
    )
