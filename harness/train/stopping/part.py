"""Which cases of a suite choose the checkpoint of a training: drawn once, and never evidence for it afterwards."""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import Suite, with_cases
from harness.data.leaks.compared import LeakFinder
from harness.data.row import DataRow
from harness.errors import ConfigError
from harness.records.asked import Case
from harness.records.record import Record, digest
from harness.records.scored import Scorer
from harness.records.trained import StoppedBy
from harness.scorers.repeats import OverRepeats
from harness.scorers.scoring import describe
from harness.text.figures import count
from harness.text.visible import for_terminal
from harness.train.config import StopBy

LEAST = 4
"""Cases with which anything can be chosen."""
SHARE = 4
"""One case in so many, at most: the others are left to the gate."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""Where an object without a name of its own is in memory."""
Named = tuple[str, str]
"""A case, by its suite's name and its id."""


class StopGate(Record, frozen=True, kw_only=True):
    """A gate of a suite, by whose metric checkpoints are compared. ``name`` is that of its test."""

    name: str
    suite: Suite
    scorer: Scorer | OverRepeats


class GatedSuite(Record, frozen=True, kw_only=True):
    """What a suite's tests gate without a judge. ``pinned`` has the cases that have a test each: none may be missing.

    ``passed_over`` says which gates choose nothing, and why.
    """

    gates: tuple[StopGate, ...]
    pinned: frozenset[Named] = frozenset()
    passed_over: tuple[str, ...] = ()


class StopPart(Record, frozen=True, kw_only=True):
    """The gates with the drawn cases alone, of ``of`` that the suite has."""

    gates: tuple[StopGate, ...]
    cases: tuple[StoppedBy, ...]
    of: int
    passed_over: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of all that decides how checkpoints are scored, the same in every process."""
        return digest([(one.name, ADDRESS.sub("", ascii(describe(one.scorer))), one.suite) for one in self.gates])

    @property
    def told(self) -> str:
        """In one line."""
        names = ", ".join(dict.fromkeys(one.name for one in self.gates))
        line = (
            f"the checkpoint is chosen by {len(self.cases)} of {count(self.of, 'case')} ({names}), which are left out "
            "of this adapter's gates"
        )
        return for_terminal("; ".join((line, *self.passed_over)), None)


def question_of(case: Case) -> str:
    """Return the digest of what a case asks, without its system message."""
    return digest([message for message in case.messages if message.role != "system"])


def draw(suite: GatedSuite, wanted: StopBy, trained_on: Sequence[DataRow], place: Path) -> StopPart:
    """Return the part of a suite that chooses checkpoints; ``place`` is the file of the settings.

    Cases are ranked by a digest of seed and content, so that a case that is added to the suite, or taken away, moves
    no other one. Cases of one group are drawn together. Those that are pinned, or in the training rows, are not drawn.

    Raises:
        ConfigError: the suite has too few cases.
    """
    known = {(one.suite.name, case.id): case for one in suite.gates for case in one.suite.cases}
    most = min(wanted.cases, len(known) // SHARE)
    free = {name: case for name, case in known.items() if name not in suite.pinned}
    if most >= LEAST:
        free = _without_leaks(free, trained_on)
    drawn = _draw(free, most, wanted.seed)
    gates = [_with(one, drawn) for one in suite.gates]
    kept = tuple(one for one in gates if one.suite.cases)
    if len(drawn) < LEAST or not kept:
        raise ConfigError(
            f"{place}: stop_by: {for_terminal(wanted.suite)} has {count(len(known), 'case')}, of which "
            f"{len(free)} are neither pinned to a test of their own nor in the training rows; a quarter of them can be "
            f"asked, in whole groups, and fewer than {LEAST} choose nothing: add cases, or stop by the validation loss"
        )
    lone = [f"{one.name} has none of them" for one in gates if not one.suite.cases]
    return StopPart(
        gates=kept,
        cases=tuple(
            StoppedBy(suite=name, case=case.id, question=question_of(case)) for (name, _), case in drawn.items()
        ),
        of=len(known),
        passed_over=(*suite.passed_over, *lone),
    )


def _draw(cases: dict[Named, Case], most: int, seed: int) -> dict[Named, Case]:
    """Return at most so many cases: whole groups, in the order of their digests, that fit."""
    groups: dict[str, list[Named]] = {}
    for name, case in cases.items():
        key = digest((seed, name[0], "case", question_of(case)) if case.group is None else (seed, "group", case.group))
        groups.setdefault(key, []).append(name)
    drawn: set[Named] = set()
    for key in sorted(groups):
        if len(drawn) + len(groups[key]) <= most:
            drawn.update(groups[key])
    return {name: case for name, case in cases.items() if name in drawn}


def _without_leaks(cases: dict[Named, Case], rows: Iterable[DataRow]) -> dict[Named, Case]:
    suites: dict[str, list[Case]] = {}
    for (suite, _), case in cases.items():
        suites.setdefault(suite, []).append(case)
    finder = LeakFinder(suites)
    leaked = {(leak.suite, leak.case) for row in rows for leak in finder.see(row)}
    leaked |= {(leak.suite, leak.case) for leak in finder.finish()}
    return {name: case for name, case in cases.items() if name not in leaked}


def _with(gate: StopGate, drawn: Collection[Named]) -> StopGate:
    cases = [case for case in gate.suite.cases if (gate.suite.name, case.id) in drawn]
    return msgspec.structs.replace(gate, suite=with_cases(gate.suite, cases))
