"""What the page of all runs shows: each run, each gate over the runs, what is under way, and what can't be read."""

from collections import Counter
from collections.abc import Sequence

from harness.records.compared import OUTCOMES, Outcome
from harness.records.record import Record
from harness.report.view.facts import readable
from harness.report.view.over_time import GateLine, RunLink, SuiteHistory, link_to, over_time, tests_of
from harness.report.view.unfinished import UnfinishedRow, unfinished_rows
from harness.runs.listing import ListedRun, Listing
from harness.runs.outcome import RANK
from harness.runs.test_ids import bare, suite_of, title
from harness.text.figures import count, join
from harness.text.shown import fact

NAME = 80
DIGEST = 8
NAMED = 3
"""Most gates that are named in the row of a run."""
MOST_TAGS = 300
"""Most tags to choose from: those that most runs have."""


class RunRow(Record, frozen=True, kw_only=True):
    """One run. ``adapter``, ``suites`` and ``tags`` are numbers by which the page filters."""

    link: RunLink
    id: str
    time: str
    candidate: str
    digest: str
    baseline: str
    outcome: Outcome
    gates: str
    worst: str
    beside: str
    commit: str
    place: int
    adapter: int
    suites: str
    tags: int


class Shown(Record, frozen=True, kw_only=True):
    """A gate over the runs, with the number of its tags; its suite is that of the section."""

    line: GateLine
    tags: int


class Section(Record, frozen=True, kw_only=True):
    """One suite: its number, and its gates; ``former`` are those that newer runs don't have."""

    number: int
    name: str
    lines: tuple[Shown, ...]
    former: tuple[Shown, ...]


class Choice(Record, frozen=True, kw_only=True):
    """One thing to filter by: what is shown, and the numbers of the rows that have it."""

    name: str
    value: str


class IndexPage(Record, frozen=True, kw_only=True):
    """The page. ``drawn`` is how many of the newest runs are drawn in each gate's line."""

    lead: str
    newest: RunRow | None
    made: str
    rows: tuple[RunRow, ...]
    sections: tuple[Section, ...]
    drawn: int
    unfinished: tuple[UnfinishedRow, ...]
    left_out: tuple[tuple[str, str], ...]
    adapters: tuple[Choice, ...]
    suites: tuple[Choice, ...]
    tags: tuple[Choice, ...]


def index_of(listing: Listing, made: str) -> IndexPage:
    """Return the page of a folder's runs; ``made`` is when."""
    numbers = _Numbers()
    rows = tuple(_row(place, run, numbers) for place, run in enumerate(listing.runs))
    seen = over_time(listing.runs)
    sections = tuple(_section(suite, numbers) for suite in seen.suites)
    return IndexPage(
        lead=_lead(listing),
        newest=rows[-1] if rows else None,
        made=readable(made),
        rows=tuple(reversed(rows)),
        sections=sections,
        drawn=seen.drawn,
        unfinished=unfinished_rows(listing.unfinished),
        left_out=tuple((fact(name, NAME), fact(reason)) for name, reason in listing.left_out),
        adapters=tuple(Choice(name=fact(name, NAME), value=f"{n}") for name, n in sorted(numbers.adapters.items())),
        suites=tuple(Choice(name=_suite_name(name), value=f"{n}") for name, n in sorted(numbers.suites.items())),
        tags=numbers.choices_of_tags(),
    )


class _Numbers:
    """Small numbers for what rows and lines share, so that a thousand of them stay small: names, and sets of tags."""

    def __init__(self) -> None:
        self.adapters: dict[str, int] = {}
        self.suites: dict[str, int] = {}
        self._tested: dict[tuple[str, ...], str] = {}
        self._tags: dict[frozenset[str], int] = {}
        self._used: Counter[frozenset[str]] = Counter()

    def adapter(self, name: str) -> int:
        return self.adapters.setdefault(name, len(self.adapters))

    def suite(self, name: str) -> int:
        return self.suites.setdefault(name, len(self.suites))

    def suites_of(self, tests: tuple[str, ...]) -> str:
        """Return the numbers of the suites that tests are in; most runs have the same tests."""
        if tests not in self._tested:
            names = dict.fromkeys(map(suite_of, dict.fromkeys(tests)))
            self._tested[tests] = " ".join(f"{self.suite(name)}" for name in names)
        return self._tested[tests]

    def tags(self, tags: frozenset[str]) -> int:
        self._used[tags] += 1
        return self._tags.setdefault(tags, len(self._tags))

    def choices_of_tags(self) -> tuple[Choice, ...]:
        """Return each tag with the numbers of the sets that have it; the most used ones where there are too many."""
        used: Counter[str] = Counter()
        for tags, times in self._used.items():
            for tag in tags:
                used[tag] += times
        chosen = sorted(tag for tag, _ in used.most_common(MOST_TAGS))
        return tuple(
            Choice(name=fact(tag, NAME), value=" ".join(f"{n}" for tags, n in self._tags.items() if tag in tags))
            for tag in chosen
        )


def _row(place: int, run: ListedRun, numbers: _Numbers) -> RunRow:
    others = len(run.beside) - 1
    return RunRow(
        link=link_to(run),
        id=fact(run.id, NAME),
        time=readable(run.time),
        candidate=fact(run.candidate.name, NAME),
        digest=fact(run.candidate.known_digest[:DIGEST], NAME),
        baseline=fact(run.baseline.name, NAME),
        outcome=run.outcome,
        gates=_gates(run),
        worst=_worst(run),
        beside=f"asked with {count(others, 'other')}" if others > 0 else "",
        commit=fact(run.commit[:DIGEST] + ("+" if run.commit.endswith("+") else ""), NAME),
        place=place,
        adapter=numbers.adapter(run.candidate.name),
        suites=numbers.suites_of(tests_of(run)),
        tags=numbers.tags(frozenset(tag for gate in run.gates for tag in gate.tags)),
    )


def _gates(run: ListedRun) -> str:
    """Return how often each outcome came, advisory gates left out."""
    binding = Counter(gate.outcome for gate in run.gates if not gate.advisory)
    pinned = Counter(one.outcome for one in run.pinned)
    parts = [f"{count(binding[one], 'gate')} {one}" for one in OUTCOMES if binding[one]]
    parts += [f"{count(pinned[one], 'pinned case')} {one}" for one in OUTCOMES if pinned[one]]
    parts += [f"{count(run.broken, 'test')} broke"] if run.broken else []
    parts += ["an estimate (--anchors)"] if run.is_short else []
    parts += ["by a part of the cases (--until-decided)"] if run.is_early else []
    parts += [f"{count(run.leaked, 'case')} leaked"] if run.leaked else []
    parts += ["training rows given away"] if run.gives_away else []
    parts += [f"{count(run.unmeasured, 'thing')} not measured"] if run.unmeasured else []
    return join(parts) or "nothing gated"


def _worst(run: ListedRun) -> str:
    """Return the tests that did not pass, the worst first."""
    found: dict[str, Outcome] = {}
    ended = [(gate.test_id, gate.outcome) for gate in run.gates if not gate.advisory]
    ended += [(one.test_id, one.outcome) for one in run.pinned]
    for test_id, outcome in ended:
        name = bare(test_id)
        found[name] = min(outcome, found.get(name, outcome), key=RANK.__getitem__)
    worst = sorted((name for name in found if found[name] != "passed"), key=lambda name: RANK[found[name]])
    more = [f"{len(worst) - NAMED:,} more"] if worst[NAMED:] else []
    return join([*map(title, worst[:NAMED]), *more])


def _section(suite: SuiteHistory, numbers: _Numbers) -> Section:
    return Section(
        number=numbers.suite(suite.name),
        name=_suite_name(suite.name),
        lines=_shown(suite.lines, numbers),
        former=_shown(suite.former, numbers),
    )


def _shown(lines: Sequence[GateLine], numbers: _Numbers) -> tuple[Shown, ...]:
    return tuple(Shown(line=line, tags=numbers.tags(line.tags)) for line in lines)


def _suite_name(name: str) -> str:
    return name or "tests in no folder"


def _lead(listing: Listing) -> str:
    if not listing.runs:
        return "There is no saved run here yet."
    counts = Counter(run.outcome for run in listing.runs)
    ended = join([f"{counts[one]:,} {one}" for one in reversed(OUTCOMES) if counts[one]])
    return f"{count(len(listing.runs), 'saved run')}: {ended}."
