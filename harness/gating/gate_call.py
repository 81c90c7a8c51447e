"""What the fixture ``gate`` gives."""

import sys
from pathlib import Path
from types import FrameType
from typing import Unpack

import pytest

from harness.errors import GateFailed, GateInconclusive
from harness.gating.each_candidate import recorded_id
from harness.gating.ledger import properties_of
from harness.gating.suite_run import SuiteRun
from harness.records.compared import Comparison, Gate, Slices, Thresholds, Verdict
from harness.text.toml import build
from harness.verdicts.wording import slices_wording, wording


class GateCall:
    """What the fixture ``gate`` gives: call it with a comparison and at least one threshold."""

    def __init__(self, run: SuiteRun, test: pytest.Item) -> None:
        self._run = run
        self._test = test

    def __call__(self, judged: Comparison | Slices, **thresholds: Unpack[Thresholds]) -> None:
        """Judge a comparison, or each of its slices; see the fixture ``gate``. An unknown name gets a hint."""
        __tracebackhide__ = True
        given = {"guarantee": self._run.gates.guarantee, **thresholds}
        judging = build(given, Gate, "gate()")
        verdicts = self._run.gate(recorded_id(self._test), judged, judging, _line_in(self._test.path))
        for verdict in verdicts:
            self._test.user_properties += properties_of(verdict)
        held = [verdict for verdict in verdicts if verdict.outcome != "passed" and not verdict.gate.advisory]
        if held:
            failed = any(verdict.outcome == "failed" for verdict in held)
            raise (GateFailed if failed else GateInconclusive)(_wording(judged, verdicts, self._run.report_path))


def _line_in(path: Path) -> int:
    """Return the line of a test's file that is being executed: where it calls ``gate``, or what does; 0 where none is.

    A file is known by the name under which Python read it, which is the one that pytest gave.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to one's caller
    while frame is not None and frame.f_code.co_filename != str(path):
        frame = frame.f_back
    return frame.f_lineno if frame is not None else 0


def _wording(judged: Comparison | Slices, verdicts: tuple[Verdict, ...], report: str) -> str:
    return slices_wording(judged, verdicts, report) if isinstance(judged, Slices) else wording(verdicts[0], report)
