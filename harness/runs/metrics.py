"""The figures of a run under names that trackers of experiments take: letters, digits, spaces and ``_-./`` alone."""

from collections.abc import Iterator

from harness.records.compared import Comparison
from harness.records.saved import Run
from harness.runs.test_ids import title

PROJECT = "tunegate"
"""The experiment, or project, that runs are logged to."""


def metrics_of(run: Run) -> Iterator[tuple[str, float]]:
    """Yield each figure of each comparison with the ends of its interval at 95 %."""
    for test, comparison in run.comparisons:
        yield from _figures(metric_name(test, comparison.scorer, comparison.tag), comparison)


def metric_name(test_id: str, scorer: str, tag: str) -> str:
    """Return how the names of a comparison's figures start."""
    return plain(f"{title(test_id)}/{scorer}{f'/{tag}' if tag else ''}")


def plain(name: str) -> str:
    """Return a name of letters, digits, spaces and _-./ alone, which is what MLflow takes."""
    return "".join(one if one.isascii() and (one.isalnum() or one in " _-./") else "_" for one in name)[:200]


def _figures(name: str, comparison: Comparison) -> Iterator[tuple[str, float]]:
    estimates = {
        "baseline": comparison.baseline_mean,
        "candidate": comparison.candidate_mean,
        "difference": comparison.delta,
    }
    for which, found in estimates.items():
        if found is not None:
            for part in ("mean", "low", "high"):
                yield f"{name}/{which}_{part}", getattr(found, part)
    counts = {"lost": comparison.lost, "won": comparison.won, "unscored": comparison.unscored}
    for which, cases in counts.items():
        yield f"{name}/{which}", float(len(cases))
