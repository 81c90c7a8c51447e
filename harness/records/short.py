"""A short suite: some cases of a suite, drawn so that they say most about the whole (``harness cases anchors``)."""

import msgspec

from harness.records.record import Record


class ShortStratum(Record, frozen=True, kw_only=True):
    """Cases on which earlier models did alike; ``of`` cases, of which ``drawn`` are asked."""

    of: int
    drawn: int

    @property
    def weight(self) -> float:
        """How many cases each one asked stands for."""
        return self.of / self.drawn


class Short(Record, frozen=True, kw_only=True):
    """What a comparison on a short suite stands for: the whole suite's ``of`` cases, of which ``tags`` have each tag.

    ``stratum_of`` has the name of the stratum of each case asked, by the case's id.
    """

    of: int
    strata: dict[str, ShortStratum]
    stratum_of: dict[str, str]
    tags: dict[str, int] = msgspec.field(default_factory=dict)
    largest: int = 1
    """How many cases the largest group of the whole suite has."""


class ShortSuite(Record, frozen=True, kw_only=True):
    """A suite of which a run asked only the short one: ``asked`` of its ``of`` cases."""

    suite: str
    asked: int
    of: int
