"""What came of people's decisions: which are final, where two people disagree, and what all of it says of the logs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from harness.feedback.records import Decision, Proposal, Seat
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.judges.agreement import alpha_estimate, kappa_estimate
from harness.stats.surveys import Stratum, weighted_share

State = Literal["open", "disagreed", "decided"]
SEATS: tuple[Seat, ...] = ("first", "second", "third")
KINDS = ("keep", "correct", "drop")


class Standing(Record, frozen=True, kw_only=True):
    """How far a proposal is decided: what each seat said last, and what is final; None while something is missing."""

    proposal: Proposal
    by: dict[Seat, Decision]
    state: State
    final: Decision | None

    @property
    def is_closed(self) -> bool:
        """Whether the reviewers have all decided, so that each can see what the other one said."""
        return len(self._reviewers) == self.proposal.reviewers

    @property
    def _reviewers(self) -> list[Decision]:
        return [self.by[seat] for seat in SEATS[: self.proposal.reviewers] if seat in self.by]


class Agreement(Record, frozen=True, kw_only=True):
    """How two reviewers agree over the proposals that both decided without seeing what the other one said.

    ``same`` counts those with which the same was meant, the expected answer included. Cohen's kappa and Krippendorff's
    alpha are of keep, correct and drop; None where they are undefined.
    """

    both: int
    same: int
    kappa: Estimate | None
    alpha: Estimate | None


class OfLogs(Record, frozen=True, kw_only=True):
    """What all decisions say of the logs: of the requests that could be proposed, the share that is worth keeping."""

    kept: Estimate
    candidates: float
    logs: int

    @property
    def of_all(self) -> Estimate:
        """The share of all logged requests."""
        part = self.candidates / self.logs
        kept = self.kept
        ends = {"mean": kept.mean * part, "low": kept.low * part, "high": kept.high * part}
        return Estimate(**ends, n=kept.n, method=kept.method)


def standings_of(proposals: Iterable[Proposal], decisions: Iterable[Decision]) -> dict[str, Standing]:
    """Return how far each proposal is decided, by its id. Of several decisions of one seat the last counts."""
    said: defaultdict[str, dict[Seat, Decision]] = defaultdict(dict)
    for one in decisions:
        said[one.proposal][one.by] = one
    return {one.id: _standing(one, said[one.id]) for one in proposals}


def agreement_of(standings: Mapping[str, Standing]) -> Agreement | None:
    """Return how two reviewers agree; None where one person decides, or none was decided by both."""
    both = [
        (one.by["first"], one.by["second"])
        for one in standings.values()
        if one.proposal.reviewers > 1 and one.is_closed
    ]
    if not both:
        return None
    kinds = [(one.kind, other.kind) for one, other in both]
    groups = [None] * len(both)
    return Agreement(
        both=len(both),
        same=sum(one.meant == other.meant for one, other in both),
        kappa=kappa_estimate(kinds, KINDS, groups),
        alpha=alpha_estimate(kinds, groups),
    )


def of_logs(standings: Mapping[str, Standing]) -> OfLogs | None:
    """Return what the decisions say of the logs; None while a proposal is not decided, since then it is not known."""
    strata: defaultdict[str, list[Standing]] = defaultdict(list)
    for one in standings.values():
        strata[one.proposal.drawn.stratum].append(one)
    if not strata or any(one.final is None for one in standings.values()):
        return None
    drawn = next(iter(standings.values())).proposal.drawn
    share = weighted_share(
        [
            Stratum(
                units=some[0].proposal.drawn.units,
                sizes=tuple(one.proposal.drawn.stands_for for one in some),
                values=tuple(float(one.final is not None and one.final.kind != "drop") for one in some),
            )
            for some in strata.values()
        ]
    )
    return None if share is None else OfLogs(kept=share, candidates=drawn.candidates, logs=drawn.logs)


def _standing(proposal: Proposal, by: dict[Seat, Decision]) -> Standing:
    said = [by[seat] for seat in SEATS[: proposal.reviewers] if seat in by]
    state: State = "open"
    final: Decision | None = None
    if len(said) == proposal.reviewers:
        final = said[0] if all(one.meant == said[0].meant for one in said) else by.get("third")
        state = "decided" if final else "disagreed"
    return Standing(proposal=proposal, by=by, state=state, final=final)
