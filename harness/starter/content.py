"""What of a suite follows from somebody's own cases: case file, system message, labels, fields, schema, tools."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import case_line
from harness.asking.tools import load_tools
from harness.errors import DataError
from harness.records.asked import Case
from harness.records.record import Json, Record
from harness.scorers import bare_label, predicts_label
from harness.scorers.calling.expected import BadExpected, wanted_of
from harness.starter.choices import Task
from harness.starter.imported import Imported, labels_of

SHIPPED_LABELS = 'LABELS = ("billing", "bug", "account", "feature")'
SHIPPED_FIELDS = 'FIELDS = ("customer", "product", "quantity", "urgent")'
WIDTH = 100
TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),  # before int, of which it is one
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)


class Content(Record, frozen=True, kw_only=True):
    """Files of the suite by name, and which lines of its shipped test are replaced by which."""

    files: dict[str, str]
    lines: dict[str, str] = msgspec.field(default_factory=dict)


def own_content(task: Task, imported: Imported, tools: Path | None) -> Content:
    """Return what follows from the cases; ``tools`` is the file with the functions, for tool calls.

    Raises:
        DataError: labels or calls don't fit, or no key is in all expected objects.
        CaseFileError: ``tools`` is wrong.
        ScorerError: two labels can't be told apart.
    """
    if tools is not None and task != "tool-calls":
        raise DataError(f"--tools is for --task tool-calls, not for {task}")
    content = MAKERS[task](imported, tools)
    return msgspec.structs.replace(content, files={"cases.jsonl": _lines(imported.cases), **content.files})


def _labels(imported: Imported, _tools: Path | None) -> Content:
    labels = labels_of(imported.expected)
    predicts_label(labels, read=bare_label)
    asked = f"Sort the text under one of these labels: {', '.join(labels)}. Answer with the label alone.\n"
    return Content(files={"system.txt": asked}, lines={SHIPPED_LABELS: _python("LABELS", labels)})


def _json(imported: Imported, _tools: Path | None) -> Content:
    objects = [value for value in imported.expected if isinstance(value, dict)]
    keys = list(dict.fromkeys(key for value in objects for key in value))
    always = [key for key in keys if all(key in value for value in objects)]
    if not always:
        raise DataError(
            f"no key is in all expected objects, so no value can be gated; their keys are {', '.join(keys)}"
        )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {key: {"type": _types([value[key] for value in objects if key in value])} for key in keys},
        "required": always,
        "additionalProperties": False,
    }
    asked = f"Read the text and answer with one JSON object and nothing else. Its keys: {', '.join(keys)}.\n"
    files = {"system.txt": asked, "reply.schema.json": json.dumps(schema, ensure_ascii=False, indent=2) + "\n"}
    return Content(files=files, lines={SHIPPED_FIELDS: _python("FIELDS", always)})


def _text(_imported: Imported, _tools: Path | None) -> Content:
    return Content(files={"system.txt": "Answer as the examples of your training do.\n"})


def _tool_calls(imported: Imported, tools: Path | None) -> Content:
    if tools is None:
        raise DataError(
            "calls need the functions that can be called; add --tools FILE, a JSON list as docs/tools.md has it"
        )
    functions = load_tools(tools)
    known = {str(one["function"]["name"]) for one in functions if isinstance(one["function"], dict)}
    for case in imported.cases:
        try:
            wanted = {call.name for way in wanted_of(case.expected) for call in way}
        except BadExpected as problem:
            raise DataError(f"case {case.id}: the expected answer is wrong: {problem}") from None
        if strange := sorted(wanted - known):
            raise DataError(f"case {case.id} expects a call of {strange[0]!r}; {tools} has {', '.join(sorted(known))}")
    asked = "Call a function where one answers the question; otherwise answer in words.\n"
    return Content(
        files={"system.txt": asked, "tools.json": json.dumps(functions, ensure_ascii=False, indent=2) + "\n"}
    )


def _documents(_imported: Imported, _tools: Path | None) -> Content:
    return Content(files={})


MAKERS: dict[Task, Callable[[Imported, Path | None], Content]] = {
    "labels": _labels,
    "json": _json,
    "text": _text,
    "tool-calls": _tool_calls,
    "documents": _documents,
}
"""How each task makes its content."""


def _types(values: Sequence[Json]) -> str | list[str]:
    """Return the types of JSON schema that the values have; a whole number beside others is a number."""
    found = {next(name for kind, name in TYPES if isinstance(value, kind)) for value in values}
    if "number" in found:
        found.discard("integer")
    return sorted(found) if len(found) > 1 else found.pop()


def _python(name: str, texts: Sequence[str]) -> str:
    """Return a tuple of texts as Python, on one line where it fits."""
    written = [json.dumps(text, ensure_ascii=False) for text in texts]
    line = f"{name} = ({', '.join(written)}{',' if len(written) == 1 else ''})"
    return line if len(line) <= WIDTH else "\n    ".join([f"{name} = (", *(f"{one}," for one in written)]) + "\n)"


def _lines(cases: Sequence[Case]) -> str:
    """Return cases as a case file."""
    return b"".join(case_line(case) + b"\n" for case in cases).decode()
