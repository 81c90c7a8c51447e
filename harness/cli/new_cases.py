"""``harness cases new``: cases of rows, of logs with passages, or suites of the tasks of lm-evaluation-harness."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.cases.file import Added
    from harness.cases.lm_eval.task import Wanted
    from harness.cases.lm_eval.written import TaskSuite
    from harness.cases.new import Built
    from harness.data.table import TableRow

SOURCE = "CSV, JSON Lines (.jsonl, .ndjson, .log), Parquet, or hub:org/name, also with @revision"
TO = "the case file to write, such as suites/mine/cases.jsonl; with --lm-eval the folder for suites, default: suites"
INPUT = "column with what is asked: a text, or a list of messages; a.b.0 leads into objects and lists"
EXPECTED = "column with what is expected; NAME=COLUMN for a field of it; repeatable"
LM_EVAL = "tasks or groups of lm-evaluation-harness, such as ifeval,gsm8k: each becomes a suite"
TASKS = "with --lm-eval: a folder with tasks of your own; their Python code is run"
FROM_RAG = "production logs in which a retriever's passages are: each becomes the context of a case; repeatable"
EXAMPLES = "with --lm-eval: answered examples before each question; default: as the task says"
METRIC = "with --lm-eval: only this metric, such as exact_match,strict-match; repeatable"
PYTHON = "with --lm-eval: the Python of the environment that has lm_eval; default: this one"
LONGEST = 600
"""Most characters of a line that has text from elsewhere."""
NAMED = 5
"""Most ids that a line lists."""
SUITES_FOLDER = Path("suites")


def new(  # noqa: PLR0913 - one parameter for each option
    source: Annotated[str, typer.Argument(metavar="[FROM]", help=SOURCE)] = "",
    *,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help=TO)] = None,
    column: Annotated[str, typer.Option("--input", metavar="COLUMN", help=INPUT)] = "",
    expected: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=EXPECTED)] = None,
    expected_json: Annotated[bool, typer.Option("--expected-json", help="texts that are expected are JSON")] = False,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="column whose values become tags; repeatable")
    ] = None,
    group: Annotated[str, typer.Option(metavar="COLUMN", help="column with one value for related cases")] = "",
    id_column: Annotated[
        str, typer.Option("--id", metavar="COLUMN", help="column with ids; default: made from what is asked")
    ] = "",
    system: Annotated[str, typer.Option(metavar="COLUMN", help="column with the system message of each case")] = "",
    meta: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="column to keep; repeatable")] = None,
    take: Annotated[int | None, typer.Option(min=1, metavar="N", help="take N rows at equal distances")] = None,
    append: Annotated[bool, typer.Option("--append", help="add to a case file that is there")] = False,
    split: Annotated[str, typer.Option(metavar="NAME", help="with hub: the split to read, such as test")] = "",
    file: Annotated[str, typer.Option(metavar="PATH", help="with hub: the file to read")] = "",
    lm_eval: Annotated[str, typer.Option("--lm-eval", metavar="TASKS", help=LM_EVAL)] = "",
    tasks: Annotated[Path | None, typer.Option(metavar="FOLDER", help=TASKS)] = None,
    chat: Annotated[bool, typer.Option("--chat", help="with --lm-eval: ask in chats, not in plain text")] = False,
    examples: Annotated[int | None, typer.Option(min=0, metavar="N", help=EXAMPLES)] = None,
    metric: Annotated[list[str] | None, typer.Option(metavar="NAME", help=METRIC)] = None,
    python: Annotated[str, typer.Option(metavar="PATH", help=PYTHON)] = "",
    from_rag: Annotated[list[Path] | None, typer.Option("--from-rag", metavar="LOG", help=FROM_RAG)] = None,
    as_json: AsJson = False,
) -> None:
    """Make cases of your own rows, or of tasks. Nothing is overwritten, and each mistake names its row."""
    from harness.cases.file import append_cases, write_new
    from harness.cases.lm_eval.task import Wanted
    from harness.cases.new import CaseColumns, build_cases, column_of_expected
    from harness.data.seal import refuse_sealed

    of_rows = {
        "FROM": source,
        "--input": column,
        "--expected": expected,
        "--expected-json": expected_json,
        "--tag": tag,
        "--group": group,
        "--id": id_column,
        "--system": system,
        "--meta": meta,
        "--append": append,
        "--split": split,
        "--file": file,
    }
    of_tasks = {
        "--tasks": tasks,
        "--chat": chat,
        "--examples": examples is not None,
        "--metric": metric,
        "--python": python,
    }
    if from_rag:
        beside = {**of_rows, **of_tasks, "--lm-eval": lm_eval, "--take": take is not None}
        del beside["--append"]
        _of_logs(from_rag, to, next((name for name, value in beside.items() if value), ""), append, as_json=as_json)
        return
    if lm_eval:
        if given := next((name for name, value in of_rows.items() if value), ""):
            raise InputError(
                f"{given} is for rows of yours; a task of --lm-eval says itself what is asked and expected"
            )
        names = tuple(filter(None, map(str.strip, lm_eval.split(","))))
        wanted = Wanted(names=names, folder=str(tasks.absolute()) if tasks else "", chat=chat, examples=examples)
        suites = _suites_of(wanted, take, tuple(metric or ()), python or sys.executable)
        _write(suites, to or SUITES_FOLDER, as_json=as_json)
        return
    if given := next((name for name, value in of_tasks.items() if value), ""):
        raise InputError(f"{given} is for --lm-eval TASKS; without it, cases are made of rows")
    if not source or to is None or not column:
        missing = "FROM" if not source else "--to FILE" if to is None else "--input COLUMN"
        raise InputError(f"{missing} is missing: harness cases new FROM --to FILE --input COLUMN, or --lm-eval TASKS")
    pairs = [column_of_expected(one) for one in expected or ()]
    fields = dict(pairs)
    if len(fields) < len(pairs) or ("" in fields and len(fields) > 1):
        raise InputError(
            "--expected is one COLUMN, or NAME=COLUMN for each field of the expected answer, each NAME once"
        )
    columns = CaseColumns(
        input=column,
        expected=fields,
        parses_expected=expected_json,
        tags=tuple(tag or ()),
        meta=tuple(meta or ()),
        group=group,
        id=id_column,
        system=system,
    )
    built = build_cases(_taken(_rows(source, split, file), take), columns)
    if append:
        refuse_sealed(to, "write the new cases into a suite of their own")
    added = append_cases(to, built.cases, built.places) if append else write_new(to, built.cases)
    if as_json:
        print_json({"file": str(to), "rows": built.rows, "repeated": built.repeated, "cases": added})
    else:
        echo_lines(_told(to, built, added))


def _of_logs(logs: list[Path], to: Path | None, given: str, append: bool, *, as_json: bool) -> None:
    """Write the cases of logs with passages."""
    from harness.cases.file import append_cases, write_new
    from harness.config.read import log_mapping
    from harness.data.seal import refuse_sealed
    from harness.feedback.from_rag import cases_of_logs
    from harness.logs.reading import read_logged
    from harness.text.figures import count

    if given or to is None:
        told = f"{given} is not for logs" if given else "--to FILE is missing"
        raise InputError(f"{told}: harness cases new --from-rag LOG --to FILE [--append]")
    made = cases_of_logs(read_logged(logs, log_mapping(None)))
    if not made.cases:
        raise InputError(
            f"none of {count(made.read, 'request')} has passages that a retriever found; name where they are in "
            '[logs.mapping] of harness.toml, context = "PATH" (docs/logs.md)'
        )
    if append:
        refuse_sealed(to, "write the new cases into a suite of their own")
    added = append_cases(to, made.cases, made.places) if append else write_new(to, made.cases)
    if as_json:
        counts = {"read": made.read, "repeated": made.repeated, "without": made.without}
        print_json({"file": str(to), **counts, "problems": list(made.problems), "cases": added})
        return
    lines = [f"{to}: {count(len(added.added), 'case')} written, from {count(made.read, 'request')}"]
    if made.repeated:
        lines.append(f"{count(made.repeated, 'request')} left out: an earlier one asks the same of the same passages")
    if made.without:
        lines.append(f"{count(made.without, 'request')} left out: no passages, or no question at the end")
    lines.append(f"{count(sum(case.expected is not None for case in made.cases), 'case')} with an answer of a person's")
    if made.in_messages:
        lines.append(
            f"{count(made.in_messages, 'case')} with the passages in the messages already: use no prompt= there"
        )
    if made.with_system:
        lines.append(f"{count(made.with_system, 'case')} with a system message of their own: use no system= there")
    lines += [*made.problems[:NAMED], *([f"and {len(made.problems) - NAMED} more"] if made.problems[NAMED:] else [])]
    echo_lines([*lines, f"Next: harness cases edit {to}, to say what is expected (docs/documents.md)"])


def _rows(source: str, split: str, file: str) -> "tuple[TableRow, ...]":
    from harness.data.hub_rows import PREFIX, HubPart, read_hub_table
    from harness.data.table import read_table

    if source.startswith(PREFIX):
        return read_hub_table(source, HubPart(split=split, file=file))
    if split or file:
        raise InputError(f"--split and --file say which part of a data set is read; name one as {PREFIX}org/name")
    return read_table(Path(source))


def _taken(rows: "tuple[TableRow, ...]", number: int | None) -> "tuple[TableRow, ...]":
    from harness.data.table import spread

    return rows if number is None else spread(rows, number)


def _told(path: Path, built: "Built", added: "Added") -> list[str]:
    """Return what became of the rows; nothing that was left out goes without a line."""
    from harness.text.figures import count

    lines = [f"{path}: {count(len(added.added), 'case')} written, from {count(built.rows, 'row')}"]
    if built.repeated:
        lines.append(f"{count(built.repeated, 'row')} left out: an earlier one asks and expects the same")
    if built.answers:
        lines.append(f"{count(built.answers, 'conversation')} ended with an assistant's message, which is not asked")
    if added.same:
        lines.append(f"{count(len(added.same), 'case')} there already")
    if added.kept:
        ids = ", ".join(added.kept[:NAMED]) + ", ..." * (len(added.kept) > NAMED)
        lines.append(
            f"{count(len(added.kept), 'case')} kept as in the file: the same question, with another expected "
            f"answer, tags, group or meta: {ids}"
        )
    has_tests = any(path.parent.glob("test_*.py"))
    lines.append(f"Next: harness cases check {path.parent if has_tests else path}")
    return lines


def _suites_of(wanted: "Wanted", take: int | None, metrics: tuple[str, ...], python: str) -> "tuple[TaskSuite, ...]":
    from msgspec.structs import replace

    from harness.cases.lm_eval.task import read_tasks
    from harness.cases.lm_eval.written import suite_of_task
    from harness.data.table import spread

    if wanted.folder and not Path(wanted.folder).is_dir():
        raise InputError(f"{wanted.folder}: no such folder; --tasks takes one with tasks of lm-evaluation-harness")
    tasks = read_tasks(wanted, python)
    if take is not None:
        tasks = tuple(replace(task, documents=spread(task.documents, take)) for task in tasks)
    suites = tuple(suite_of_task(task, metrics) for task in tasks)
    have = {name for one in suites for measure in one.measures for name in (measure, measure.partition(",")[0])}
    if strange := next((name for name in metrics if name not in have), ""):
        raise InputError(f"--metric {strange}: no task has it; they have {', '.join(sorted(have))}")
    return suites


def _write(suites: "tuple[TaskSuite, ...]", folder: Path, *, as_json: bool) -> None:
    from harness.cases.lm_eval.written import write_suites
    from harness.text.figures import count

    write_suites(folder, suites)
    if as_json:
        print_json(
            [
                {"folder": str(folder / one.name), "task": one.task, "cases": len(one.cases), "metrics": one.measures}
                for one in suites
            ]
        )
        return
    for one in suites:
        tests = ", ".join(name.replace(",", " behind ") for name in one.measures)
        echo_lines([f"{folder / one.name}: {count(len(one.cases), 'case')} of {one.task}; scored by {tests}"])
    echo_lines([f"Next: pytest {folder} --candidate base"])


def echo_lines(lines: Iterable[str]) -> None:
    """Print lines that can contain text from a file."""
    from harness.text.visible import for_terminal

    for line in lines:
        typer.echo(for_terminal(line, LONGEST))
