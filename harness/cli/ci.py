"""``harness ci``: what a job shows of a session of ``pytest suites/``; see docs/ci.md."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.options import RunDir, Settings
from harness.errors import UNDECIDED, HarnessError, InputError, PublishError, more_about
from harness.text.unwritten import unwritten
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.ci.comment import Around
    from harness.ci.ended import Ended
    from harness.ci.github import Job
    from harness.ci.places import Place
    from harness.ci.spots import Spot
    from harness.ci.web import Api

ci_app = typer.Typer(no_args_is_help=True, help="What CI shows of a run: one comment, a check, annotations, outputs.")

FOLDER = "the folder that harness ci collect made"
NAME = "tells several gates of one repository apart: letters, digits, dots and dashes"
REPORT = "the address of the report, for a link"
SINCE = "the number that harness ci newest printed before pytest ran"
NEUTRAL = "what an inconclusive run is: neutral (a neutral check, exit code 0) or fail (exit code 6)"
FOLLOW = "the results are those of the job that this workflow_run follows"
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=FOLDER)]
Name = Annotated[str, typer.Option(help=NAME)]
Report = Annotated[str, typer.Option(metavar="URL", help=REPORT)]


@ci_app.command()
def newest(run_dir: RunDir = None, settings: Settings = None) -> None:
    """Print the number of the newest run, 0 where there is none: what collect takes as --since."""
    from harness.config.read import runs_folder
    from harness.runs.names import highest_number

    typer.echo(highest_number(runs_folder(run_dir, settings)))


@ci_app.command()
def collect(  # noqa: PLR0913 - one parameter for each option
    *,
    since: Annotated[int, typer.Option(min=0, help=SINCE)],
    exit_code: Annotated[int, typer.Option(min=0, max=255, help="pytest's exit code")],
    into: Annotated[Path, typer.Option(metavar="FOLDER", help="the folder to make")] = Path("release-gate"),
    name: Name = "release-gate",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for machines")] = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Gather what pytest just saved, say what was not passed at which line, and set outputs. Asks nobody.

    Writes run.json and report.html of each run, comment.md and codequality.json. Ends with 0 whatever the outcome.
    """
    from harness.ci.comment import comment_text
    from harness.ci.ended import collect as gather
    from harness.ci.places import place_of
    from harness.ci.quality import quality_report
    from harness.ci.spots import spots
    from harness.config.read import runs_folder
    from harness.text.atomic import write_atomically

    around = _around(name, "", "")
    ended = gather(runs_folder(run_dir, settings), since, exit_code, into)
    repository = Path(os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or _root())
    found = [(spot, place_of(spot, Path(), repository)) for spot in spots(ended)]
    write_atomically(into / "codequality.json", quality_report(found))
    write_atomically(into / "comment.md", comment_text(ended, (), around).encode())
    _tell_runner(ended, into)
    lines = [_as_json(ended, found)] if as_json else _told(ended, found)
    typer.echo("\n".join(lines))


@ci_app.command()
def github(  # noqa: PLR0913 - one parameter for each option
    folder: Folder,
    *,
    name: Name = "release-gate",
    inconclusive: Annotated[Literal["neutral", "fail"], typer.Option(help=NEUTRAL)] = "neutral",
    comment: Annotated[bool, typer.Option(help="write the comment on the pull request")] = True,
    check: Annotated[bool, typer.Option(help="make a check of the commit")] = True,
    report: Report = "",
    author: Annotated[str, typer.Option(help="who writes comments with this token")] = "github-actions[bot]",
    follow: Annotated[bool, typer.Option("--follow", help=FOLLOW)] = False,
) -> None:
    """Show the results on GitHub; needs GITHUB_TOKEN. Ends with pytest's exit code, and 0 for a neutral check.

    With --follow, after a job of a fork, it writes the comment alone, and ends with 0.
    """
    import msgspec

    from harness.ci.ended import read_ended
    from harness.ci.github import as_followed, followed_job_of, job_of, make_check, pull_request_of, write_comment

    job = followed_job_of(os.environ) if follow else job_of(os.environ)
    ended = as_followed(read_ended(folder), job)
    around = msgspec.structs.replace(_around(name, job.address, report), foreign=not job.own, author=author)
    if job.follows is None and not job.own:
        typer.echo("a pull request of a fork: this token only reads, so the comment comes from the second workflow")
        raise typer.Exit(_code(ended))
    api, neutral = _api("GITHUB_API_URL", "https://api.github.com", "GITHUB_TOKEN", "Authorization"), False
    if check and job.follows is None:
        try:
            undecided = ended.exit_code == UNDECIDED and ended.outcome == "inconclusive"
            passes = undecided and inconclusive == "neutral"
            make_check(ended, job, name, api, "neutral" if passes else "action_required")
            neutral = passes
        except PublishError as problem:
            _warn("no check was made", problem)
    if comment:
        try:
            job = msgspec.structs.replace(job, number=pull_request_of(job, api))
            typer.echo(write_comment(ended, job, around, api) if job.number else _no_request(job))
        except PublishError as problem:
            if job.follows is not None:
                raise
            _warn("no comment was written", problem)
    if job.follows is None and not neutral:
        raise typer.Exit(_code(ended))


@ci_app.command()
def gitlab(folder: Folder, *, name: Name = "release-gate", report: Report = "") -> None:
    """Write the note on the merge request; needs GITLAB_TOKEN. Ends with pytest's exit code."""
    from harness.ci.ended import read_ended
    from harness.ci.gitlab import merge_request_of, write_note

    ended = read_ended(folder)
    request = merge_request_of(os.environ)
    around = _around(name, os.environ.get("CI_JOB_URL", ""), report)
    if request is None:
        typer.echo("no merge request, so no note")
    elif not os.environ.get("GITLAB_TOKEN"):
        typer.echo("GITLAB_TOKEN is not set, so no note; docs/ci-gitlab.md says how to make one", err=True)
    else:
        try:
            api = _api("CI_API_V4_URL", "", "GITLAB_TOKEN", "PRIVATE-TOKEN")
            typer.echo(write_note(ended, request, around, api))
        except PublishError as problem:
            _warn("no note was written", problem)
    if code := _code(ended):
        raise typer.Exit(code)


@ci_app.command()
def verdict(folder: Folder) -> None:
    """Print the outcome, and end with the exit code that it means: pytest's own, and never 0 without a pass."""
    from harness.ci.ended import read_ended

    ended = read_ended(folder)
    typer.echo(ended.outcome)
    if code := _code(ended):
        raise typer.Exit(code)


@ci_app.command()
def action() -> None:
    """Print the composite action for GitHub, to be kept as .github/actions/release-gate/action.yml."""
    from harness.starter.files import action_text

    typer.echo(action_text(), nl=False)


def _code(ended: "Ended") -> int:
    """Return the exit code of a job: pytest's own, and never 0 for what did not pass, nor 6 for what failed."""
    from harness.runs.outcome import EXIT_CODES

    return EXIT_CODES[ended.outcome] if ended.exit_code in {0, UNDECIDED} else ended.exit_code


def _around(name: str, job: str, report: str) -> "Around":
    from harness.ci.comment import NAME as NAMES
    from harness.ci.comment import Around

    if not NAMES.fullmatch(name):
        raise InputError(f"--name {for_terminal(name)!r}: expected at most 64 letters, digits, dots, dashes")
    return Around(name=name, job=job, report=report)


def _api(address: str, default: str, token: str, header: str) -> "Api":
    from harness.ci.web import Api

    return Api(os.environ.get(address) or default, header, os.environ.get(token, "").strip())


def _tell_runner(ended: "Ended", into: Path) -> None:
    """Give later steps of a GitHub job the outcome, and its page a summary where the plugin wrote none."""
    from harness.ci.annotations import outputs
    from harness.gating.saving import tell_ci
    from harness.report.markdown import MARKS
    from harness.text.visible import for_markdown

    if path := os.environ.get("GITHUB_OUTPUT"):
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(outputs(ended, str(into)))
        except OSError as problem:
            raise HarnessError(f"GITHUB_OUTPUT names {path}: {unwritten(problem)}") from problem
    if ended.remark:
        words = f"### {MARKS[ended.outcome]} {for_markdown(ended.remark)}\n"
        tell_ci(lambda _most: words, os.environ)


def _told(ended: "Ended", found: "list[tuple[Spot, Place | None]]") -> "Iterator[str]":
    """Yield what is printed: as annotations, where the job's log is read for them."""
    from harness.ci.annotations import annotations, azure_issues

    yield f"release gate: {ended.outcome} (exit code {ended.exit_code})"
    if os.environ.get("GITHUB_ACTIONS"):
        yield from annotations(found)
    elif os.environ.get("TF_BUILD"):
        yield from azure_issues(found)
    else:
        for spot, place in found:
            at = f"{place.path}:{place.line}: " if place else ""
            yield f"  {for_terminal(f'{at}{spot.outcome}: {spot.title}: {spot.text}', None)}"


def _as_json(ended: "Ended", found: "list[tuple[Spot, Place | None]]") -> str:
    import msgspec

    problems = [
        {"outcome": spot.outcome, "title": spot.title, "text": spot.text, "check": spot.check, "place": place}
        for spot, place in found
    ]
    told = {
        "outcome": ended.outcome,
        "exit_code": ended.exit_code,
        "runs": [run.id for run in ended.runs],
        "problems": problems,
    }
    return msgspec.json.format(msgspec.json.encode(told)).decode()


def _no_request(job: "Job") -> str:
    if job.follows is not None:
        return "no open pull request has this commit, so no comment: it was closed, or has a later push"
    return "no pull request, so no comment"


def _root() -> Path:
    """Return the folder of the repository: the nearest one with .git, else this one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def _warn(what: str, problem: PublishError) -> None:
    """Say what was not done and why, on GitHub as an annotation; the job goes on."""
    prefix = "::warning title=Release gate::" if os.environ.get("GITHUB_ACTIONS") else "warning: "
    text = for_terminal(f"{what}: {problem}", None).replace("%", "%25")
    typer.echo(f"{prefix}{text}", err=not os.environ.get("GITHUB_ACTIONS"))
    typer.echo(more_about(problem), err=True)
