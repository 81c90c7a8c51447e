"""The release rules of other tools, each run by that tool's own code on the suites of bench/decisions_peers.py.

Runs in the Python that has the tools, so nothing of the harness is imported. ``decisions_peer_rules.py TOOL FOLDER``
prints one line of JSON for each suite file in the folder: how often each rule passed, failed and was inconclusive.
"""

import importlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
RESAMPLES = 1_000
"""Resamples where a tool lets the caller choose; their own default is 5,000 or 10,000."""
MANY, FEW = 500, 300
"""Suites that a quick and a slow rule judge in each cell, of each side."""
PASSED, FAILED, INCONCLUSIVE = "passed", "failed", "inconclusive"


@dataclass(frozen=True)
class Suite:
    """The scores of both sides, case by case; ``groups`` is empty where each case is on its own."""

    baseline: Numbers
    candidate: Numbers
    groups: Sequence[str]
    margin: float

    @property
    def binary(self) -> bool:
        """Whether every score is 0 or 1."""
        return bool(np.isin(np.concatenate([self.baseline, self.candidate]), (0.0, 1.0)).all())


Rule = Callable[[Suite], str]


@dataclass(frozen=True)
class Tool:
    """A tool: its package and the version measured, a module that must be there, how many suites, its rules by name."""

    package: str
    measured: str
    module: str
    suites: int
    rules: dict[str, Rule]


def main() -> int:
    """Judge all suites by one tool's rules; exit code 3 means that the tool isn't installed."""
    tool, folder = TOOLS[sys.argv[1]], Path(sys.argv[2])
    try:
        importlib.import_module(tool.module)
    except ImportError as problem:
        print(problem)
        return 3
    print(json.dumps({"version": version(tool.package)}))
    for file in sorted(folder.glob("*.npz")):
        drawn = np.load(file)
        judged = {
            name: {
                side: judge(rule, drawn[side][: tool.suites], drawn["groups"], float(drawn["margin"]))
                for side in ("worse", "equal")
            }
            for name, rule in tool.rules.items()
        }
        print(json.dumps({"cell": file.stem, "rules": judged}), flush=True)
    return 0


def judge(rule: Rule, suites: Numbers, groups: NDArray[np.str_], margin: float) -> dict[str, int]:
    """Count the outcomes over many suites, given as differences; scores are as high as those allow."""
    outcomes = Counter(
        rule(Suite(np.minimum(1.0, 1.0 - one), np.minimum(1.0, 1.0 + one), groups.tolist(), margin)) for one in suites
    )
    return dict(outcomes)


def within(lower: float, upper: float, margin: float) -> str:
    """Decide by an interval of the difference: passed above the margin, failed below it."""
    return PASSED if lower > -margin else FAILED if upper < -margin else INCONCLUSIVE


def evalsig_gate(least: float, suite: Suite) -> str:
    """Evalsig's gate allows what is significantly better, by ``least`` or more."""
    from evalsig.compare.gate import gate
    from evalsig.types import ItemResult, RunFrame

    def frame(name: str, scores: Numbers) -> object:
        groups = suite.groups or [None] * len(scores)
        items = [ItemResult(f"{place:05}", float(one), groups[place]) for place, one in enumerate(scores)]
        return RunFrame(name, name, "bench", "score", items)

    report = gate(
        frame("baseline", suite.baseline),
        frame("candidate", suite.candidate),
        min_delta=least,
        cluster="group" if suite.groups else None,
        n_resamples=RESAMPLES,
    )
    return {"ALLOW": PASSED, "REJECT": FAILED, "INCONCLUSIVE": INCONCLUSIVE}[report.verdict.value]


def evalsig_shifted(suite: Suite) -> str:
    """Evalsig's gate against a baseline that is lowered by the margin: "significantly better" is then our question."""
    return evalsig_gate(1e-9, Suite(suite.baseline - suite.margin, suite.candidate, suite.groups, suite.margin))


def evalproof_gate(suite: Suite) -> str:
    """Evalproof fails a drop that is both beyond ``max_drop`` and significant, and passes all else."""
    from evalproof.compare import compare_runs
    from evalproof.config import GateConfig
    from evalproof.gate import EXIT_PASS, EXIT_REGRESSION, decide
    from evalproof.models import CaseResult, Run, RunInfo, Score, SystemOutput

    def run(name: str, scores: Numbers) -> object:
        info = RunInfo(
            suite="bench",
            system=name,
            dataset_path="",
            dataset_hash="same",
            started_at="",
            finished_at="",
            wall_time_s=0.0,
            evalproof_version="",
            seed=0,
        )
        results = [
            CaseResult(
                case_id=f"{place:05}",
                output=SystemOutput(output=""),
                scores={"score": Score(value=float(one), passed=bool(one) if suite.binary else None)},
            )
            for place, one in enumerate(scores)
        ]
        return Run(info=info, results=results)

    policy = GateConfig(metric="score", max_drop=suite.margin, n_boot=RESAMPLES)
    compared = compare_runs(
        run("baseline", suite.baseline), run("candidate", suite.candidate), alpha=policy.alpha, n_boot=policy.n_boot
    )
    return {EXIT_PASS: PASSED, EXIT_REGRESSION: FAILED}.get(decide(compared, policy).exit_code, INCONCLUSIVE)


def nemo_gate(suite: Suite) -> str:
    """``nel gate``: GO where the two-sided 95 % interval is within the margin, NO-GO where it is beyond it."""
    from nemo_evaluator.config.gate_policy import BenchmarkGateDefaults, GatePolicy
    from nemo_evaluator.engine.gate import gate_runs

    policy = GatePolicy(defaults=BenchmarkGateDefaults(max_drop=suite.margin, metric="mean_reward"))
    with TemporaryDirectory(prefix="bench-nemo-") as name:
        folders = [Path(name) / side for side in ("baseline", "candidate")]
        for folder, scores in zip(folders, (suite.baseline, suite.candidate), strict=True):
            folder.mkdir()
            mean = {"mean_reward": {"value": float(scores.mean())}}
            bundle = {"run_id": folder.name, "config": {}, "benchmark": {"name": "bench", "scores": mean}}
            (folder / "eval-bench.json").write_text(json.dumps(bundle))
            lines = [json.dumps(one) for one in nemo_records(scores, suite.groups).values()]
            (folder / "results.jsonl").write_text("\n".join(lines))
        verdict = gate_runs(*folders, policy).verdict
    return {"GO": PASSED, "NO-GO": FAILED, "INCONCLUSIVE": INCONCLUSIVE}[verdict]


def nemo_compare(suite: Suite) -> str:
    """``nel compare``: BLOCK for a significant effect above ``--max-drop``; WARN has another exit code than PASS."""
    from nemo_evaluator.engine.comparison import compare_results

    sides = [nemo_records(scores, suite.groups) for scores in (suite.baseline, suite.candidate)]
    verdict = compare_results(*sides, min_effect=suite.margin)["verdict"]
    return {"PASS": PASSED, "WARN": INCONCLUSIVE, "BLOCK": FAILED, "INCONCLUSIVE": INCONCLUSIVE}[verdict]


def nemo_records(scores: Numbers, groups: Sequence[str]) -> dict[tuple[int, int], dict[str, object]]:
    """Return one side's results by case; a group is a category, which is what NeMo Evaluator clusters by."""
    categories = groups or [None] * len(scores)
    return {
        (place, 0): {
            "problem_idx": place,
            "repeat": 0,
            "reward": float(one),
            "metadata": {} if category is None else {"category": category},
        }
        for place, (one, category) in enumerate(zip(scores, categories, strict=True))
    }


def deltagate_interval(suite: Suite) -> str:
    """Deltagate has no gate: its 95 % interval of the paired difference, by clusters, against the margin."""
    from deltagate.paired import paired_delta

    found = paired_delta(suite.candidate.tolist(), suite.baseline.tolist(), clusters=suite.groups or None)
    return within(found["lower"], found["upper"], suite.margin)


def evalci_interval(suite: Suite) -> str:
    """Evalci has no gate: its 95 % bootstrap interval (of clusters, where there are) against the margin."""
    from evalci.stats import cluster_ci, compare

    options = {"n_resamples": RESAMPLES, "random_state": 0}
    if suite.groups:
        lower, upper = cluster_ci(suite.candidate - suite.baseline, suite.groups, **options)
    else:
        lower, upper = compare(suite.candidate, suite.baseline, **options).ci
    return within(lower, upper, suite.margin)


TOOLS = {
    "evalsig": Tool(
        "evalsig",
        "0.1.2",
        "evalsig.compare.gate",
        FEW,
        {
            "evalsig, `assert_no_regression`": partial(evalsig_gate, 0.005),
            "evalsig, baseline lowered by the margin": evalsig_shifted,
        },
    ),
    "evalproof": Tool("evalproof", "0.2.1", "evalproof.gate", MANY, {"evalproof, `compare --gate`": evalproof_gate}),
    "nemo": Tool(
        "nemo-evaluator",
        "0.3.0",
        "nemo_evaluator.engine.gate",
        FEW,
        {"NeMo Evaluator, `nel gate`": nemo_gate, "NeMo Evaluator, `nel compare`": nemo_compare},
    ),
    "deltagate": Tool("deltagate", "0.1.1", "deltagate.paired", MANY, {"deltagate, its interval": deltagate_interval}),
    "evalci": Tool("evalci", "0.1.0", "evalci.stats", FEW, {"evalci, its interval": evalci_interval}),
}

if __name__ == "__main__":
    sys.exit(main())
