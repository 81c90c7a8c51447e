"""From scored answers to the report, at 1,000 to 1,000,000 invented cases on both sides: memory, CPU, size of the page.

``like`` is a run in which both sides say the same, and one of ten cases is wrong on both; ``flipped`` one in which most
cases flip, with answers of 2,000 characters. Each is a process of its own. It scores, compares, gates, saves, makes the
report, then writes all rows and compares the run with itself; nothing is asked. ``python bench/columns.py CASES KIND
FOLDER`` is such a process: it prints CPU microseconds a case and the peak of its memory so far, step by step.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import at_most, exit_code, run, run_script, tell

SMALL, MIDDLE, LARGE = 1_000, 10_000, 1_000_000
FLIPPED = 200_000
MEMORY_BAR_MB = 300
"""Half of what a whole run can take: the other half is for what is asked."""
FLIPPED_BAR_MB = 600
READ_BAR_MB = 300
GROWTH_BAR = 1.1
SIZE_BAR_MB = 10
LONG = "The invoice of October was paid twice and the second has no number. " * 30
ROOT = Path(__file__).parent.parent


def main() -> int:
    """Measure, print figures with their bars, and return the exit code."""
    like = {cases: measured(cases, "like") for cases in (SMALL, MIDDLE, LARGE)}
    flipped = {cases: measured(cases, "flipped") for cases in (SMALL, FLIPPED)}
    for kind, found in (("like", like), ("flipped", flipped)):
        for cases, one in found.items():
            for step, (cpu_us, peak_mb) in one["steps"].items():
                tell(f"{kind:<8}{cases:>10,}  {step:<10}{cpu_us:>9.1f} us a case{peak_mb:>8.0f} MB")

    def more(found: dict[int, dict], cases: int, step: str) -> float:
        return found[cases]["steps"][step][1] - found[SMALL]["steps"][step][1]

    growth = used_us(like[LARGE]) / used_us(like[MIDDLE])
    return exit_code(
        [
            at_most(f"scored to reported, {LARGE:,} alike", more(like, LARGE, "report"), "MB more", MEMORY_BAR_MB),
            at_most("rows and compare of it", more(like, LARGE, "compare"), "MB more", READ_BAR_MB),
            at_most(f"a case at {LARGE:,}", growth, f"of one at {MIDDLE:,}", GROWTH_BAR),
            at_most(f"scored to reported, {FLIPPED:,} flipped", more(flipped, FLIPPED, "report"), "MB", FLIPPED_BAR_MB),
            at_most(f"report of {LARGE:,} alike", like[LARGE]["report_mb"], "MB", SIZE_BAR_MB),
            at_most(f"report of {FLIPPED:,} flipped", flipped[FLIPPED]["report_mb"], "MB", SIZE_BAR_MB),
        ]
    )


def used_us(one: dict) -> float:
    """Return CPU microseconds a case up to the report."""
    return sum(cpu_us for step, (cpu_us, _) in one["steps"].items() if step not in {"rows", "compare"})


def measured(cases: int, kind: str) -> dict:
    """Return what a process of its own measured."""
    with TemporaryDirectory(prefix="bench-columns-") as name:
        command = [sys.executable, __file__, str(cases), kind, name]
        found: dict = json.loads(run(command, Path(name), {"PYTHONPATH": str(ROOT)}).output.splitlines()[-1])
    return found


def child(cases: int, kind: str, folder: Path) -> dict:
    """Do everything once with few cases, so that all is loaded, then with ``cases``, and return what that took."""
    Work(SMALL // 10, kind, folder / "warm").all()
    return Work(cases, kind, folder / "runs").all()


class Work:
    """An invented run of so many cases, from its answers to its report."""

    def __init__(self, cases: int, kind: str, folder: Path) -> None:
        self.cases, self.kind, self.folder = cases, kind, folder / "0001-2026-11-27-abcd"
        self.folder.mkdir(parents=True)
        self.steps: dict[str, tuple[float, float]] = {}
        self.started = time.process_time()

    def all(self) -> dict:
        """Do every step and return its CPU microseconds a case, with the peak of the process's memory after it."""
        # Only here, so that the process that measures stays small.
        from harness.records.compared import Gate
        from harness.records.in_columns import CaseScores
        from harness.records.saved import Judgement, Run
        from harness.records.scored import Scores
        from harness.report.html import write_report_of
        from harness.runs.folder import write_run
        from harness.runs.pairs import compare_runs
        from harness.runs.rows import write_rows
        from harness.verdicts.compare import compare
        from harness.verdicts.gate import decide
        from tests.sample_run import ENGINE, SIDES

        def scores(side: str) -> Scores:
            items = CaseScores.of(self.scored(side))
            return Scores(scorer="exact_match()", model=SIDES[side], fingerprint={"cases": "x"}, items=items)

        given = {side: scores(side) for side in SIDES}
        self.step("score")
        comparison = compare(given["baseline"], given["candidate"])
        self.step("pair")
        verdict = decide("suites/a/test_a.py::test_queue", comparison, Gate(floor=0.5, max_drop=0.05))
        self.step("gate")
        saved = Run(
            id=self.folder.name,
            time="2026-11-27T00:00:00+00:00",
            command=("pytest",),
            baseline=SIDES["baseline"],
            candidate=SIDES["candidate"],
            engine=ENGINE,
            judge="",
            versions={},
            fingerprint="x",
            verdicts=(verdict,),
            measures=(),
            pinned=(),
            timings={},
        )
        judgements = (
            Judgement(comparison=comparison.key, scorer=one.scorer, side=side, item=item)
            for side, one in given.items()
            for item in one.items
        )
        write_run(self.folder, saved, self.answers(), judgements)
        self.step("save")
        report = write_report_of(saved, self.folder)
        self.step("report")
        size_mb = report.stat().st_size / 1e6
        del saved, verdict, comparison, given, judgements
        write_rows(self.folder, self.folder / "rows.csv")
        self.step("rows")
        for _ in compare_runs(self.folder, self.folder):
            pass
        self.step("compare")
        return {"steps": self.steps, "report_mb": size_mb}

    def step(self, name: str) -> None:
        """Note what a step took."""
        now = time.process_time()
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        self.steps[name] = (1e6 * (now - self.started) / self.cases, peak_mb)
        self.started = now

    def is_right(self, side: str, number: int) -> bool:
        """Tell whether one side's answer to a case is right."""
        if self.kind == "like":
            return number % 10 != 0
        return bool(number % 3) if side == "baseline" else number % 5 == 0

    def asked(self, side: str, number: int) -> tuple:
        """Return a case, and the response to it."""
        from harness.records.answered import Response
        from harness.records.asked import Case
        from harness.records.messages import Message

        text = f"Ticket {number}: we were charged twice for order {number * 7919 % 100_003}. Which queue is it for?"
        case = Case(id=f"ticket-{number:07d}", messages=(Message(role="user", content=text),), expected="billing")
        right = self.is_right(side, number)
        said = "billing" if right else "bug"
        said = said if self.kind == "like" else f"{said}. {LONG}"
        key = hashlib.sha256(f"{side} {number}".encode()).hexdigest()
        return case, Response(
            request_key=key, text=said, finish_reason="stop", tokens_out=2, seconds=0.01 * (number % 9 + 1)
        )

    def scored(self, side: str) -> Iterator:
        """Yield the score of each answer."""
        from harness.records.scored import CaseScore, Score

        for number in range(self.cases):
            case, response = self.asked(side, number)
            right = self.is_right(side, number)
            score = Score(value=float(right), category="" if right else "wrong label")
            yield CaseScore(case_id=case.id, group=None, repeat=0, request_key=response.request_key, score=score)

    def answers(self) -> Iterator:
        """Yield each answer."""
        from harness.records.asked import Request, Sampling
        from harness.records.saved import Answer
        from tests.sample_run import ENGINE, SIDES

        for side, model in SIDES.items():
            for number in range(self.cases):
                case, response = self.asked(side, number)
                request = Request(
                    case_id=case.id, model=model, engine=ENGINE, messages=case.messages, sampling=Sampling()
                )
                yield Answer(side=side, case=case, request=request, response=response)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(child(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))))
    else:
        run_script(main)
