"""``harness review``: build blinded packets, serve them, and tally the returned ballots."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.text.figures import count

if TYPE_CHECKING:
    from harness.config import HarnessConfig

review_app = typer.Typer(
    no_args_is_help=True, help="Let people choose between two answers, blinded. See docs/review.md."
)

EXIT_CODES = {"passed": 0, "failed": 1, "inconclusive": 6}
KEY = "file of the key; default: next to the folder of packets"


@review_app.command()
def build(  # noqa: PLR0913 - one parameter for each option
    run: Annotated[str, typer.Argument(metavar="RUN", help="a saved run: its number, its folder's name, or run:NAME")],
    *,
    cases: Annotated[int, typer.Option("--cases", "--more", min=1, help="number of cases to draw")] = 50,
    reviewers: Annotated[int, typer.Option(min=1, max=100, help="number of packets")] = 3,
    seed: Annotated[int, typer.Option(help="seed for the choice and order of cases; never decides who is A")] = 0,
    out: Annotated[Path, typer.Option(help="a new folder for the packets")] = Path("review"),
    key: Annotated[Path | None, typer.Option(help=KEY)] = None,
    suite: Annotated[str | None, typer.Option(help="one of the run's suites; needed if it has several")] = None,
    by_tag: Annotated[str, typer.Option(metavar="NAME", help="draw evenly from tags NAME-value")] = "",
    checks: Annotated[
        int, typer.Option(min=0, max=20, help="number of repeated pairs, and of planted bad answers")
    ] = 3,
    show_expected: Annotated[bool, typer.Option("--show-expected", help="show reviewers the expected answer")] = False,
    show_reasoning: Annotated[
        bool,
        typer.Option(
            "--show-reasoning",
            help="show reviewers what was thought before each answer, folded; its style can show which side is which",
        ),
    ] = False,
    after: Annotated[
        list[Path] | None, typer.Option(metavar="KEY", help="leave out the cases of this earlier key; repeatable")
    ] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Build one page for each reviewer, and the key, which stays with you."""
    import secrets

    from harness.review.packets.build import ReviewPlan, build_review
    from harness.review.packets.folder import check_apart, default_key, read_key, write_review
    from harness.review.packets.material import read_material
    from harness.runs.names import find_run

    config, root = _settings(settings)
    key_file = key or default_key(out)
    check_apart(out, key_file)
    material = read_material(find_run(root / config.runs, run), suite, root)
    used = frozenset(case.case_id for path in after or () for case in read_key(path).cases)
    plan = ReviewPlan(
        cases=cases,
        reviewers=reviewers,
        seed=seed,
        checks=checks,
        by_tag=by_tag,
        show_expected=show_expected,
        show_reasoning=show_reasoning,
        used=used,
    )
    review = build_review(material, plan, secrets.token_bytes(32))
    written, left_out = write_review(review, out, key_file), material.left_out
    if as_json:
        told = {"files": [str(path) for path in written], "key": os.path.relpath(key_file)}
        print_json(told | {"cases": len(review.key.cases), "left_out": left_out})
        return
    for path in written:
        typer.echo(path)
    typer.echo(
        f"{count(len(review.key.cases), 'case')}; left out: {left_out.identical} with the same answer twice, "
        f"{left_out.failed} with a failed answer, {left_out.one_sided} answered by one side"
    )
    typer.echo(f"key: {os.path.relpath(key_file)} (keep it from reviewers until all ballots are in)")


@review_app.command()
def tally(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[
        list[Path], typer.Argument(metavar="FOLDER... BALLOT...", help="folders of packets, then ballots")
    ],
    *,
    key: Annotated[list[Path] | None, typer.Option(help=f"{KEY}; one for each folder")] = None,
    run: Annotated[str | None, typer.Option(help="the run that was reviewed, if not among the runs")] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="a reviewer whose votes don't count")
    ] = None,
    to_labels: Annotated[
        str | None,
        typer.Option(metavar="RUBRIC", help="add what people preferred to judges/RUBRIC.labels.jsonl"),
    ] = None,
    until: Annotated[Literal["decided"] | None, typer.Option(help="keep adding cases until the votes decide")] = None,
    out: Annotated[
        Path | None, typer.Option(help="file of the unblinded report; default: next to the folder of packets")
    ] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Open the key, count the votes, decide. Exit code 0: passed, 1: failed, 6: inconclusive."""
    from harness.config import own_judges
    from harness.errors import RubricError
    from harness.judges.labels import add_labels, labels_file
    from harness.review.count.labels import labels_of
    from harness.review.packets.folder import check_apart, report_path
    from harness.review.report import write_review_report
    from harness.review.session import TallyPlan, examine
    from harness.review.wording import wording
    from harness.scorers.judges.rubric import named_rubric

    config, root = _settings(settings)
    rubric = named_rubric(to_labels, own_judges(root)) if to_labels else None
    if rubric and rubric.kind != "pairwise":
        raise RubricError(f"--to-labels {rubric.id}: people chose between two answers, but this rubric has a scale")
    folders = tuple(path for path in paths if path.is_dir())
    plan = TallyPlan(
        folders=folders,
        keys=tuple(key or ()),
        ballots=tuple(path for path in paths if not path.is_dir()),
        leave_out=tuple(leave_out or ()),
        run=run,
        until=until,
    )
    findings = examine(plan, config, root)
    report = out or report_path(folders[0])
    check_apart(folders[0], report)
    write_review_report(report, findings)
    labels = labels_file(root / "judges", rubric) if rubric else None
    new = None
    if rubric and labels:
        new = add_labels(labels, rubric, labels_of(rubric, findings.reviews, findings.unblinded.votes))
    if as_json:
        told = {"verdict": findings.verdict, "tally": findings.tally, "report": os.path.relpath(report)}
        print_json(told | {"new_labels": new})
    else:
        typer.echo(wording(findings))
        if new is not None:
            typer.echo(f"{labels}: {count(new, 'new label')}")
        typer.echo(f"report: {os.path.relpath(report)}")
    raise typer.Exit(EXIT_CODES[findings.verdict.outcome])


@review_app.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of packets")],
    host: Annotated[
        str, typer.Option(help="address to listen on; any other than 127.0.0.1 can be reached from other machines")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port; 0 takes a free one")] = 8765,
) -> None:
    """Serve the packets on a small web server: a link for each reviewer, ballots saved as they are cast."""
    from harness.review.votes.serve import serve as serve_folder
    from harness.serving.server import Address

    serve_folder(folder, Address(host=host, port=port), typer.echo)


def _settings(settings: Path | None) -> "tuple[HarnessConfig, Path]":
    """Return the settings, and the folder that holds them."""
    from harness.config import load_config, settings_file

    path = settings_file(settings, Path())
    return load_config(path), path.parent
