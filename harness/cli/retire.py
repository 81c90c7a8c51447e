"""``harness cases retire``: cases that were asked often leave a suite; its anchors stay."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.new_cases import echo_lines
from harness.cli.options import AsJson, RunDir, Settings

ASKED = "runs after which a case retires"
ANCHORS = "cases that never retire, drawn by chance the first time; at most half of the suite"


def retire(  # noqa: PLR0913 - one parameter for each option
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="the folder of a suite, or its case file")],
    *,
    asked: Annotated[int, typer.Option(min=1, metavar="RUNS", help=ASKED)],
    anchors: Annotated[int, typer.Option(min=0, metavar="N", help=ANCHORS)] = 50,
    seed: Annotated[int, typer.Option(help="what the anchors are drawn by")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would retire, and change nothing")] = False,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Move cases that were asked in many runs out of a suite. Anchors stay, so the history remains comparable."""
    import datetime as dt

    from harness.config.read import runs_folder
    from harness.feedback import retire as rules
    from harness.text.figures import count

    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    cases = suite / "cases.jsonl" if suite.is_dir() else suite
    rule = rules.Rule(asked=asked, anchors=anchors, seed=seed)
    found, drawn = rules.plan(cases, runs_folder(run_dir, settings, (str(suite),)), rule, now)
    target = cases.with_suffix(rules.RETIRED)
    if not dry_run:
        target = rules.retire(cases, found, drawn, now)
    if as_json:
        facts = {"retired": found.retired, "anchors": found.anchors, "stay": found.stay}
        print_json({"file": str(cases), **facts, "changed": not dry_run})
        return
    what = f"{count(len(found.retired), 'case')} {'would retire' if dry_run else 'retired'}"
    where = "" if dry_run or not found.retired else f", to {target}"
    lines = [f"{cases}: {what}{where}; {found.stay} stay, {len(found.anchors)} of them anchors"]
    if not found.retired:
        lines.append(
            f"the case that was asked most was asked in {count(found.most, 'run')}"
            if found.most
            else f"no saved run asked them: the tests that ask them belong into {cases.parent}, and --run-dir says "
            "where the runs are"
        )
    if found.missing_anchors:
        gone = count(len(found.missing_anchors), "anchor")
        lines.append(f"{gone} no longer in the file: restore them, or the history is harder to compare")
    if found.retired and not dry_run:
        lines.append("Next: harness cases propose LOGS, for cases in their place")
    echo_lines(lines)
