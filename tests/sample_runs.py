"""Many invented runs of the size of real ones: ``python -m tests.sample_runs FOLDER 1000`` writes so many run folders.

Each has 13 gates and 6 pinned tests in three suites. One candidate in seven fails two of its gates.
"""

import sys
from pathlib import Path

import msgspec

from harness.records.compared import Outcome, Verdict
from harness.records.saved import Pinned, Run
from harness.runs.folder import write_run
from tests.sample_run import sample_run

SUITES = ("support_triage", "general", "redteam")
GATES, PINNED, CASES = 13, 6, 60
CANDIDATES = ("triage", "triage-2", "triage-wide", "tone")


def run_number(number: int) -> Run:
    """Return the run with this number."""
    run = sample_run().run
    gate = next(one for one in run.verdicts if not one.comparison.tag and not one.comparison.unit)
    rows = (tuple(gate.comparison.rows) * CASES)[:CASES]
    comparison = msgspec.structs.replace(gate.comparison, rows=rows)
    candidate = msgspec.structs.replace(run.candidate, adapter=CANDIDATES[number % len(CANDIDATES)])
    fails = number % 7 == 0
    return msgspec.structs.replace(
        run,
        id=f"{number:04}-2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}-{number:04x}",
        number=number,
        time=f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}T09:00:00+00:00",
        candidate=candidate,
        outcome="failed" if fails else "passed",
        broken=(),
        unmeasured=(),
        measures=(),
        verdicts=tuple(
            _gate(
                msgspec.structs.replace(gate, comparison=comparison),
                place,
                number,
                "failed" if fails and place < 2 else "passed",
            )
            for place in range(GATES)
        ),
        pinned=tuple(
            Pinned(test_id=f"suites/redteam/test_redteam.py::test_never_{place}", case_id="x", outcome="passed")
            for place in range(PINNED)
        ),
    )


def _gate(gate: Verdict, place: int, number: int, outcome: Outcome) -> Verdict:
    suite, mean = SUITES[place % len(SUITES)], gate.comparison.candidate_mean
    assert mean is not None
    shown = msgspec.structs.replace(mean, mean=0.5 + (number * 37 + place * 11) % 100 / 250)
    return msgspec.structs.replace(
        gate,
        test_id=f"suites/{suite}/test_{suite}.py::test_quality_{place}_holds",
        comparison=msgspec.structs.replace(gate.comparison, candidate_mean=shown),
        outcome=outcome,
    )


def main() -> None:
    """Write the runs into the folder named on the command line, each with a stand-in for its report."""
    runs = Path(sys.argv[1])
    for number in range(1, int(sys.argv[2]) + 1):
        run = run_number(number)
        (runs / run.id).mkdir(parents=True)
        write_run(runs / run.id, run, (), ())
        (runs / run.id / "report.html").write_text("<!DOCTYPE html><title>Report</title>")


if __name__ == "__main__":
    main()
