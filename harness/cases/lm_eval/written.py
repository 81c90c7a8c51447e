"""The suite of a task: its case file, and the test that asks and scores as lm-evaluation-harness does."""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.asking.cases import case_line
from harness.cases.lm_eval.mapping import CHOICE_TYPE, Measure, cases_of, imports_of, measures_of, sampling_of
from harness.cases.lm_eval.task import Task
from harness.errors import DataError, InputError
from harness.records.asked import Case
from harness.records.record import Json, Record
from harness.text.figures import count
from harness.text.unwritten import unwritten

WIDTH = 100
PLAIN = re.compile(r"[\w.+-]+", re.ASCII)
HEAD = '''"""{title}

`harness cases new --lm-eval {task}` wrote this and cases.jsonl: the same prompts, and of each answer the same score.
{notes}"""

from pathlib import Path

import pytest

from harness.scorers import {imports}

HERE = Path(__file__).parent
{scorers}
pytestmark = pytest.mark.suite({mark})
'''
TEST = """

def test_{name}(evaluate, gate):
    gate(evaluate({scorer}), max_drop=0.05)
"""
IFEVAL = """The scores of 534 in 540 published answers are IFEval's own; docs/instructions.md names the six others. The
mean of inst_level is one over answers here, and one over all their instructions there.
"""


class TaskSuite(Record, frozen=True, kw_only=True):
    """A task as a suite: the folder's name, its files, and what it measures."""

    name: str
    cases: tuple[Case, ...]
    test: str
    measures: tuple[str, ...]
    task: str
    """Name, version, and by which version of lm-evaluation-harness it was read."""

    @property
    def files(self) -> dict[str, bytes]:
        """The files by name."""
        lines = b"".join(case_line(case) + b"\n" for case in self.cases)
        return {"cases.jsonl": lines, f"test_{self.name}.py": self.test.encode()}


def suite_of_task(task: Task, only: Sequence[str] = ()) -> TaskSuite:
    """Return a task as a suite, with all its metrics or those that ``only`` names.

    Raises:
        DataError: it can't become one; the text says why.
    """
    if not PLAIN.fullmatch(task.name):
        raise DataError(f"task {task.name!r}: a name of letters, digits, hyphens, dots and underscores is expected")
    measures = measures_of(task, only)
    cases = cases_of(task, measures)
    name = _identifier(task.name)
    return TaskSuite(
        name=name, cases=cases, test=_test(task, measures), measures=tuple(one.name for one in measures),
        task=_title(task),
    )  # fmt: skip


def write_suites(folder: Path, suites: Sequence[TaskSuite]) -> None:
    """Write each suite into a folder of its own.

    Raises:
        InputError: a file is there already, then nothing is written; or it can't be written.
    """
    files = {folder / one.name / name: content for one in suites for name, content in one.files.items()}
    if there := next((path for path in files if path.exists()), None):
        raise InputError(f"{there}: is there already, and nothing is overwritten; name another folder with --to")
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        except OSError as problem:
            raise InputError(f"{path}: can't be written: {unwritten(problem)}") from problem


def _title(task: Task) -> str:
    version = "".join(PLAIN.findall(task.version))
    return f"{task.name}, version {version}, read with lm-evaluation-harness {task.tool}"


def _test(task: Task, measures: Sequence[Measure]) -> str:
    names = [_identifier(one.name) for one in measures]
    pairs = list(zip(names, measures, strict=True))
    examples = f" {count(task.examples, 'example')} before each question." if task.examples else ""
    head = HEAD.format(
        title=f"{_title(task)}: {count(len(task.documents), 'document')}.{examples}",
        task=task.name,
        notes=IFEVAL if task.own_scoring else "",
        imports=", ".join(imports_of(measures)),
        scorers="\n".join(_assigned(name.upper(), repr(one.scorer)) for name, one in pairs),
        mark=_mark(task),
    )
    return head + "".join(TEST.format(name=name, scorer=name.upper()) for name in names)


def _mark(task: Task) -> str:
    said: Mapping[str, Json] = {"continuations": "options"} if task.output_type == CHOICE_TYPE else sampling_of(task)
    raw: Mapping[str, Json] = {"prompt_format": "raw"} if isinstance(task.documents[0].prompt, str) else {}
    return ", ".join(['HERE / "cases.jsonl"', *(f"{name}={value!r}" for name, value in {**raw, **said}.items())])


def _assigned(name: str, call: str) -> str:
    """Return an assignment, with a line for each argument where one line is too short."""
    line = f"{name} = {call}"
    if len(line) <= WIDTH:
        return line
    made = ast.parse(call, mode="eval").body
    if not isinstance(made, ast.Call):
        return line
    arguments = [ast.unparse(one) for one in (*made.args, *made.keywords)]
    return "\n".join([f"{name} = {ast.unparse(made.func)}(", *(f"    {one}," for one in arguments), ")"])


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name, flags=re.ASCII).lower()
