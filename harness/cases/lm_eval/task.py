"""What lm-evaluation-harness says of tasks: records, and the process in which it reads them."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import DataError, InputError
from harness.records.messages import Message
from harness.records.record import Json, Record
from harness.text.visible import for_terminal

TRIED = "0.4.13"
"""The version of the tool with which this is tested."""
HOW_TO_INSTALL = f"pip install 'lm-eval[ifeval]=={TRIED}'"
LONGEST = 400
QUIET = {"LMEVAL_LOG_LEVEL": "ERROR", "PYTHONIOENCODING": "utf-8"}


class Wanted(Record, frozen=True, kw_only=True):
    """Which tasks are read, and how they are asked; ``folder`` has more tasks than those that the tool ships."""

    names: tuple[str, ...]
    folder: str = ""
    chat: bool = False
    examples: int | None = None
    """Answered questions before each; None leaves it to the task."""


class Chat(Record, frozen=True, kw_only=True):
    """A prompt in messages; ``is_begun`` if the last one is the start of the answer."""

    messages: tuple[Message, ...]
    is_begun: bool


class Document(Record, frozen=True, kw_only=True):
    """A question of a task; which of the fields after ``prompt`` are filled depends on how it is scored."""

    doc_id: int
    doc_hash: str
    prompt: str | Chat
    targets: tuple[Json, ...] = ()
    options: tuple[str, ...] = ()
    """What comes after the prompt: the delimiter, and the choice in the same place of ``choices``."""
    choices: tuple[str, ...] = ()
    right: tuple[int, ...] = ()
    instruction_id_list: Json = None
    kwargs: Json = None


class FilterList(Record, frozen=True, kw_only=True):
    """Filters one after the other, under their name."""

    name: str
    steps: tuple[dict[str, Json], ...]


class Metric(Record, frozen=True, kw_only=True):
    """A metric with its options; ``own`` if the task brings its code."""

    name: str
    options: dict[str, Json]
    own: bool = False


class Task(Record, frozen=True, kw_only=True):
    """A task; ``special`` says why it can't be read as others are, ``own_scoring`` where it computes its scores."""

    name: str
    version: str
    tool: str
    output_type: str
    examples: int
    repeats: int
    generation: dict[str, Json]
    filters: tuple[FilterList, ...]
    metrics: tuple[Metric, ...]
    own_scoring: str
    special: str
    documents: tuple[Document, ...]


class Told(Record, frozen=True, kw_only=True):
    """What the process wrote: tasks, or why there are none."""

    tasks: tuple[Task, ...] = ()
    missing: str = ""
    problem: str = ""


def read_tasks(wanted: Wanted, python: str = sys.executable) -> tuple[Task, ...]:
    """Return the tasks, read in a process of ``python``, in whose environment lm-evaluation-harness is installed.

    Raises:
        InputError: it isn't installed there, or ``python`` can't be started.
        DataError: the tool can't read a task.
    """
    script = Path(__file__).with_name("reader.py")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "tasks.json"
        said = _run([python, str(script), str(out)], msgspec.json.encode(wanted).decode(), python)
        if not out.exists():
            last = next((line for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
            raise DataError(f"{python} stopped while reading tasks: {for_terminal(last, LONGEST)}")
        return tasks_in(out.read_bytes(), python)


def tasks_in(content: bytes, python: str) -> tuple[Task, ...]:
    """Return the tasks that the process wrote.

    Raises:
        InputError: the tool, or a package that a task needs, isn't installed in the environment of ``python``.
        DataError: the tool can't read a task, or says something of it that is not known.
    """
    try:
        told = msgspec.json.decode(content, type=Told)
    except msgspec.DecodeError as problem:
        raise DataError(f"what lm-evaluation-harness says of the tasks is not known: {problem}") from problem
    if told.missing == "lm_eval":
        raise InputError(
            f"lm-evaluation-harness is not installed for {python}; {HOW_TO_INSTALL}, or name the Python of another "
            "environment that has it with --python"
        )
    if told.missing:
        raise InputError(f"a task needs the package {told.missing}, which is not installed for {python}")
    if told.problem:
        raise DataError(f"lm-evaluation-harness can't read the tasks: {for_terminal(told.problem, LONGEST)}")
    return told.tasks


def _run(command: Sequence[str], said: str, python: str) -> str:
    environment: Mapping[str, str] = {**os.environ, **QUIET}
    try:
        done = subprocess.run(
            command, input=said, capture_output=True, check=False, env=environment, encoding="utf-8", errors="replace"
        )
    except OSError as problem:
        raise InputError(f"{python}: can't be started: {problem.strerror}; --python takes a Python") from problem
    return done.stderr


def text_of(value: Json) -> str:
    """Return a value as short text for a message."""
    return for_terminal(json.dumps(value, ensure_ascii=False), LONGEST)
