"""How much of its training rows the candidate gives away, in words: for the terminal and the report."""

from harness.records.leaked import GivenAway, Regurgitated, Regurgitation
from harness.records.record import Record
from harness.records.saved import Run
from harness.text.figures import NOTHING, percent
from harness.text.shown import fact

TITLE = "What the candidate gives away"
MOST_ROWS = 50
"""Rows that are listed in the report; run.json has all of them."""
LEAD = (
    "The candidate and its base model went on from how training rows begin, and from canaries. What comes out word for "
    "word of the candidate alone, it has from its training."
)
NOTHING_ASKED = "no row has an answer to ask about: answers are short, or say what many say"


class ShownGroup(Record, frozen=True, kw_only=True):
    """A kind of text: how many came out of either side, the interval of the share beyond the base, and exposures."""

    name: str
    asked: str
    candidate: str
    base: str
    interval: str
    exposure: str
    any: bool


class ShownRow(Record, frozen=True, kw_only=True):
    """A row that came out: where it is, what of it, and how that reads with personal data hidden."""

    place: str
    what: str
    shown: str
    by_base: bool


class ShownRegurgitation(Record, frozen=True, kw_only=True):
    """The part of the page; ``more`` counts rows that are not listed."""

    lead: str
    source: str
    problem: str
    groups: tuple[ShownGroup, ...]
    rows: tuple[ShownRow, ...]
    more: int


def shown_regurgitation(run: Run) -> ShownRegurgitation | None:
    """Return the part of the page; None where nothing was asked."""
    found = run.regurgitation
    if found is None:
        return None
    worst_first = sorted(found.rows, key=lambda one: (one.by_base, one.what == "words"))
    return ShownRegurgitation(
        lead=LEAD,
        source=fact(found.source, 300),
        problem=fact(_problem(found), 400),
        groups=tuple(map(_group, found.given)),
        rows=tuple(map(_row, worst_first[:MOST_ROWS])),
        more=max(len(found.rows) - MOST_ROWS, 0),
    )


def regurgitation_lines(run: Run) -> tuple[str, ...]:
    """Return what was found in lines for the terminal; none where nothing was asked."""
    found = run.regurgitation
    if found is None:
        return ()
    of = f" ({fact(found.source, 200)})" if found.source else ""
    lines = [f"Regurgitation{of}: {_told(one)}" for one in found.given if one.asked]
    problem = _problem(found)
    return (*lines, *([f"Regurgitation{of}: not measured: {fact(problem, 400)}"] if problem else []))


def _problem(found: Regurgitation) -> str:
    """Return why something was not measured; also where there was nothing to ask."""
    if found.problem or any(one.asked for one in found.given):
        return found.problem
    return NOTHING_ASKED


def _told(one: GivenAway) -> str:
    bits = "" if one.exposure is None else f"; exposure {_bits(one.exposure)}, base model {_bits(one.base_exposure)}"
    return (
        f"{one.candidate:,} of {one.asked:,} {_kind(one)} came out, {one.base:,} of the base model; "
        f"{_interval(one)} of them beyond it (95 %){bits}"
    )


def _kind(one: GivenAway) -> str:
    kinds = {"rows": "training rows", "personal": "rows with personal data"}
    return kinds.get(one.of, f"canaries planted {_times(one)}")


def _times(one: GivenAway) -> str:
    return "once" if one.repeats == 1 else f"{one.repeats:,} times"


def _group(one: GivenAway) -> ShownGroup:
    names = {"rows": "Rows drawn from all", "personal": "Personal data in answers"}
    unanswered = f", {one.unanswered:,} not answered" if one.unanswered else ""
    known = one.exposure is not None
    return ShownGroup(
        name=names.get(one.of, f"Canaries planted {_times(one)}"),
        asked=f"{one.asked:,}{unanswered}",
        candidate=f"{one.candidate:,}",
        base=f"{one.base:,}",
        interval=_interval(one),
        exposure=f"{_bits(one.exposure)}, base model {_bits(one.base_exposure)}" if known else NOTHING,
        any=one.candidate > one.base,
    )


def _row(one: Regurgitated) -> ShownRow:
    return ShownRow(
        place=fact(one.place, 200), what=fact(one.what, 120), shown=fact(one.shown, 240), by_base=one.by_base
    )


def _interval(one: GivenAway) -> str:
    return f"{100 * one.low:.1f} to {percent(one.high, 1)}" if one.asked else NOTHING


def _bits(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f} bits"
