"""Which gates are decided by the cases asked so far."""

from collections import Counter
from typing import NamedTuple

import msgspec

from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.verdicts.slices import slices_of
from harness.verdicts.so_far import decide_so_far, whole_of


class _Gated(NamedTuple):
    """What one call of a test's gate judges: by its scorer, "" or the name of its slices, and its thresholds."""

    scorer: str
    slices: str
    gate: Gate
    call: int


class DecidedGates:
    """The verdicts of one candidate's gates; what was decided once stays decided while another gate asks on."""

    def __init__(self) -> None:
        self._decided: dict[tuple[str, _Gated], tuple[Verdict, ...]] = {}
        self._calls: dict[str, Counter[_Gated]] = {}
        """By test: how often its attempt under way has called each gate."""

    def decide(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...] | None:
        """Return the verdicts of a gate; None where more cases have to be asked."""
        key = test_id, self._call(test_id, judged, gate)
        found = decide_so_far(test_id, judged, gate)
        if found is not None:
            self._decided[key] = found
            return found
        if (earlier := self._decided.get(key)) is None:
            return None
        parts = {part.tag: part for part in (slices_of(judged) if isinstance(judged, Slices) else (judged,))}
        return tuple(msgspec.structs.replace(one, comparison=parts[one.comparison.tag]) for one in earlier)

    def start_over(self, test_id: str) -> None:
        """Note that a test runs again, from its first gate on."""
        self._calls.pop(test_id, None)

    def _call(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> _Gated:
        """Return what a gate judges; scorers can share a name in a test, so also which of its calls that is."""
        name = judged.name if isinstance(judged, Slices) else ""
        called = _Gated(whole_of(judged).scorer, name, gate, 0)
        calls = self._calls.setdefault(test_id, Counter())
        calls[called] += 1
        return called._replace(call=calls[called])
