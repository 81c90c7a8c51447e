"""What a check found, in words: a row for each figure, for the terminal and the page."""

from collections.abc import Iterator

from harness.records.estimate import Estimate
from harness.records.judged import JudgeCheck
from harness.records.record import Record
from harness.records.scored import TrustLimits
from harness.text.figures import NOTHING, interval, number, signed, signed_interval

HEADLINES = {"trusted": "trusted", "untrusted": "not trusted", "too few labels": "too few labels"}
DECIDED = "- where neither said tie"
KINDS = {"trusted": "passed", "untrusted": "failed", "too few labels": "inconclusive"}
"""How each outcome looks on a page."""


class FigureRow(Record, frozen=True, kw_only=True):
    """A figure with its interval, how much it was measured on, and what the rubric asks for, where it asks that."""

    name: str
    value: str
    interval: str
    n: str
    limit: str = ""


def verdict_line(check: JudgeCheck) -> str:
    """Say in one line whether the judge is trusted, and why."""
    return f"{HEADLINES[check.outcome]}: {'; '.join(check.reasons)}"


def figure_rows(check: JudgeCheck, limits: TrustLimits) -> tuple[FigureRow, ...]:
    """Return a row for each figure that was measured; for kappa, agreement and what can't be read in any case."""
    return (*_of_agreement(check, limits), *_of_people(check), *_of_steadiness(check, limits))


def _of_agreement(check: JudgeCheck, limits: TrustLimits) -> Iterator[FigureRow]:
    kind = "Cohen's kappa, by squared distance" if check.weighted else "Cohen's kappa"
    yield _row(kind, check.kappa, f"at least {limits.min_kappa:g}, low end {limits.min_kappa_low:g}")
    yield from _if_any(DECIDED, check.kappa_decided)
    yield _row("agreement", check.agreement)
    for level, found in zip(check.levels, check.by_level, strict=False):
        yield _row(f"- where people said {level}", found)
    yield from _if_any("- counting what can't be read as wrong", check.agreement_of_all)


def _of_people(check: JudgeCheck) -> Iterator[FigureRow]:
    if votes := check.votes:
        yield from _if_any("agreement with single votes", votes.judge)
        yield from _if_any(DECIDED, None if check.weighted else votes.judge_decided)
        yield from _if_any("people with one another", votes.people)
        yield from _if_any(DECIDED, None if check.weighted else votes.people_decided)
    yield from _if_any("Krippendorff's alpha among people", check.people)


def _of_steadiness(check: JudgeCheck, limits: TrustLimits) -> Iterator[FigureRow]:
    yield _row("unreadable verdicts", check.unreadable, f"at most {limits.max_unreadable:g}")
    yield from _if_any("changed by changing places", check.flips, f"at most {limits.max_flips:g}")
    if check.first_place:
        yield _signed("preference for the first place", check.first_place, f"at most ±{limits.max_first_place:g}")
    yield from _if_any("same verdict each time", check.repeated, f"at least {limits.min_repeated:g}")
    yield from _if_any("ICC(1) of repeated verdicts", check.icc)
    yield from _if_any("the longer answer wins", check.longer_wins)
    if check.beyond_people:
        yield _signed("- more often than with people", check.beyond_people, f"at most {limits.max_beyond_people:g}")


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
