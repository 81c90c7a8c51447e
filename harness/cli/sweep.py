"""``harness train --vary``: a sweep, trained and then gated in one run. See docs/training.md."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.machines import print_json

if TYPE_CHECKING:
    from harness.runs.together import Together
    from harness.train.sweep.combined import Combination
    from harness.train.sweep.trained import Tried

OF_ALL = "-curves.html"
"""How the name of the page with all courses of a sweep ends; it begins with that of the output."""
FAILED = 2
"""Exit code where a training failed, whatever the gates say of the others."""


def dry_sweep(settings: Path, words: Sequence[str], most: int | None, *, as_json: bool) -> None:
    """Print what every training of a sweep would take; nothing is trained."""
    from harness.cli.sweep_tables import checked_as_json, checked_table
    from harness.cli.tables import print_table
    from harness.gating.stopping import read_gates
    from harness.train.sweep.trained import check_sweep, cost_of

    checked = check_sweep(_combinations(settings, words, most), settings, read_gates)
    cost = cost_of(checked)
    if as_json:
        print_json({"trainings": [checked_as_json(one) for one in checked], "left": cost})
    else:
        print_table(checked_table(checked))
        typer.echo(f"\nstill to be trained: {cost.told}")


def train_only(settings: Path, words: Sequence[str], most: int | None, *, as_json: bool) -> None:
    """Train every combination, and print what came of each. Exit code 2 where a training failed."""
    found = _combinations(settings, words, most)
    tried = _trained(found, settings)
    _print(tried, None, _pages(tried, settings), as_json=as_json)
    _exit(tried, 0)


def train_and_gate(settings: Path, words: Sequence[str], most: int | None, *, as_json: bool) -> None:
    """Train every combination, gate what was trained in one run, and end as ``harness rank`` does.

    Exit code 2 where a training failed; pytest's own where it could not gate.
    """
    from harness.gating.child import gate_root
    from harness.train.sweep.trained import refuse_gating

    found = _combinations(settings, words, most)
    root = gate_root(settings)
    refuse_gating(found)
    tried = _trained(found, settings)
    page = _pages(tried, settings)
    gated = _gated(tried, root)
    _print(tried, gated, page, as_json=as_json)
    _exit(tried, gated.exit_code if gated else 0)


def _combinations(settings: Path, words: Sequence[str], most: int | None) -> "tuple[Combination, ...]":
    from harness.train.sweep.combined import combinations
    from harness.train.sweep.varied import read_varied

    return combinations(settings, read_varied(words), most)


def _trained(found: "Sequence[Combination]", settings: Path) -> "tuple[Tried, ...]":
    from harness.gating.stopping import read_gates
    from harness.text.progress import say
    from harness.train.config import load_train_config
    from harness.train.sweep.trained import check_sweep, cost_of, train_sweep, trainer_of

    name = Path(load_train_config(settings).output).name
    say(f"sweep {name}: {cost_of(check_sweep(found, settings, read_gates)).told}")
    return train_sweep(found, name, trainer_of(settings, read_gates))


def _pages(tried: "Sequence[Tried]", settings: Path) -> Path | None:
    """Write the page of each course into its folder, and one of all beside them; None where all trainings failed."""
    from harness.report.curve import page_of, trainings_in, write_curves
    from harness.train.config import load_train_config

    folders, now = [Path(one.folder) for one in tried if one.folder], dt.datetime.now(dt.UTC)
    if not folders:
        return None
    for folder in folders:
        page_of(folder, now)
    output = (settings.parent / load_train_config(settings).output).resolve()
    page = output.with_name(f"{output.name}{OF_ALL}")
    write_curves(page, trainings_in(folders), now)
    return page


def _gated(tried: "Sequence[Tried]", root: Path) -> "Together | None":
    """Gate what was trained in one run; None where all trainings failed."""
    from harness.config.located import SETTINGS
    from harness.config.read import load_config
    from harness.gating.child import gate_together
    from harness.runs.together import gated_together, names_in

    adapters = {one.manifest.adapter_digest: Path(one.folder) for one in tried if one.manifest is not None}
    if not adapters:
        return None
    runs = root / load_config(root / SETTINGS).runs
    before = names_in(runs)
    code = gate_together(tuple(adapters.values()), root)
    return gated_together(runs, before, adapters, code)


def _print(tried: "Sequence[Tried]", gated: "Together | None", page: Path | None, *, as_json: bool) -> None:
    from harness.cli.sweep_tables import conclusion_lines, tried_as_json, tried_table
    from harness.cli.tables import print_table

    if as_json:
        adapters = [tried_as_json(one, gated) for one in tried]
        curves = str(page) if page else None
        print_json({"adapters": adapters, "ranking": gated.ranking if gated else None, "curves": curves})
        return
    print_table(tried_table(tried, gated))
    if page is not None:
        typer.echo(f"\ncurves: {page}")
    typer.echo("\n".join(conclusion_lines(tried, gated)))


def _exit(tried: "Sequence[Tried]", code: int) -> None:
    ended = FAILED if any(one.failure for one in tried) else code
    if ended:
        raise typer.Exit(ended)
