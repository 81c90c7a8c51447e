"""What the tests of one execution came to, written down as it happens: verdicts, measures, pinned cases, breakages."""

from harness.records.asked import Case
from harness.records.compared import Comparison, Gate, Outcome, Slices, Verdict
from harness.records.saved import Measure, Pinned
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices


class Ledger:
    """Everything that the tests of one execution said so far."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.pinned: list[Pinned] = []
        self.unmeasured: list[str] = []
        self.broken: list[str] = []
        self._measures: dict[int, Measure] = {}

    def measure(self, test_id: str, comparison: Comparison) -> Comparison:
        """Write down a comparison; it stays a measure until a gate takes it."""
        self._measures[id(comparison)] = Measure(test_id=test_id, comparison=comparison)
        return comparison

    def gate(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        """Decide a comparison, or each of its slices, and write the verdicts down."""
        if isinstance(judged, Slices):
            verdicts, taken = decide_slices(test_id, judged, gate), judged.comparison
        else:
            verdicts, taken = (decide(test_id, judged, gate),), judged
        self._measures.pop(id(taken), None)
        self.verdicts += verdicts
        return verdicts

    def pin(self, test_id: str, case: Case, outcome: Outcome, reason: str) -> None:
        """Write down how a test of one case ended."""
        self.pinned.append(Pinned(test_id=test_id, case_id=case.id, outcome=outcome, reason=reason))

    def measures(self) -> tuple[Measure, ...]:
        """Return the comparisons that no gate has judged."""
        return tuple(self._measures.values())

    def is_undecided(self) -> bool:
        """Whether a run in which nothing failed still decides nothing: something unmeasured, or nothing gated."""
        return bool(self.unmeasured) or not (self.pinned or any(not verdict.gate.advisory for verdict in self.verdicts))


def properties_of(verdict: Verdict) -> list[tuple[str, object]]:
    """Return a verdict as the properties of a JUnit test case."""
    delta = verdict.comparison.delta
    facts: list[tuple[str, object]] = [
        ("scorer", verdict.comparison.scorer),
        ("verdict", verdict.outcome),
        ("advisory", verdict.gate.advisory),
        ("reasons", "; ".join(verdict.reasons)),
    ]
    if verdict.comparison.tag:
        facts.insert(0, ("slice", verdict.comparison.tag))
    if delta is not None:
        facts += [("difference", round(delta.mean, 6)), ("low", round(delta.low, 6)), ("high", round(delta.high, 6))]
    if verdict.comparison.ratio is not None:
        facts += [("unit", verdict.comparison.unit), ("ratio", round(verdict.comparison.ratio.mean, 6))]
    return facts
