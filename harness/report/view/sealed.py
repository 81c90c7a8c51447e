"""What the seals of a run's tests say: how many candidates each has judged, and why anybody read its cases."""

from harness.records.made_of import SealedTest
from harness.records.saved import Run
from harness.text.figures import count
from harness.text.shown import fact


def sealed_lines(run: Run) -> tuple[str, ...]:
    """Return a line for each sealed test of a run."""
    return tuple(f"The sealed test {fact(one.suite, 80)} {told(one)}" for one in run.sealed)


def told(test: SealedTest) -> str:
    """Say what a seal says, as a sentence without its subject.

    >>> told(SealedTest(suite="triage", judged=14))
    'has judged 14 candidates; nobody has read its cases since it was sealed'
    """
    looks = "; ".join(f'read on {fact(day, 20)}: "{fact(reason, 200)}"' for reason, day in test.unsealed)
    unread = "nobody has read its cases since it was sealed"
    lost = f". This use could not be noted: {fact(test.problem, 300)}" if test.problem else ""
    return f"has judged {count(test.judged, 'candidate')}; {looks or unread}{lost}"
