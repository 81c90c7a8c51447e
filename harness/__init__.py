"""The release gate for fine-tuned LoRA adapters: cases in, a verdict and a report out.

These are the names that the author of a suite or of a scorer imports; what is not exported is for the harness
itself. Ready-made scorers are in ``harness.scorers``.
"""

from harness.errors import GateFailed, GateInconclusive, HarnessError, InputError, Unmeasured
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import Comparison, Gate, Row, Slices, Verdict
from harness.records.estimate import Estimate
from harness.records.messages import Message
from harness.records.scored import Score, Scorer

__all__ = [
    "Case",
    "Comparison",
    "Estimate",
    "Gate",
    "GateFailed",
    "GateInconclusive",
    "HarnessError",
    "InputError",
    "Message",
    "Response",
    "Row",
    "Score",
    "Scorer",
    "Slices",
    "Unmeasured",
    "Verdict",
]
