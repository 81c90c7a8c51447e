"""A run's candidate as the results that lm-evaluation-harness saves: a task for each test, a metric for each scorer."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.exchange.rows import Exported
from harness.records.compared import Comparison
from harness.records.estimate import Estimate
from harness.records.record import Json
from harness.runs.test_ids import title
from harness.text.atomic import write_atomically

Z = 1.959963984540054
"""How many standard errors the ends of an interval at 95 % are from its middle."""


def write(exported: Exported, out: Path) -> None:
    """Write the results.

    Raises:
        StoreError: they can't be written.
    """
    write_atomically(out, msgspec.json.format(msgspec.json.encode(results_of(exported)), indent=2) + b"\n")


def results_of(exported: Exported) -> dict[str, Json]:
    """Return the results as that tool lays them out; its standard error is half the interval's width over 1.96."""
    run = exported.run
    results: dict[str, dict[str, Json]] = {}
    higher: dict[str, dict[str, Json]] = {}
    counts: dict[str, Json] = {}
    for test_id, comparison in run.comparisons:
        mean = comparison.candidate_mean
        if mean is None:
            continue
        task = _task(test_id, comparison)
        told = results.setdefault(task, {"alias": task})
        metric = comparison.scorer.replace(",", ";")
        told |= _figures(metric, mean)
        higher.setdefault(task, {})[metric] = not comparison.unit
        counts[task] = {"original": len(comparison.rows), "effective": mean.n}
    return {
        "results": dict(results),
        "group_subtasks": {},
        "configs": {task: {"task": task} for task in results},
        "versions": dict.fromkeys(results, "tunegate"),
        "n-shot": dict.fromkeys(results, 0),
        "higher_is_better": dict(higher),
        "n-samples": counts,
        "config": {"model": run.candidate.name, "model_args": {"engine": run.engine}},
        "model_source": "tunegate",
        "model_name": run.candidate.name,
        "date": run.time,
        "tunegate_run": run.id,
        "tunegate_outcome": run.outcome,
    }


def _task(test_id: str, comparison: Comparison) -> str:
    return f"{title(test_id)} ({comparison.tag})" if comparison.tag else title(test_id)


def _figures(metric: str, mean: Estimate) -> Mapping[str, Json]:
    return {
        f"{metric},none": mean.mean,
        f"{metric}_stderr,none": (mean.high - mean.low) / (2 * Z),
    }
