"""What the page of a check of training rows shows: everything in words, cut to what a person reads."""

from collections.abc import Sequence

from harness.data.check import Checked
from harness.data.checks.problem import Kind, Problem, fixable_in_words
from harness.data.checks.shape.shape import Shape
from harness.data.checks.told import by_kind
from harness.records.compared import Outcome
from harness.records.record import Record
from harness.report.view.facts import readable
from harness.report.view.untuned import AskedPage
from harness.text.figures import count, percent
from harness.text.shown import fact

MOST = 100
"""Problems of one kind that are shown one by one."""
PLACES = 10
"""Places of one problem that are named."""
LABELS = 100
"""Answers that are counted in the table."""


class ShownProblem(Record, frozen=True, kw_only=True):
    """One problem: its places, or pieces of its rows side by side, each with its place."""

    told: str
    places: tuple[str, ...]
    more_places: str
    pairs: tuple[tuple[str, str], ...]


class ShownKind(Record, frozen=True, kw_only=True):
    """A kind with its problems; ``reason`` says why it is only a warning, where it is one."""

    name: str
    title: str
    remedy: str
    reason: str
    total: str
    first: str
    shown: tuple[ShownProblem, ...]
    more: str


class ShownFile(Record, frozen=True, kw_only=True):
    """A file and what it was read as."""

    name: str
    told: str
    rows: str
    unread: str


class DataPage(Record, frozen=True, kw_only=True):
    """All that the page shows."""

    outcome: Outcome
    headline: str
    next: str
    made: str
    suites: str
    counts: tuple[tuple[str, str], ...]
    kinds: tuple[ShownKind, ...]
    warnings: tuple[ShownKind, ...]
    off: tuple[str, ...]
    untold: tuple[str, ...]
    files: tuple[ShownFile, ...]
    advice: str
    shape: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str, float], ...]
    asked: AskedPage


def data_page(checked: Checked, shape: Shape, suites: Sequence[str], made: str, asked: AskedPage) -> DataPage:
    """Return the page of a check; ``suites`` are those whose cases it looked for, ``made`` is an ISO time."""
    reasons = checked.reasons
    return DataPage(
        outcome=outcome_of(checked),
        headline=headline_of(checked),
        next=_next(checked),
        made=readable(made),
        suites=", ".join(fact(one, 80) for one in suites),
        counts=(
            ("rows", f"{checked.rows:,}"),
            ("problems", f"{len(checked.problems):,}"),
            ("warnings", f"{len(checked.warnings):,}"),
        ),
        kinds=tuple(_kind(kind, found, "") for kind, found in by_kind(checked.problems, checked.kinds)),
        warnings=tuple(
            _kind(kind, found, reasons[kind.name]) for kind, found in by_kind(checked.warnings, checked.kinds)
        ),
        off=tuple(
            f"{fact(kind, 60)}: {fact(reasons[kind], 300)} ({count(number, 'problem')} not listed)"
            for kind, number in checked.off.items()
        ),
        untold=tuple(fact(line, 600) for line in checked.untold),
        files=tuple(
            ShownFile(
                name=fact(one.file, 200), told=fact(one.told, 400), rows=f"{one.rows:,}", unread=f"{one.unread:,}"
            )
            for one in checked.files
        ),
        advice=shape.advice,
        shape=figures_of(shape),
        labels=_labels(shape),
        asked=asked,
    )


def outcome_of(checked: Checked) -> Outcome:
    """Return how a check ended: failed with a problem, inconclusive where something could not be checked."""
    if checked.problems:
        return "failed"
    return "inconclusive" if checked.untold else "passed"


def headline_of(checked: Checked) -> str:
    """Say how a check ended."""
    rows = count(checked.rows, "row")
    if checked.problems:
        return f"{count(len(checked.problems), 'problem')} in {rows}"
    return f"{rows}: not all could be checked" if checked.untold else f"No problem in {rows}"


def _next(checked: Checked) -> str:
    if checked.problems:
        return "Look at each kind once: correct the rows, or say in harness.toml, under [data], why they are right."
    if checked.untold:
        return "Nothing is wrong with what could be read; what could not be checked is below."
    return "These rows can be trained on. A low loss proves little, so gate the adapter on a suite."


def _kind(kind: Kind, found: Sequence[Problem], reason: str) -> ShownKind:
    more = len(found) - MOST
    return ShownKind(
        name=kind.name,
        title=kind.title,
        remedy=f"{kind.remedy[0].upper()}{kind.remedy[1:]}".rstrip(".") + f". {fixable_in_words(found)}".rstrip(),
        reason=fact(reason, 300),
        total=f"{len(found):,}",
        first=fact(found[0].places[0], 200),
        shown=tuple(map(_problem, found[:MOST])),
        more=f"{more:,} more" if more > 0 else "",
    )


def _problem(problem: Problem) -> ShownProblem:
    places = tuple(fact(place, 200) for place in problem.places[:PLACES])
    pairs = tuple((place, fact(text, 1_000)) for place, text in zip(places, problem.shown, strict=False))
    left = len(problem.places) - (len(pairs) or len(places))
    return ShownProblem(
        told=f"{fact(problem.told[:1].upper() + problem.told[1:], 600)}.",
        places=places,
        more_places=f"{left:,} more" if left > 0 else "",
        pairs=pairs,
    )


def figures_of(shape: Shape) -> tuple[tuple[str, str], ...]:
    """Return what the shape of rows is, each figure with its name."""
    figures = [
        ("answers that repeat another", percent(shape.repeated)),
        ("different words, pairs, triples", ", ".join(map(percent, shape.distinct))),
    ]
    if (lengths := shape.lengths) is not None:
        figures += [
            ("tokens", f"{lengths.tokens:,}"),
            ("tokens a row, median", f"{lengths.median:,}"),
            ("95 % of the rows below", f"{lengths.p95:,}"),
            ("the longest row", f"{lengths.longest:,}, {fact(lengths.longest_at, 120)}"),
            (f"padding in batches of {lengths.batch}", percent(lengths.padding)),
        ]
    return tuple(figures)


def _labels(shape: Shape) -> tuple[tuple[str, str, float], ...]:
    most = max((rows for _, rows in shape.labels), default=1)
    return tuple((fact(label, 120), f"{rows:,}", rows / most) for label, rows in shape.labels[:LABELS])
