"""Each gate over the runs, suite by suite: a mark for each run, how often it passed, and where it did not."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from harness.records.compared import OUTCOMES, Outcome
from harness.records.record import Record
from harness.report.drawing.strip import Mark, draw_strip
from harness.runs.history import GateKey
from harness.runs.listing import ListedRun
from harness.runs.names import number_of
from harness.runs.outcome import RANK
from harness.runs.test_ids import bare, suite_of, title
from harness.text.figures import count, join, measured
from harness.text.shown import fact

MOST_MARKS = 18_000
"""On one page. With more, the newest runs are drawn, as many for each gate."""
LEAST_RUNS = 20
MISSED = 8
"""Most runs that are named in which a gate did not pass."""
PINNED = "pinned cases"
"""What is said in place of a scorer where each case has a test of its own."""
WHOLE = "All gates and pinned cases"


class RunLink(Record, frozen=True, kw_only=True):
    """A run, and the path of its report seen from the folder of runs; empty where there is none."""

    name: str
    report: str


class GateLine(Record, frozen=True, kw_only=True):
    """One gate over the runs. ``is_former`` is true where the newest run of its suite does not have it any more."""

    title: str
    scorer: str
    advisory: bool
    newest: Outcome
    newest_run: RunLink
    outcomes: str
    mean: str
    svg: str
    missed: tuple[RunLink, ...]
    more_missed: int
    is_former: bool
    tags: frozenset[str]


class SuiteHistory(Record, frozen=True, kw_only=True):
    """A suite over the runs: all that decides in it, then each gate."""

    name: str
    lines: tuple[GateLine, ...]
    former: tuple[GateLine, ...]


class Seen(Record, frozen=True, kw_only=True):
    """One gate in one run, by the place of the run."""

    run: int
    outcome: Outcome
    advisory: bool
    mean: float | None
    unit: str
    figure: str
    tags: tuple[str, ...]


class OverTime(Record, frozen=True, kw_only=True):
    """Every suite that decided something, and how many of the newest runs are drawn."""

    suites: tuple[SuiteHistory, ...]
    drawn: int


def link_to(run: ListedRun) -> RunLink:
    """Return how a run is named in few characters, and where its report is."""
    number = number_of(run.id)
    report = f"{quote(run.id, safe='')}/report.html" if run.has_report else ""
    return RunLink(name=f"{number}" if number else fact(run.id, 40), report=report)


def tests_of(run: ListedRun) -> tuple[str, ...]:
    """Return the ids of a run's tests with a suite."""
    return (*(gate.test_id for gate in run.gates), *(one.test_id for one in run.pinned), *run.measured)


def over_time(runs: Sequence[ListedRun]) -> OverTime:
    """Return each suite with its gates over the runs, which are given oldest first."""
    gates: dict[GateKey, list[Seen]] = {}
    for place, run in enumerate(runs):
        for key, seen in _gates_of(place, run):
            gates.setdefault(key, []).append(seen)
    found: defaultdict[str, dict[GateKey, list[Seen]]] = defaultdict(dict)
    for key, points in gates.items():
        found[suite_of(key[0])][key] = points
    lines = len(gates) + len(found)
    drawn = min(len(runs), max(LEAST_RUNS, MOST_MARKS // max(lines, 1)))
    suites = tuple(_suite(name, of_it, runs, len(runs) - drawn) for name, of_it in sorted(found.items()))
    return OverTime(suites=suites, drawn=drawn)


def _gates_of(place: int, run: ListedRun) -> Iterator[tuple[GateKey, Seen]]:
    """Yield each gate of a run once: of one that judged the same twice in a test, the worse outcome."""
    found: dict[GateKey, Seen] = {}
    for gate in run.gates:
        key = (gate.test_id, gate.scorer, gate.tag)
        seen = Seen(
            run=place,
            outcome=gate.outcome,
            advisory=gate.advisory,
            mean=gate.mean,
            unit=gate.unit,
            figure=gate.figure or "mean",
            tags=gate.tags,
        )
        if key not in found or (seen.advisory, RANK[seen.outcome]) < (found[key].advisory, RANK[found[key].outcome]):
            found[key] = seen
    pinned: defaultdict[str, list[Outcome]] = defaultdict(list)
    for one in run.pinned:
        pinned[bare(one.test_id)].append(one.outcome)
    for test_id, outcomes in pinned.items():
        found[test_id, PINNED, ""] = Seen(
            run=place,
            outcome=min(outcomes, key=RANK.__getitem__),
            advisory=False,
            mean=outcomes.count("passed") / len(outcomes),
            unit="",
            figure="share passed",
            tags=(),
        )
    yield from found.items()


def _suite(name: str, gates: Mapping[GateKey, Sequence[Seen]], runs: Sequence[ListedRun], first: int) -> SuiteHistory:
    newest = max(points[-1].run for points in gates.values())
    made = [
        _line(_title(key), fact(key[1], 200), points, runs, first, is_former=points[-1].run < newest)
        for key, points in gates.items()
    ]
    whole = _whole(gates)
    all_of_it = [_line(WHOLE, "", whole, runs, first, is_former=False)] if whole and len(gates) > 1 else []
    return SuiteHistory(
        name=name,
        lines=(*all_of_it, *(one for one in made if not one.is_former)),
        former=tuple(one for one in made if one.is_former),
    )


def _whole(gates: Mapping[GateKey, Sequence[Seen]]) -> list[Seen]:
    """Return the worst of what decides in a suite, run by run; advisory gates decide nothing."""
    by_run: defaultdict[int, list[Seen]] = defaultdict(list)
    for points in gates.values():
        for seen in points:
            if not seen.advisory:
                by_run[seen.run].append(seen)
    return [
        Seen(
            run=run,
            outcome=min((one.outcome for one in seen), key=RANK.__getitem__),
            advisory=False,
            mean=None,
            unit="",
            figure="",
            tags=tuple(dict.fromkeys(tag for one in seen for tag in one.tags)),
        )
        for run, seen in sorted(by_run.items())
    ]


def _title(key: GateKey) -> str:
    test_id, _, tag = key
    return f"{title(test_id)}{f', on {fact(tag, 60)}' if tag else ''}"


def _line(  # noqa: PLR0913 - one gate: its name, its points, and where they are drawn
    name: str, scorer: str, points: Sequence[Seen], runs: Sequence[ListedRun], first: int, *, is_former: bool
) -> GateLine:
    last = points[-1]
    outcomes = _outcomes(points)
    mean = _mean(points)
    missed = [one for one in reversed(points) if one.outcome != "passed"]
    marks = [
        Mark(place=one.run - first, run=one.run, outcome=one.outcome, mean=one.mean)
        for one in points
        if one.run >= first
    ]
    return GateLine(
        title=name,
        scorer=scorer,
        advisory=last.advisory,
        newest=last.outcome,
        newest_run=link_to(runs[last.run]),
        outcomes=outcomes,
        mean=mean,
        svg=draw_strip(
            marks,
            len(runs) - first,
            "; ".join(filter(None, (f"{name}: {outcomes} in {count(len(points), 'run')}", mean))),
        ),
        missed=tuple(link_to(runs[one.run]) for one in missed[:MISSED]),
        more_missed=len(missed[MISSED:]),
        is_former=is_former,
        tags=frozenset(last.tags),
    )


def _outcomes(points: Sequence[Seen]) -> str:
    counts = Counter(one.outcome for one in points)
    return join([f"{counts[one]:,} {one}" for one in reversed(OUTCOMES) if counts[one]])


def _mean(points: Sequence[Seen]) -> str:
    """Return the candidate's newest figure, and the range of all."""
    values = [one.mean for one in points if one.mean is not None]
    if not values:
        return ""
    last = next(one for one in reversed(points) if one.mean is not None)
    newest = f"{last.figure} {measured(last.mean, last.unit)}"
    if min(values) == max(values):
        return newest
    return f"{newest}, from {measured(min(values), last.unit)} to {measured(max(values), last.unit)}"
