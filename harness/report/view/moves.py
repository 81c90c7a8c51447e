"""From what each case was called before to what it is called now: right, unscored, or a category of failure."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from harness.records.compared import RIGHT, Comparison
from harness.records.in_columns import Rows
from harness.records.record import Record
from harness.report.evidence.categories import count_different
from harness.report.evidence.evidence import Evidence
from harness.report.view.cases import PairGroup, case_anchor
from harness.text.figures import NOTHING, count
from harness.text.shown import fact
from harness.verdicts.fates import fates_in

NAMED = 8
"""Categories that have a row or a column of their own; all others share one."""

_OTHERS = "\n"
"""The category of those without a row of their own: no scorer can give it, since line ends are shown."""

Kind = Literal["right", "wrong", "unscored"]


class State(NamedTuple):
    """What one side's answers to a case are: ``category`` only where they are wrong."""

    kind: Kind
    category: str = ""


class Move(NamedTuple):
    """One case's state on both sides, with the anchors of the cases that met the same fate, and of the case itself.

    Each is empty where the page doesn't show it.
    """

    case: tuple[str, str]
    """What distinguishes it from all other cases: (digest of what was asked, id)."""
    before: State
    now: State
    link: str = ""
    shown: str = ""


class Places(NamedTuple):
    """Where the page shows the cases of one comparison, by the comparison's name; the ids of those that it shows."""

    name: str
    groups: Sequence[PairGroup]
    shown: Collection[str] = frozenset()


class Cell(Record, frozen=True, kw_only=True):
    """How many cases moved so. ``shown`` has the anchor of each, or nothing where the page doesn't show all of them."""

    count: str
    link: str = ""
    fate: str = ""
    shown: tuple[str, ...] = ()


class MoveRow(Record, frozen=True, kw_only=True):
    """Where the cases of one state before went."""

    name: str
    cells: tuple[Cell, ...]


class Moves(Record, frozen=True, kw_only=True):
    """The table of moves: rows before, columns now, with what is most frequent among the lost cases in a sentence."""

    sentence: str
    columns: tuple[str, ...]
    rows: tuple[MoveRow, ...]


def moves_in(comparison: Comparison, evidence: Evidence, places: Places) -> Iterator[Move]:
    """Yield the move of each case, but for those that are right on both sides."""
    if comparison.unit:
        return
    links = {group.key: group.anchor for group in places.groups}
    before, now = (evidence.named(comparison, side) for side in ("baseline", "candidate"))
    rows = Rows.of(comparison.rows)
    for place, (old, new, fate) in enumerate(zip(rows.baseline, rows.candidate, fates_in(rows), strict=True)):
        if old is not None and new is not None and min(old, new) >= RIGHT:
            continue
        case_id = rows.case_ids[place]
        yield Move(
            case=evidence.identity(comparison, case_id),
            before=_state(old, before[place]),
            now=_state(new, now[place]),
            link=links.get(fate, "") if fate else "",
            shown=case_anchor(places.name, case_id) if case_id in places.shown else "",
        )


def moves_of(moves: Iterable[Move]) -> Moves | None:
    """Return the table of moves, each case once in each cell; None when every case is right on both sides."""
    cells: _Cells = defaultdict(_Cases)
    for move in moves:
        if (move.before.kind, move.now.kind) != ("right", "right"):
            cells[move.before, move.now].add(move)
    if not cells:
        return None
    cells = _folded(cells)
    sizes = Counter({key: cases.count for key, cases in cells.items()})
    rows, columns = _ordered(sizes, 0), _ordered(sizes, 1)
    return Moves(
        sentence=_sentence(cells),
        columns=tuple(map(_name, columns)),
        rows=tuple(
            MoveRow(name=_name(row), cells=tuple(_cell(row, column, cells.get((row, column))) for column in columns))
            for row in rows
        ),
    )


def _state(value: float | None, category: str) -> State:
    if value is None:
        return State("unscored")
    return State("right") if value >= RIGHT else State("wrong", category)


class _Cases:
    """The cases of one cell, and where the page shows them."""

    def __init__(self) -> None:
        self._hashes = array("q")
        """Of what distinguishes each case; one that several comparisons move alike is there several times."""
        self._shown: dict[int, str] = {}
        self.link = ""

    def add(self, move: Move) -> None:
        """Add a case."""
        case = hash(move.case)
        self._hashes.append(case)
        self.link = self.link or move.link
        if move.shown:
            self._shown.setdefault(case, move.shown)

    def take(self, other: "_Cases") -> None:
        """Take in the cases of another cell."""
        self._hashes += other._hashes  # noqa: SLF001 - of the same class
        for case, place in other._shown.items():  # noqa: SLF001 - the same
            self._shown.setdefault(case, place)
        self.link = self.link or other.link

    @cached_property
    def count(self) -> int:
        """How many there are."""
        return count_different(self._hashes)

    @property
    def shown(self) -> tuple[str, ...]:
        """Where the page shows each; nothing where it doesn't show all of them."""
        return tuple(self._shown.values()) if len(self._shown) == self.count else ()


_Cells = dict[tuple[State, State], _Cases]


def _folded(cells: _Cells) -> _Cells:
    """Put all categories but the most frequent ones together."""
    found: Counter[str] = Counter()
    for states, cases in cells.items():
        for state in states:
            found[state.category] += cases.count * (state.kind == "wrong")
    ranked = sorted(found, key=lambda name: (-found[name], name))
    kept = set(ranked if len(ranked) <= NAMED + 1 else ranked[:NAMED])
    folded: _Cells = defaultdict(_Cases)
    for (before, now), cases in cells.items():
        folded[_kept(before, kept), _kept(now, kept)].take(cases)
    return folded


def _kept(state: State, kept: set[str]) -> State:
    return state if state.kind != "wrong" or state.category in kept else State("wrong", _OTHERS)


def _ordered(sizes: Counter[tuple[State, State]], side: int) -> Sequence[State]:
    """Return the states of one side: right, then what is most frequent, then unscored."""
    total: Counter[State] = Counter()
    for states, size in sizes.items():
        total[states[side]] += size
    place = {"right": 0, "wrong": 1, "unscored": 2}
    return sorted(total, key=lambda state: (place[state.kind], -total[state], state.category))


def _cell(before: State, now: State, cases: _Cases | None) -> Cell:
    if cases is None:
        return Cell(count=NOTHING if before.kind == now.kind == "right" else "0")
    return Cell(count=f"{cases.count:,}", link=cases.link, fate=_fate(before.kind, now.kind), shown=cases.shown)


def _fate(before: Kind, now: Kind) -> str:
    if "unscored" in {before, now}:
        return "unscored"
    return "lost" if before == "right" else "won" if now == "right" else ""


def _name(state: State) -> str:
    if state.kind != "wrong":
        return state.kind
    return "others" if state.category == _OTHERS else fact(state.category, 80) or "wrong, no category"


def _sentence(cells: _Cells) -> str:
    """Say of the cases that were right and are wrong now what most of them are called."""
    lost = {now: cases for (before, now), cases in cells.items() if (before.kind, now.kind) == ("right", "wrong")}
    together = _Cases()
    for cases in lost.values():
        together.take(cases)
    if not (total := together.count):
        return "No case that was right is wrong now."
    named = {state: cases.count for state, cases in lost.items() if state.category not in {"", _OTHERS}}
    were, are = ("was", "is") if total == 1 else ("were", "are")
    those = f"{count(total, 'case')} that {were} right and {are} wrong now"
    if not named:
        return f"No scorer named what went wrong with the {those}."
    first = min(named, key=lambda state: (-named[state], state.category))
    most = named[first]
    return f"Of the {those}, {most:,} {'is' if most == 1 else 'are'} called “{_name(first)}”."
