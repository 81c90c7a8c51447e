"""``harness init``: set up a repository of one's own, from flags or from five questions."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson
from harness.errors import InputError
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.starter.choices import Choices
    from harness.starter.imported import Imported
    from harness.starter.written import Written

TASK = "what is gated: labels, json, text, tool-calls or documents; without it a terminal is asked five questions"
BASE = "the base model: the embedded one by its name, a folder, or org/name on a hub; default: smollm2-135m-instruct"
ANSWERS = (
    "what answers: transformers (this process), vllm (needs a GPU), server (one that runs already), openai (hosted); "
    "default: transformers"
)
ADAPTERS = "the folder with your adapters; default: adapters"
FOR_CI = "the files for CI: github, github-forks, gitlab, jenkins, azure or none; default: github"
FROM = "your own cases, CSV, JSON Lines or Parquet; ten are taken, spread over the labels"
TAG = "with --from: a column whose values become tags; repeatable"
TOOLS = "with --from and --task tool-calls: a JSON list of the functions"
CONTEXT = "with --from and --task documents: the column with the passages of each row, a text or JSON"
INTO = "the folder to write to; default: this one"
QUESTIONS = {
    "task": "What is gated? labels, json, text, tool-calls, documents (answers that rest on passages)",
    "base_model": "Base model: the embedded one, a folder, or org/name on a hub",
    "answers": "What answers? transformers (this process), vllm (a GPU), server (runs already), openai (hosted)",
    "adapters": "Folder with your adapters",
    "ci": "Files for CI? github, github-forks (comments on those too), gitlab, jenkins, azure, none",
}


def init(  # noqa: PLR0913 - one parameter for each option
    *,
    task: Annotated[str | None, typer.Option(metavar="TASK", help=TASK)] = None,
    base_model: Annotated[str | None, typer.Option(metavar="MODEL", help=BASE)] = None,
    answers: Annotated[str | None, typer.Option(metavar="ENGINE", help=ANSWERS)] = None,
    adapters: Annotated[str | None, typer.Option(metavar="FOLDER", help=ADAPTERS)] = None,
    ci: Annotated[str | None, typer.Option(metavar="CI", help=FOR_CI)] = None,
    source: Annotated[Path | None, typer.Option("--from", metavar="FILE", help=FROM)] = None,
    column: Annotated[str | None, typer.Option("--input", metavar="COLUMN", help="with --from: what is asked")] = None,
    expected: Annotated[str | None, typer.Option(metavar="COLUMN", help="with --from: what is expected")] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=TAG)] = None,
    tools: Annotated[Path | None, typer.Option(metavar="FILE", help=TOOLS)] = None,
    context: Annotated[str | None, typer.Option(metavar="COLUMN", help=CONTEXT)] = None,
    into: Annotated[Path, typer.Option(metavar="FOLDER", help=INTO)] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the first suite, settings, rubric and CI file of your own repository. What is there is never changed."""
    from harness.starter.content import own_content
    from harness.starter.files import starter_files
    from harness.starter.imported import Columns, import_cases
    from harness.starter.written import write_files

    given = {"task": task, "base_model": base_model, "answers": answers, "adapters": adapters, "ci": ci}
    if source is None and (column or expected or tag or tools or context):
        raise InputError(
            "--input, --expected, --tag, --tools and --context say how to read your own cases; add --from FILE"
        )
    if source is not None and not (column and expected):
        raise InputError("--from needs --input COLUMN and --expected COLUMN: what is asked, and what is expected")
    choices = _choices({name: value for name, value in given.items() if value is not None})
    imported = None
    if source is not None:
        if (choices.task == "documents") != bool(context):
            raise InputError(
                "--context COLUMN names the passages of --task documents, which needs it; no other task does"
            )
        columns = Columns(input=column or "", expected=expected or "", tags=tuple(tag or ()), context=context or "")
        imported = import_cases(source, columns, choices.task)
    own = own_content(choices.task, imported, tools) if imported else None
    written = write_files(into, starter_files(choices, own))
    if as_json:
        print_json({"files": written})
        return
    typer.echo("\n".join([*_told(written, imported), *_next(choices, written)]))


def _choices(given: dict[str, str]) -> "Choices":
    """Return the choices: the flags; or, where --task is missing, answers to the questions that no flag answers.

    Raises:
        InputError: a value is unknown, or there is no terminal to ask in.
    """
    from harness.starter.choices import ANSWERS as ENGINES
    from harness.starter.choices import CIS, TASKS, Choices, chosen

    known: dict[str, tuple[str, ...]] = {"task": TASKS, "answers": ENGINES, "ci": CIS}
    if "task" not in given:
        if not sys.stdin.isatty():
            raise InputError(
                f"no terminal to ask in; add at least --task {'|'.join(TASKS)}, and --base-model, --answers, "
                "--adapters or --ci where their defaults don't fit (harness init --help)"
            )
        defaults = Choices(task="labels")
        for name in (name for name in QUESTIONS if name not in given):
            given[name] = _asked(name, getattr(defaults, name), known.get(name, ()))
    for name in (name for name in known if name in given):
        chosen(f"--{name}", given[name], known[name])
    import msgspec

    return msgspec.convert(given, Choices)


def _asked(name: str, default: str, known: tuple[str, ...]) -> str:
    """Return the answer to a question; it is put again until the answer is among those known, if there are such."""
    while True:
        answer = str(typer.prompt(QUESTIONS[name], default=default))
        if not known or answer in known:
            return answer
        typer.echo(f"one of {', '.join(known)}, please")


def _told(written: "tuple[Written, ...]", imported: "Imported | None") -> list[str]:
    """Return what became of each file, and what was read."""
    from harness.starter.imported import TEN
    from harness.starter.written import Written

    lines = [f"{file.state:>8}  {for_terminal(file.path)}" for file in written]
    if imported is not None:
        lines.insert(0, f"{count(len(imported.cases), 'case')} of {count(imported.rows, 'row')}")
        if imported.repeated:
            lines[0] += f"; rows that repeat an earlier one: {imported.repeated:,}"
        if len(imported.cases) < TEN:
            lines[0] += f"; fewer than {TEN} decide next to nothing, so add more to cases.jsonl"
    if any(file.state == "kept" for file in written):
        lines.append("Kept files are different from what would be written; --into FOLDER writes all of them elsewhere.")
    if any(file == Written(path=".gitignore", state="kept") for file in written):
        lines.append("See that .gitignore has runs/, review.key.json and review.report.html.")
    if all(file.state != "written" for file in written):
        lines.append("Nothing was changed.")
    return lines


def _next(choices: "Choices", written: "tuple[Written, ...]") -> list[str]:
    """Return what to do next; nothing where nothing was written."""
    from harness.starter.files import install_lines, suite_folder

    if all(file.state != "written" for file in written):
        return []
    if choices.answers in {"transformers", "vllm"}:
        candidate = f"once an adapter is in {for_terminal(choices.adapters.rstrip('/'))}/, as PEFT saves it"
        trial = ["  pytest suites/ --candidate base    # without an adapter: the base model can miss a floor"]
    else:
        candidate, trial = "once harness.toml names the candidate, and the right address", []
    return [
        "",
        "Next:",
        *(f"  {line}" for line in install_lines(choices)),
        f"  harness power         # what the gates of {suite_folder(choices)} can decide with their cases",
        *trial,
        f"  pytest suites/        # {candidate}",
    ]
