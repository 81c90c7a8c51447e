"""``harness cases propose``, ``decide`` and ``accept``: failures in production become cases or training rows."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.machines import print_json, stop_where_pytest_did
from harness.cli.options import AsJson, RunDir, Settings
from harness.errors import InputError
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.cases.passable import UsedSuite
    from harness.feedback.likeness import Likeness
    from harness.feedback.propose import Sought

LOGS = "production logs in any known form, see docs/logs.md"
SUITE = "the folder of the suite that the adapter is gated by"
SINCE = "only requests since then, such as 30d or 2026-11-01"
MEANING = "compare questions by their meaning, not their words; English, needs the extra similarity"
EARLIER = "a file of earlier proposals, which are not proposed again; repeatable"
ROWS = "file of training rows; --to rows adds to the first one, --to suite leaves out what is in any; repeatable"
SHARE = "part of what is kept and not accepted yet, chosen by chance"
FILE = Annotated[Path, typer.Argument(metavar="PROPOSALS", help="the file that harness cases propose wrote")]
RUNS = 20
"""The newest runs in which lost cases are looked for."""


def propose(  # noqa: PLR0913 - one parameter for each option
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS...", help=LOGS)],
    *,
    suite: Annotated[str, typer.Option(metavar="DIR", help=SUITE)],
    to: Annotated[Path, typer.Option(metavar="FILE", help="the file to write")] = Path("proposals.jsonl"),
    most: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="most proposals")] = 100,
    reviewers: Annotated[int, typer.Option(min=1, max=2, help="people who decide on each, blinded")] = 1,
    since: Annotated[str | None, typer.Option(metavar="WHEN", help=SINCE)] = None,
    meaning: Annotated[bool, typer.Option("--meaning", help=MEANING)] = False,
    earlier: Annotated[list[Path] | None, typer.Option(metavar="FILE", help=EARLIER)] = None,
    seed: Annotated[int, typer.Option(help="another one draws other proposals")] = 0,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Propose cases from production logs: failures, complaints, odd questions, near misses. See docs/feedback.md."""
    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.data.checks.needed import need
    from harness.data.convert import refuse_existing
    from harness.feedback.files import write_proposals
    from harness.feedback.propose import Wanted
    from harness.feedback.propose import propose as find
    from harness.feedback.told import proposed_lines
    from harness.logs.reading import read_logged

    need("detect_secrets", "phonenumbers")
    refuse_existing(to)
    sought = _sought(_used(suite), earlier or (), run_dir, settings)
    likeness = _likeness(by_meaning=meaning)
    mapping = load_config(settings_file(settings, Path())).logs.mapping
    wanted = Wanted(most=most, seed=seed, reviewers=reviewers)
    found = find(read_logged(logs, mapping, since), sought, wanted, likeness)
    if found.proposals:
        write_proposals(to, found.proposals)
    if as_json:
        print_json({"file": str(to) if found.proposals else None, "found": found})
        return
    _say(proposed_lines(found))
    _say(_next(to) if found.proposals else ["nothing to propose, so no file was written"])


def decide(
    file: FILE,
    host: Annotated[
        str, typer.Option(help="address to listen on; any other than 127.0.0.1 can be reached from other machines")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port; 0 takes a free one")] = 8767,
) -> None:
    """Decide on proposed cases on a page: keep, correct the expected answer, or drop."""
    from harness.feedback.decided import agreement_of, standings_of
    from harness.feedback.files import read_decisions, read_proposals
    from harness.feedback.serve import serve
    from harness.feedback.told import agreement_line, standing_lines
    from harness.serving.server import Address

    serve(file, Address(host=host, port=port), typer.echo, _now)
    standings = standings_of(read_proposals(file), read_decisions(file))
    _say([*filter(None, [agreement_line(agreement_of(standings))]), *standing_lines(standings)])


def accept(  # noqa: PLR0913 - one parameter for each option
    file: FILE,
    *,
    to: Annotated[Literal["suite", "rows"], typer.Option(help="where they go; nothing goes to both")],
    rows: Annotated[list[Path] | None, typer.Option(metavar="FILE", help=ROWS)] = None,
    share: Annotated[float, typer.Option(metavar="SHARE", help=SHARE)] = 1.0,
    seed: Annotated[int, typer.Option(help="another one chooses another part")] = 0,
    as_json: AsJson = False,
) -> None:
    """Add what people kept to the suite's cases or to training rows; what is in the one is left out of the other."""
    from harness.feedback.accept import Wanted
    from harness.feedback.accept import accept as add
    from harness.feedback.decided import agreement_of, of_logs, standings_of
    from harness.feedback.files import read_decisions, read_proposals
    from harness.feedback.told import accepted_lines, agreement_line, of_logs_line, standing_lines

    if not 0 < share <= 1:
        raise InputError(f"--share takes a part above 0 and up to 1, got {share}")
    if to == "rows" and not rows:
        raise InputError("--to rows needs --rows FILE, the file of training rows to add to; it can be a new one")
    outcome = add(file, Wanted(to=to, rows=tuple(rows or ()), share=share, seed=seed), _now)
    standings = standings_of(read_proposals(file), read_decisions(file))
    agreement, of_all = agreement_of(standings), of_logs(standings)
    if as_json:
        logs = of_all and {"kept": of_all.kept, "of_all": of_all.of_all, "logs": of_all.logs}
        print_json({"outcome": outcome, "agreement": agreement, "of_logs": logs})
        return
    _say(accepted_lines(outcome, to))
    _say(filter(None, [agreement_line(agreement), *standing_lines(standings), of_logs_line(of_all)]))


def _used(suite: str) -> "UsedSuite":
    """Return the one suite that is named, as its tests use it."""
    from harness.gating.without_models.used import read_suites

    read, session = read_suites([suite])
    stop_where_pytest_did(session, [suite])
    if read.broken:
        raise InputError("\n".join(["tests broke, so not all that scores answers is known:", *read.broken]))
    paths = dict.fromkeys(one.path for one in read.suites)
    if len(paths) != 1:
        named = ", ".join(map(str, paths)) or "none"
        raise InputError(f"--suite {suite}: proposals are for one case file, and its tests use {named}; name one suite")
    first = read.suites[0]
    scorers = tuple(scorer for one in read.suites for scorer in one.scorers)
    return type(first)(path=first.path, suite=first.suite, scorers=scorers)


def _sought(used: "UsedSuite", earlier: Sequence[Path], run_dir: str | None, settings: Path | None) -> "Sought":
    import os

    from harness.asking.cases import load_cases, with_cases
    from harness.cases.alike import text_of
    from harness.cases.expecting import expected_as_answers, reads_expected, scorers_in
    from harness.config.read import runs_folder
    from harness.data.seal import read_seal
    from harness.feedback.added import added_by
    from harness.feedback.files import read_proposals
    from harness.feedback.lost import lost_in
    from harness.feedback.propose import Sought
    from harness.feedback.retire import RETIRED

    cases = load_cases(used.path)
    tried = expected_as_answers(used.suite.cases)
    lost = () if read_seal(used.path) else lost_in(runs_folder(run_dir, settings), cases, RUNS)
    old = used.path.with_suffix(RETIRED)
    retired = load_cases(old) if old.exists() else ()
    asked = [one.messages for one in retired]
    asked += [one.messages for path in earlier for one in read_proposals(path)]
    return Sought(
        file=os.path.relpath(used.path),
        suite=with_cases(used.suite, cases),
        scorers=tuple(one for one in scorers_in([used]) if not reads_expected(one, tried)),
        lost=lost,
        earlier=tuple(map(text_of, asked)),
        added=added_by(used.suite, cases),
    )


def _likeness(*, by_meaning: bool) -> "Likeness":
    from harness.feedback.likeness import ByMeaning, ByWords

    if not by_meaning:
        return ByWords()
    from harness.data.meaning.model import load_model

    return ByMeaning(load_model())


def _next(path: Path) -> Iterator[str]:
    yield f"{path}: decide on them with harness cases decide {path}"


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(for_terminal(line, None) if not line.startswith("  ") else f"  {for_terminal(line, None)}")


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
