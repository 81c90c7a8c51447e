"""What a check found, in words: a row for each figure, for the terminal and the page."""

from collections.abc import Iterator

from harness.records.estimate import Estimate
from harness.records.judged import JudgeCheck
from harness.records.record import Record
from harness.records.scored import TrustLimits
from harness.text.figures import NOTHING, interval, number, signed, signed_interval

HEADLINES = {"trusted": "trusted", "untrusted": "not trusted", "too few labels": "too few labels"}
PART = "- "
DECIDED = f"{PART}without ties"
KINDS = {"trusted": "passed", "untrusted": "failed", "too few labels": "inconclusive"}
"""How each outcome looks on a page."""


class FigureRow(Record, frozen=True, kw_only=True):
    """A figure with its interval, how much it was measured on, and what the rubric asks for, where it asks that."""

    name: str
    value: str
    interval: str
    n: str
    limit: str = ""

    @property
    def part(self) -> bool:
        """Whether it belongs to a row above."""
        return self.name.startswith(PART)


def verdict_line(check: JudgeCheck) -> str:
    """Say in one line whether the judge is trusted, and why."""
    return f"{HEADLINES[check.outcome]}: {'; '.join(check.reasons)}"


def figure_rows(check: JudgeCheck, limits: TrustLimits) -> tuple[FigureRow, ...]:
    """Return a row for each figure that was measured; for kappa, agreement, readability and length in any case."""
    return (*_of_agreement(check, limits), *_of_people(check), *_of_steadiness(check, limits))


def _of_agreement(check: JudgeCheck, limits: TrustLimits) -> Iterator[FigureRow]:
    kind = "Cohen's kappa, quadratic" if check.weighted else "Cohen's kappa"
    yield _row(kind, check.kappa, f"min {limits.min_kappa:g}, low {limits.min_kappa_low:g}")
    for name, each in check.criteria.items():
        yield _row(f"{PART}{name}", each.kappa)
    yield from _if_any(DECIDED, check.kappa_decided)
    yield _row("agreement", check.agreement)
    for level, found in zip(check.levels, check.by_level, strict=False):
        yield _row(f"{PART}people said {level}", found)
    yield from _if_any(f"{PART}unreadable as wrong", check.agreement_of_all)


def _of_people(check: JudgeCheck) -> Iterator[FigureRow]:
    if votes := check.votes:
        yield from _if_any("agreement with single votes", votes.judge)
        yield from _if_any(DECIDED, None if check.weighted else votes.judge_decided)
        yield from _if_any("people with one another", votes.people)
        yield from _if_any(DECIDED, None if check.weighted else votes.people_decided)
    yield from _if_any("people's alpha (Krippendorff)", check.people)


def _of_steadiness(check: JudgeCheck, limits: TrustLimits) -> Iterator[FigureRow]:
    yield _row("unreadable verdicts", check.unreadable, f"max {limits.max_unreadable:g}")
    yield from _if_any("changed on swap", check.flips, f"max {limits.max_flips:g}")
    if check.first_place:
        yield _signed("prefers the first place", check.first_place, f"max ±{limits.max_first_place:g}")
    yield from _if_any("same verdict each time", check.repeated, f"min {limits.min_repeated:g}")
    yield from _if_any("ICC(1) of repeated verdicts", check.icc)
    longer = "the longer answer wins"
    if check.longer_wins is None:
        yield FigureRow(name=longer, value="not known", interval=NOTHING, n="0")
    yield from _if_any(longer, check.longer_wins)
    if check.beyond_people:
        yield _signed(f"{PART}more than with people", check.beyond_people, f"max {limits.max_beyond_people:g}")


def _if_any(name: str, found: Estimate | None, limit: str = "") -> Iterator[FigureRow]:
    if found is not None:
        yield _row(name, found, limit)


def _row(name: str, found: Estimate | None, limit: str = "") -> FigureRow:
    if found is None:
        return FigureRow(name=name, value=NOTHING, interval=NOTHING, n="0", limit=limit)
    return FigureRow(name=name, value=number(found.mean), interval=interval(found), n=f"{found.n:,}", limit=limit)


def _signed(name: str, found: Estimate, limit: str) -> FigureRow:
    return FigureRow(
        name=name, value=signed(found.mean), interval=signed_interval(found), n=f"{found.n:,}", limit=limit
    )
