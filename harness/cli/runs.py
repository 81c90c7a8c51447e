"""Commands on suites and saved runs that ask no model: power, history, compare, decide, rows. See docs/runs.md."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json, say_where_long, stop_where_pytest_did
from harness.cli.options import NAME, AsJson, RunDir, RunName, Settings, complete_run
from harness.errors import UNDECIDED, InputError
from harness.text.figures import count

if TYPE_CHECKING:
    from harness.records.compared import Verdict
    from harness.verdicts.power import Power

runs_app = typer.Typer()

LONGEST = 600
"""Most characters of a line that comes from elsewhere."""
SUITES = "tests, as for pytest; default: suites/"
FLIPS = "share of cases assumed to flip, instead of what earlier runs show; default: from those runs, or 0.1"
TEST = "part of a test's id; default: all tests"
ACCEPT = "accept a difference in this entry of the fingerprint; repeatable"
FirstRun = Annotated[str, typer.Argument(metavar="FIRST", help=f"the baseline; {NAME}", autocompletion=complete_run)]
SecondRun = Annotated[str, typer.Argument(metavar="SECOND", help=f"the candidate; {NAME}", autocompletion=complete_run)]
Suites = Annotated[list[str] | None, typer.Argument(metavar="SUITES", help=SUITES)]


@runs_app.command()
def power(
    suites: Suites = None,
    flips: Annotated[float | None, typer.Option(help=FLIPS)] = None,
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Show what each gate can decide with its cases, before any model is asked. Exit code 6 when one can't."""
    from harness.cli.power_tables import mean_lines, never_lines, power_notes, power_table
    from harness.cli.tables import pinned_lines, print_table
    from harness.config.read import gates_config, runs_folder
    from harness.gating.without_models.planned import plan_power
    from harness.runs.history import read_history, read_seen
    from harness.verdicts.power import powers_of

    if flips is not None and not 0 <= flips <= 1:
        raise InputError(f"--flips takes a share from 0 to 1, got {flips}")
    folder = runs_folder(run_dir, settings, suites or ["suites/"])
    past = read_history(folder)
    judges = next((run.judges or {"": run.judge} for run in reversed(past) if run.judge), {})
    plan, session = plan_power(suites or ["suites/"], judges, gates_config(settings, suites or ["suites/"]))
    stop_where_pytest_did(session, suites or ["suites/"])
    powers = powers_of(plan.gates, read_seen(folder, past, {gate.key for gate in plan.gates}), flips)
    if as_json:
        print_json({"gates": [_power_of(one) for one in powers], "broken": plan.ledger.broken})
    else:
        print_table(power_table(powers))
        _echo(
            [
                *power_notes(powers, flips),
                *never_lines(powers),
                *mean_lines(powers),
                *pinned_lines(plan.ledger.pinned),
                *plan.ledger.broken,
            ]
        )
    if plan.ledger.broken:
        raise typer.Exit(1)
    if not all(one.can_decide or one.planned.gate.advisory for one in powers):
        raise typer.Exit(UNDECIDED)


@runs_app.command()
def history(
    test: Annotated[str, typer.Argument(metavar="TEST", help=TEST)] = "",
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Show how each gate changed over the saved runs."""
    from harness.cli.tables import history_tables, print_table
    from harness.config.read import runs_folder
    from harness.runs.history import gate_history, read_history
    from harness.text.visible import for_terminal

    skipped: list[str] = []
    folder = runs_folder(run_dir, settings)
    past = read_history(folder, skipped.append)
    gates = list(dict.fromkeys(verdict.key for run in past for verdict in run.verdicts))
    chosen = [gate for gate in gates if test in gate[0]]
    if not chosen:
        _echo(f"left out: {reason}" for reason in skipped)
        if not gates:
            raise InputError(
                f"{folder}: no saved run has a gate; run pytest suites/, or name another folder with --run-dir"
            )
        known = ", ".join(dict.fromkeys(for_terminal(gate[0], LONGEST) for gate in gates))
        raise InputError(f"{folder}: no saved run has a gate whose test's id contains {test!r}; gated tests: {known}")
    if as_json:
        named = [dict(zip(("test_id", "scorer", "tag"), gate, strict=True)) for gate in chosen]
        runs = [gate_history(past, *gate) for gate in chosen]
        gates_told = [gate | {"runs": points} for gate, points in zip(named, runs, strict=True)]
        print_json({"gates": gates_told, "left_out": skipped})
        return
    for table in history_tables(past, chosen):
        print_table(table)
        typer.echo()
    _echo(f"left out: {reason}" for reason in skipped)


@runs_app.command()
def compare(  # noqa: PLR0913 - one parameter for each option
    first: FirstRun,
    second: SecondRun,
    accepted: Annotated[list[str] | None, typer.Option("--accept-difference", metavar="NAME", help=ACCEPT)] = None,
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Compare the candidates of two saved runs case by case. Exit code 6 when nothing could be compared.

    Where a gate's cases differ, those that are the same in both are compared, and the rest of the change is told.
    """
    from harness.cli.tables import nothing_compared, pairs_table, print_table
    from harness.config.read import runs_folder
    from harness.report.view.trends import renewed_sentence
    from harness.runs.names import find_run
    from harness.runs.pairs import compare_runs
    from harness.runs.renewed import renewed_between

    folder = runs_folder(run_dir, settings)
    one, other = find_run(folder, first), find_run(folder, second)
    say_where_long(one, "compare")
    pairs = tuple(compare_runs(one, other, accepted or ()))
    renewed = renewed_between(one, other)
    reason = "" if renewed else nothing_compared(pairs)
    if as_json:
        gates = [{"test_id": key[0], "scorer": key[1], "tag": key[2], "renewed": each} for key, each in renewed.items()]
        print_json({"measures": pairs, "nothing_compared": reason, "renewed": gates})
    else:
        print_table(pairs_table(pairs))
        _echo(f"{' '.join(filter(None, key))}: {renewed_sentence(each)}" for key, each in renewed.items())
        _echo([reason] if reason else [])
    if reason:
        raise typer.Exit(UNDECIDED)


@runs_app.command()
def decide(
    run: RunName, suites: Suites = None, *, as_json: AsJson = False, run_dir: RunDir = None, settings: Settings = None
) -> None:
    """Judge a saved run again by the thresholds that the suites have now, without any model. Saves nothing."""
    from harness.cli.tables import changes, decided_table, print_table, unmeasured_lines
    from harness.config.read import gates_config, runs_folder
    from harness.gating.saved_run import SavedRun
    from harness.gating.without_models.decided_again import decide_again
    from harness.runs.names import find_run
    from harness.runs.outcome import data_failures

    saved = SavedRun(find_run(runs_folder(run_dir, settings, suites or ["suites/"]), run))
    ledger, session = decide_again(suites or ["suites/"], saved, gates_config(settings, suites or ["suites/"]))
    stop_where_pytest_did(session, suites or ["suites/"])
    unmeasured = unmeasured_lines(saved.run, ledger.unmeasured, ledger.pinned)
    if as_json:
        told = {"verdicts": [_verdict_of(one) for one in ledger.verdicts], "pinned": ledger.pinned}
        told |= {"broken": ledger.broken, "leak_failure": ledger.leak_failure}
        told |= {"given_away_failure": ledger.given_away_failure, "unmeasured": unmeasured}
        print_json(told | {"changes": changes(saved.run, ledger)})
    else:
        print_table(decided_table(saved.run, ledger))
        _echo([*ledger.broken, *data_failures(ledger), *unmeasured, changes(saved.run, ledger)])
    if session.exit_code:
        raise typer.Exit(session.exit_code)


@runs_app.command()
def rank(run: RunName, *, as_json: AsJson = False, run_dir: RunDir = None, settings: Settings = None) -> None:
    """Rank candidates that were asked together. Exit code 0 when the first can be released, though it was chosen."""
    from harness.config.read import runs_folder
    from harness.report import ranking_lines
    from harness.runs.folder import read_run
    from harness.runs.names import find_run
    from harness.runs.ranking import read_ranking

    folder = find_run(runs_folder(run_dir, settings), run)
    ranking = read_ranking(folder.parent, read_run(folder))
    if ranking is None:
        raise InputError(f"run {folder.name} has one candidate; name several with --candidate to rank them")
    if as_json:
        print_json(ranking)
    else:
        typer.echo("\n".join(ranking_lines(ranking)))
    if ranking.exit_code:
        raise typer.Exit(ranking.exit_code)


@runs_app.command()
def rows(
    run: RunName,
    out: Annotated[Path, typer.Option(help="the file to write")] = Path("rows.csv"),
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Write all rows of a saved run as CSV, for a spreadsheet or a data frame."""
    from harness.config.read import runs_folder
    from harness.runs.names import find_run
    from harness.runs.rows import write_rows

    folder = find_run(runs_folder(run_dir, settings), run)
    say_where_long(folder, "rows")
    number = write_rows(folder, out)
    if as_json:
        print_json({"file": str(out), "rows": number})
    else:
        typer.echo(f"{out}: {count(number, 'row')}")


def _power_of(power: "Power") -> dict[str, object]:
    """Return what a gate can decide, with what follows from it."""
    import msgspec

    derived = {"can_decide": power.can_decide, "never_passes": power.never_passes}
    return msgspec.structs.asdict(power) | derived


def _verdict_of(verdict: "Verdict") -> dict[str, object]:
    comparison = verdict.comparison
    named = {"test_id": verdict.test_id, "scorer": comparison.scorer, "tag": comparison.tag}
    return named | {"outcome": verdict.outcome, "advisory": verdict.gate.advisory, "reasons": verdict.reasons}


def _echo(lines: Iterable[str]) -> None:
    """Print lines that can contain text from a test, a model or somebody else's folder."""
    from harness.text.visible import for_terminal

    for line in lines:
        typer.echo(for_terminal(line, LONGEST))
