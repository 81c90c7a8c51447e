"""How each test of a run ended, recorded in the ledger; what a gate decided is already there."""

import pytest

from harness.errors import (
    EngineError,
    GateFailed,
    GateInconclusive,
    HarnessError,
    StoreError,
    Unmeasured,
)
from harness.gating.each_candidate import recorded_id
from harness.gating.ledger import Ledger
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import Outcome
from harness.records.saved import Pinned
from harness.text.shown import fact

NO_VERDICT = (GateInconclusive, Unmeasured, EngineError, StoreError, MemoryError)
"""Errors that end a test without a verdict: it is inconclusive, not failed."""
LONGEST_REASON = 400


def note_end(ledger: Ledger, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """Record how a phase of a test ended."""
    undecided, test_id = getattr(report, "undecided", False), recorded_id(item)
    case = item.callspec.params.get("case") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    expected_to_fail = hasattr(report, "wasxfail")
    if isinstance(case, Case) and (report.when == "call" or (report.when == "setup" and not report.passed)):
        outcome: Outcome = "passed" if report.passed else "inconclusive" if undecided or report.skipped else "failed"
        pinned_to, key = test_id.split("[")[0], _key_of_answer(item)
        pinned = Pinned(test_id=pinned_to, case_id=case.id, outcome=outcome, reason=reason_of(call), request_key=key)
        ledger.pin(test_id, pinned)
    elif report.skipped and expected_to_fail:
        if not call.excinfo or not call.excinfo.errisinstance((GateFailed, GateInconclusive)):
            ledger.could_not_measure(f"{test_id} failed as expected, so it measured nothing", test_id)
    elif report.skipped:
        ledger.could_not_measure(f"{test_id} was skipped, so it measured nothing", test_id)
    elif report.failed and call.excinfo and not call.excinfo.errisinstance((GateFailed, GateInconclusive)):
        (ledger.could_not_measure if undecided else ledger.broke)(f"{test_id}: {reason_of(call)}", test_id)
    elif report.failed and not call.excinfo:
        ledger.broke(f"{test_id}: {fact(str(report.longrepr), LONGEST_REASON)}", test_id)


def reason_of(call: pytest.CallInfo[None]) -> str:
    """Return the first line of the error that ended a test; empty where none did."""
    if call.excinfo is None:
        return ""
    first = (str(call.excinfo.value).splitlines() or [call.excinfo.typename])[0]
    speaks = call.excinfo.errisinstance((AssertionError, HarnessError))
    return first if speaks else f"{call.excinfo.typename}: {first}"


def _key_of_answer(item: pytest.Item) -> str:
    """Return the key of the request whose answer a test of one case was given; empty where it was given none."""
    given = item.funcargs.get("answer") if isinstance(item, pytest.Function) else None
    return given.request_key if isinstance(given, Response) else ""
