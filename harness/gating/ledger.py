"""How the tests of one execution ended, recorded as it happens: verdicts, measures, pinned cases, broken tests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.records.compared import Comparison, Slices, Verdict
from harness.records.saved import Measure, Pinned


@dataclass
class Attempt:
    """What one test recorded in its last attempt; a test that is run again starts over."""

    verdicts: list[Verdict] = field(default_factory=list)
    measures: dict[int, Measure] = field(default_factory=dict)
    pinned: list[Pinned] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Ledger:
    """Everything that the tests of one execution recorded so far, in the order in which they started.

    What concerns no single test is recorded under an empty id.
    """

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}
        self._leak_failure = ""
        self._given_away_failure = ""

    def begin(self, test_id: str) -> None:
        """Forget what an earlier attempt of a test recorded."""
        self._attempts[test_id] = Attempt()

    def measure(self, test_id: str, comparison: Comparison) -> Comparison:
        """Record a comparison; it is a measure until a gate judges it."""
        self._of(test_id).measures[id(comparison)] = Measure(test_id=test_id, comparison=comparison)
        return comparison

    def gate(self, test_id: str, judged: Comparison | Slices, verdicts: Sequence[Verdict]) -> None:
        """Record a gate's verdicts; a comparison that was decided is not a measure any more."""
        attempt = self._of(test_id)
        if verdicts:
            attempt.measures.pop(id(judged.comparison if isinstance(judged, Slices) else judged), None)
        attempt.verdicts += verdicts

    def pin(self, test_id: str, pinned: Pinned) -> None:
        """Record how a test of one case ended; ``pinned`` has the test's id without the case."""
        self._of(test_id).pinned.append(pinned)

    def could_not_measure(self, what: str, test_id: str = "") -> None:
        """Record that something was not measured, and why."""
        self._of(test_id).unmeasured.append(what)

    def broke(self, what: str, test_id: str = "") -> None:
        """Record that a test broke by an error of its own, not by a gate."""
        self._of(test_id).broken.append(what)

    def fail_by_leaks(self, why: str) -> None:
        """Record that too many cases are in the candidate's training rows; an empty text means that there are not."""
        self._leak_failure = why

    @property
    def leak_failure(self) -> str:
        """Why the cases that are in the candidate's training rows fail the run; empty where they don't."""
        return self._leak_failure

    def fail_by_giving_away(self, why: str) -> None:
        """Record that the candidate gives away too many of its training rows."""
        self._given_away_failure = why

    @property
    def given_away_failure(self) -> str:
        """Why the training rows that the candidate gives away fail the run; empty where they don't."""
        return self._given_away_failure

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every gate's verdict."""
        return tuple(verdict for attempt in self._all() for verdict in attempt.verdicts)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The comparisons that no gate has judged."""
        return tuple(measure for attempt in self._all() for measure in attempt.measures.values())

    @property
    def pinned(self) -> tuple[Pinned, ...]:
        """How the tests of single cases ended."""
        return tuple(pinned for attempt in self._all() for pinned in attempt.pinned)

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """What was not measured, and why."""
        return tuple(what for attempt in self._all() for what in attempt.unmeasured)

    @property
    def broken(self) -> tuple[str, ...]:
        """The tests that broke by an error of their own, not by a gate."""
        return tuple(what for attempt in self._all() for what in attempt.broken)

    def _of(self, test_id: str) -> Attempt:
        return self._attempts.setdefault(test_id, Attempt())

    def _all(self) -> Iterator[Attempt]:
        yield from self._attempts.values()


def properties_of(verdict: Verdict) -> list[tuple[str, object]]:
    """Return a verdict as the properties of a JUnit test case."""
    delta = verdict.comparison.delta
    facts: list[tuple[str, object]] = [
        ("scorer", verdict.comparison.scorer),
        ("verdict", verdict.outcome),
        ("advisory", verdict.gate.advisory),
        ("reasons", "; ".join(verdict.reasons)),
    ]
    if verdict.comparison.not_asked or verdict.comparison.short is not None:
        facts += [("cases asked", len(verdict.comparison.rows)), ("cases in all", verdict.comparison.in_all)]
    if verdict.comparison.tag:
        facts.insert(0, ("slice", verdict.comparison.tag))
    if delta is not None:
        facts += [("difference", round(delta.mean, 6)), ("low", round(delta.low, 6)), ("high", round(delta.high, 6))]
    if verdict.comparison.figure is not None:
        facts.append(("figure", verdict.comparison.figure))
    if verdict.comparison.ratio is not None:
        facts += [("unit", verdict.comparison.unit), ("ratio", round(verdict.comparison.ratio.mean, 6))]
    return [*facts, *_of_judge(verdict.comparison)]


def _of_judge(comparison: Comparison) -> Iterator[tuple[str, object]]:
    """Yield what is known of the judge; nothing where none gave the scores."""
    judged = comparison.judged
    if judged is None:
        return
    yield "judge", judged.judge
    yield "judge trusted", judged.is_trusted
    if judged.check is not None and judged.check.kappa is not None:
        yield from (("kappa", round(judged.check.kappa.mean, 6)), ("kappa labels", judged.check.labels))
    if judged.changed:
        yield "judge changed", judged.changed
    if judged.unknown:
        yield "judge could not be checked", judged.unknown
    if judged.waived:
        yield "require_trusted", False
    if judged.flips is not None:
        yield "flipped on swap", round(judged.flips.mean, 6)
    if judged.lengths is not None:
        raw, controlled = judged.lengths.raw.mean, judged.lengths.controlled.mean
        yield from (("win rate", round(raw, 6)), ("win rate at equal length", round(controlled, 6)))
    if judged.difference is not None:
        seen = judged.difference.corrected
        yield from (("corrected difference", round(seen.mean, 6)), ("corrected low", round(seen.low, 6)))
        yield from (("corrected high", round(seen.high, 6)), ("labels", judged.difference.labels))
    elif judged.missing is not None:
        yield from (("labels", judged.missing.labels), ("labels needed", judged.missing.needed))
