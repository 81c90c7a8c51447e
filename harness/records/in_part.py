"""What a run asked that stopped once every gate was decided."""

from harness.records.parties import Party
from harness.records.record import Record


class AskedPart(Record, frozen=True, kw_only=True):
    """How many cases of a suite both sides were asked."""

    suite: str
    cases: int
    asked: int


class Spared(Record, frozen=True, kw_only=True):
    """About what one party was not asked, and what that would have cost; None where no price is known."""

    side: Party
    name: str = ""
    requests: int
    cost: float | None = None
    currency: str = ""


class AskedInPart(Record, frozen=True, kw_only=True):
    """What a run with ``--until-decided`` asked: cases in the order that ``seed`` gives, until each gate was decided.

    ``spared`` has a judge's calls too, estimated from those that it was sent for each case.
    """

    seed: int
    suites: tuple[AskedPart, ...]
    spared: tuple[Spared, ...] = ()

    @property
    def cases(self) -> int:
        """How many cases all suites have."""
        return sum(one.cases for one in self.suites)

    @property
    def asked(self) -> int:
        """How many of them were asked."""
        return sum(one.asked for one in self.suites)
