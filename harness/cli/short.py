"""``harness cases anchors``: choose few cases that decide like all of them, by what earlier models got."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.new_cases import echo_lines
from harness.cli.options import AsJson, RunDir, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.cases.short import Chosen
    from harness.records.asked import Case
    from harness.runs.past_scores import PastScores

RUNS = "saved runs of the whole suite by different adapters: 1..20, or 3,7,9..12; missing ones of a range are skipped"
KEEP = "cases to keep, those with a test of their own among them"
BASELINE = "the model that candidates will be compared to, by its name in the runs; default: the newest run's baseline"
SCORER = "choose by this scorer alone; default: the mean of all"
SHOWN_MODELS = 6
FEW_OF_SLICE = 30
"""Fewer cases of a slice decide hardly anything."""


def anchors(  # noqa: PLR0913 - one parameter for each option
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="the folder of a suite, or its case file")],
    *,
    runs: Annotated[str, typer.Option(metavar="RUNS", help=RUNS)],
    keep: Annotated[int, typer.Option(min=1, metavar="N", help=KEEP)] = 100,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="default: cases.short.json beside the cases")] = None,
    baseline: Annotated[str, typer.Option(metavar="NAME", help=BASELINE)] = "",
    scorer: Annotated[str, typer.Option(metavar="NAME", help=SCORER)] = "",
    seed: Annotated[int, typer.Option(help="what the cases are drawn by")] = 0,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Choose few cases that decide like the whole suite, for pytest suites/ --anchors. See docs/anchors.md."""
    from harness.asking.cases import load_cases
    from harness.cases.choosing import choose
    from harness.cases.short import write_chosen
    from harness.config.read import runs_folder
    from harness.runs.names import runs_in
    from harness.runs.past_scores import Wanted, read_past_scores
    from harness.runs.suite_files import SHORT

    path = suite / "cases.jsonl" if suite.is_dir() else suite
    cases = load_cases(path)
    folders = runs_in(runs_folder(run_dir, settings, (str(suite),)), runs)
    past = read_past_scores(folders, path, cases, Wanted(scorer=scorer, baseline=baseline))
    chosen = choose(path, cases, past, keep, seed)
    target = out or path.with_suffix(SHORT)
    write_chosen(target, chosen)
    if as_json:
        print_json({"file": str(target), "chosen": chosen, "left_out": past.short})
        return
    echo_lines(_lines(target, chosen, past, cases))


def _lines(target: Path, chosen: "Chosen", past: "PastScores", cases: "Sequence[Case]") -> list[str]:
    from harness.text.figures import count

    kept = chosen.stratum_of
    models = ", ".join(chosen.models[:SHOWN_MODELS])
    more = f" and {len(chosen.models) - SHOWN_MODELS} more" if len(chosen.models) > SHOWN_MODELS else ""
    lines = [
        f"{target}: {len(kept):,} of {count(chosen.of, 'case')}, by {count(len(chosen.runs), 'run')} of {models}{more}",
        f"baseline: {chosen.baseline}",
    ]
    lines += [f"left out, since only a short suite was asked: run {name}" for name in past.short]
    for name, one in chosen.strata.items():
        lines.append(f"  {one.drawn:>4,} of {one.of:>5,}  {name}")
    trial = chosen.trial
    tried = (
        f"tried on {count(trial.models, 'model')}, each left out of the choice in turn: the estimated difference was "
        f"off by {trial.error:.3f} on average (as many cases drawn by chance: {trial.by_chance:.3f}), and "
        f"{100 * trial.covered:.0f} % of intervals held what the whole suite said"
    )
    few = f"no drop below {chosen.smallest_drop:.3f} can be ruled out by so few cases, whatever the answers"
    lines += [tried, few]
    for tag in past.gated:
        there = [case.id for case in cases if tag in case.tags]
        asked = sum(name in kept for name in there)
        if asked < min(FEW_OF_SLICE, len(there)):
            decided = "rarely" if asked else "never"
            few = f"{asked} of {count(len(there), 'case')} are too few: gates on it will {decided} be decided"
            lines.append(f"slice {tag}: {few}")
    lines.append("Next: pytest suites/ --anchors before each commit; the whole suite before a release")
    return lines
