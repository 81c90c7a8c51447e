"""``harness review``: build blinded packets, serve them, and tally the returned ballots."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.text.figures import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.config.whole import HarnessConfig
    from harness.judges.labels import PairLabel
    from harness.records.scored import Rubric
    from harness.review.for_judge import ForJudge, Needed
    from harness.review.packets.records import Key

review_app = typer.Typer(
    no_args_is_help=True, help="Let people choose between two answers, blinded. See docs/review.md."
)

EXIT_CODES = {"passed": 0, "failed": 1, "inconclusive": 6}
FOR_JUDGE = "draw the cases whose labels this rubric's judge needs most; for a scale, a table to fill in"
KEY = "file of the key; default: next to the folder of packets"


@review_app.command()
def build(  # noqa: PLR0913 - one parameter for each option
    run: Annotated[str, typer.Argument(metavar="RUN", help="a saved run: its number, its folder's name, or run:NAME")],
    *,
    cases: Annotated[
        int | None,
        typer.Option("--cases", "--more", min=1, help="number of cases to draw; default: 50, for a judge 60"),
    ] = None,
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
    for_judge: Annotated[str | None, typer.Option(metavar="RUBRIC", help=FOR_JUDGE)] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Build one page for each reviewer, and the key, which stays with you."""
    import secrets

    from harness.config.located import own_judges
    from harness.review.for_judge import ForJudge, needed_labels, write_for_judge
    from harness.review.packets.build import ReviewPlan, build_review
    from harness.review.packets.folder import default_key, read_key, refuse_existing, write_review
    from harness.review.packets.material import read_material
    from harness.runs.names import find_run
    from harness.scorers.judges.rubric import named_rubric
    from harness.stats.judges.corrected import FEWEST_LABELS

    config, root = _settings(settings)
    key_file = key or default_key(out)
    refuse_existing(out, key_file)
    plan = ReviewPlan(
        cases=cases or (FEWEST_LABELS if for_judge else 50),
        reviewers=reviewers,
        seed=seed,
        checks=checks,
        by_tag=by_tag,
        show_expected=show_expected,
        show_reasoning=show_reasoning,
        used=frozenset(case.case_id for path in after or () for case in read_key(path).cases),
    )
    folder = find_run(root / config.runs, run)
    if for_judge:
        rubric = named_rubric(for_judge, own_judges(root))
        asked = ForJudge(rubric=rubric, judges=root / "judges")
        needed = needed_labels(folder, suite, root, asked, plan)
        written = write_for_judge(needed, asked, plan, (out, key_file))
        told, lines = _needed_in_words(needed, asked)
    else:
        material = read_material(folder, suite, root)
        review = build_review(material, plan, secrets.token_bytes(32))
        written = write_review(review, out, key_file)
        told, lines = _drawn_in_words(review.key)
    if as_json:
        print_json({"files": [str(path) for path in written], "key": os.path.relpath(key_file)} | told)
        return
    for path in written:
        typer.echo(path)
    typer.echo("\n".join(lines))
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
    from harness.config.located import own_judges
    from harness.judges.labels import add_labels, labels_file
    from harness.review.packets.folder import check_apart, report_path
    from harness.review.report import write_review_report
    from harness.review.session import TallyPlan, examine
    from harness.review.to_labels import review_labels
    from harness.review.wording import wording
    from harness.scorers.judges.rubric import named_rubric

    config, root = _settings(settings)
    rubric = named_rubric(to_labels, own_judges(root)) if to_labels else None
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
    labels = review_labels(rubric, root / "judges", findings, root / config.runs, run) if rubric else ()
    write_review_report(report, findings)
    new = add_labels(labels_file(root / "judges", rubric), rubric, labels) if rubric else None
    if as_json:
        told = {"verdict": findings.verdict, "tally": findings.tally, "report": os.path.relpath(report)}
        print_json(told | {"new_labels": new})
    else:
        typer.echo(wording(findings))
        if rubric and new is not None:
            typer.echo("\n".join(_labels_in_words(labels_file(root / "judges", rubric), rubric, labels, new)))
        typer.echo(f"report: {os.path.relpath(report)}")
    raise typer.Exit(EXIT_CODES[findings.verdict.outcome])


@review_app.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of packets")],
    host: Annotated[
        str, typer.Option(help="address to listen on; any other than 127.0.0.1 can be reached from other machines")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port; 0 takes a free one")] = 8765,
    workers: Annotated[int, typer.Option(min=1, max=64, help="number of processes that answer")] = 1,
    url: Annotated[
        str, typer.Option(metavar="URL", help="address at which a proxy offers this server; links lead there")
    ] = "",
) -> None:
    """Serve the packets on a small web server: a link for each reviewer, ballots saved as they are cast."""
    from harness.review.votes.serve import serve as serve_folder
    from harness.serving.server import Address

    serve_folder(folder, Address(host=host, port=port), typer.echo, workers=workers, url=url)


def _drawn_in_words(key: "Key") -> tuple[dict[str, object], list[str]]:
    out = key.left_out
    line = (
        f"{count(len(key.cases), 'case')}; left out: {out.identical} with the same answer twice, "
        f"{out.failed} with a failed answer, {out.one_sided} answered by one side"
    )
    return {"cases": len(key.cases), "left_out": out}, [line]


def _needed_in_words(needed: "Needed", asked: "ForJudge") -> tuple[dict[str, object], list[str]]:
    """Say which cases were drawn for a judge, and what to do with the labels."""
    found, rubric = needed.next, asked.rubric
    labelled = sum(one.labelled for one in found.strata)
    told = {"cases": len(found.chosen), "labelled": labelled, "draw": found.draw.id, "strata": found.strata}
    back = (
        "harness judge labels FILE..."
        if rubric.kind == "scale"
        else f"harness review tally FOLDER BALLOT... --to-labels {rubric.id}"
    )
    return told, [
        f"{count(len(found.chosen), 'case')} for {rubric.id}, beside {count(labelled, 'label')} that it has",
        *(
            f"  doubt {one.name}: {one.chosen} of {count(one.cases, 'case')}, {one.labelled} labelled before"
            for one in found.strata
        ),
        f"when they are back: {back}",
    ]


def _labels_in_words(path: Path, rubric: "Rubric", labels: "Sequence[PairLabel]", new: int) -> list[str]:
    """Say what became of the votes as labels, whether they can correct a judge, and what to do next."""
    chosen = sum(bool(label.drawn) for label in labels)
    why = "" if chosen else "; build a review with --for-judge for labels that can correct a judge too"
    pairs = count(len(labels), "labelled pair")
    return [
        f"{path}: {count(new, 'new label')} of {pairs}, {chosen:,} drawn for the judge{why}",
        f"next: harness judge check {rubric.id}",
    ]


def _settings(settings: Path | None) -> "tuple[HarnessConfig, Path]":
    """Return the settings, and the folder that holds them."""
    from harness.config.located import settings_file
    from harness.config.read import load_config

    path = settings_file(settings, Path())
    return load_config(path), path.parent
