"""That a run asked only short suites (``--anchors``): its figures are estimates, and it releases nothing."""

from harness.records.saved import Run
from harness.records.short import ShortSuite
from harness.report.sentences import BEFORE_RELEASE
from harness.text.figures import count
from harness.text.shown import fact


def short_lines(run: Run) -> tuple[str, ...]:
    """Return a line for each short suite of a run."""
    return tuple(
        f"{fact(one.suite, 80)} is an estimate: {asked_of(one)}. Intervals have the error of that; {BEFORE_RELEASE}."
        for one in run.short
    )


def asked_of(one: ShortSuite) -> str:
    """Say how much of a suite was asked.

    >>> asked_of(ShortSuite(suite="triage", asked=100, of=1000))
    '100 of 1,000 cases were asked (--anchors)'
    """
    return f"{one.asked:,} of {count(one.of, 'case')} were asked (--anchors)"
