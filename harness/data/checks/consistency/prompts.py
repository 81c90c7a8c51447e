"""System prompts: those that differ a little within the rows, and those of the suites that no row has.

Compared by the Jaccard similarity of their character 5-grams (``data.alike.likeness``): from ``NEAR`` on, two are
versions of one. Different prompts for different tasks are no problem.
"""

from collections.abc import Iterator, Sequence

from harness.asking.cases import Suite
from harness.data.alike.likeness import grams, similarity
from harness.data.checks.consistency.kept import Kept, share
from harness.data.checks.consistency.traits import FEWEST, MINORITY
from harness.data.checks.personal.personal import masked
from harness.data.checks.problem import Problem
from harness.data.row import DataRow
from harness.records.record import Record
from harness.records.scored import Scorer

NEAR = 0.6
"""Similarity of two versions of one prompt."""
PROMPTS = 200
"""Different prompts that are compared; with more, each row has its own by design."""
FREQUENT = 50
"""Prompts, the most frequent ones, of which others can be versions."""
SHOWN = 60
"""Characters around the first difference that are shown."""


class Asked(Record, frozen=True, kw_only=True):
    """How a suite asks: its system prompts, "" for none, and the scorer of its schema, None where it has none."""

    name: str
    systems: frozenset[str]
    answers: Scorer | None = None


def asked_by(suite: Suite, answers: Scorer | None = None) -> Asked:
    """Return how a suite asks an adapter; ``answers`` is the scorer by which its answers must follow a schema."""
    systems = {
        next((message.text for message in case.messages if message.role == "system"), "") for case in suite.cases
    }
    return Asked(name=suite.name, systems=frozenset(systems), answers=answers)


class Prompts:
    """Counts the rows with each system prompt."""

    def __init__(self, suites: Sequence[Asked] = ()) -> None:
        self._suites = tuple(suites)
        self._asked = frozenset(system for suite in suites for system in suite.systems)
        self._asked_so = 0
        self._rows: dict[str, Kept] = {}
        self._total = 0

    def see(self, row: DataRow) -> None:
        """Count a row."""
        self._total += 1
        system = row.system
        self._asked_so += system in self._asked
        if system in self._rows or len(self._rows) < PROMPTS:
            self._rows.setdefault(system, Kept()).add(row.place)

    def finish(self) -> Iterator[Problem]:
        """Yield rows with a rare version of a prompt, rows without the one of nearly all, and what suites ask."""
        if len(self._rows) < PROMPTS:
            yield from self._versions()
            yield from self._missing()
        yield from self._unlike_suites()

    def _versions(self) -> Iterator[Problem]:
        """Yield each prompt that is a version of a more frequent one."""
        ordered = sorted((one for one in self._rows if one), key=lambda one: -self._rows[one].count)
        sets = {one: grams(one) for one in ordered}
        for number, prompt in enumerate(ordered):
            near = next(
                (one for one in ordered[: min(number, FREQUENT)] if similarity(sets[one], sets[prompt]) >= NEAR), None
            )
            if near is not None:
                told = f"the system prompt of {share(self._rows[prompt].count, self._total)} rows is nearly the one of "
                told += f"{share(self._rows[near].count, self._total)}: {difference(prompt, near)}"
                yield Problem(kind="system-prompt", places=self._rows[prompt].places, told=told)

    def _missing(self) -> Iterator[Problem]:
        """Yield the rows without a system prompt where nearly all rows have the same one."""
        if "" not in self._rows or self._total < FEWEST:
            return
        most = max(kept.count for kept in self._rows.values())
        without = self._rows[""]
        if most >= (1 - MINORITY) * self._total and without.count < most:
            told = (
                f"{share(without.count, self._total)} rows have no system prompt; {share(most, self._total)} have one"
            )
            yield Problem(kind="system-prompt", places=without.places, told=told)

    def _unlike_suites(self) -> Iterator[Problem]:
        """Yield each prompt that is nearly a suite's; and the most frequent one, when no suite has one of the rows'."""
        if not self._asked or not self._rows:
            return
        sets = {system: grams(system) for system in sorted(self._asked) if system}
        told_any = False
        for prompt, kept in self._rows.items():
            if not prompt or prompt in self._asked:
                continue
            own = grams(prompt)
            near = max(sets, key=lambda one: similarity(own, sets[one]), default="")
            if near and similarity(own, sets[near]) >= NEAR:
                names = ", ".join(sorted(suite.name for suite in self._suites if near in suite.systems))
                told = f"the system prompt of {share(kept.count, self._total)} rows is nearly that of the suite {names}"
                told_any = True
                yield Problem(
                    kind="suite-system-prompt", places=kept.places, told=f"{told}: {difference(prompt, near)}"
                )
        if not told_any and not self._asked_so:
            prompt, kept = max(self._rows.items(), key=lambda pair: pair[1].count)
            names = ", ".join(sorted(suite.name for suite in self._suites))
            which = f'"{masked(prompt)[:SHOWN]}"' if prompt else "none"
            told = f"no row has a system prompt of the suites ({names}); the most frequent one, {which}, is that of "
            yield Problem(
                kind="suite-system-prompt", places=kept.places[:1], told=f"{told}{share(kept.count, self._total)} rows"
            )


def difference(one: str, other: str) -> str:
    """Return where two texts first differ.

    >>> difference("Reply as JSON.", "Reply as json.")
    'it has "JSON." where the other has "json."'
    """
    if " ".join(one.split()) == " ".join(other.split()):
        return "they differ in white space alone"
    mine, theirs = masked(one), masked(other)
    pairs = enumerate(zip(mine, theirs, strict=False))
    place = next((place for place, (a, b) in pairs if a != b), min(len(mine), len(theirs)))
    start = max(mine.rfind(" ", 0, place), mine.rfind("\n", 0, place)) + 1
    here, there = (" ".join(text[start : start + SHOWN].split()) for text in (mine, theirs))
    return f'it has "{here}" where the other has "{there}"'
