"""The functions that a model can call, checked before any model is asked: by the rules of OpenAI's API."""

import difflib
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import CaseFileError, InputError
from harness.records.messages import Tools
from harness.records.record import Json
from harness.scorers.reading.json_values import NotJson, parse_json
from harness.scorers.schemas.checking import checked
from harness.scorers.schemas.rules import rules_of
from harness.text.regular import read_regular_text
from harness.text.visible import for_terminal, quoted

CHOICES = ("auto", "none", "required")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
OUTER, INNER = ("type", "function"), ("name", "description", "parameters", "strict")
NAMING = '{"type": "function", "function": {"name": "..."}}'
_SAMPLE = '{"type": "function", "function": {"name": "...", "description": "...", "parameters": {...}}}'


def load_tools(path: Path) -> tuple[dict[str, Json], ...]:
    """Return the functions in a file that holds a JSON list of them.

    Raises:
        CaseFileError: the file can't be read, or a function is not as the API wants it.
    """
    try:
        value = parse_json(read_regular_text(path))
    except FileNotFoundError:
        raise CaseFileError(f"{path}: no such file") from None
    except OSError as problem:
        raise CaseFileError(f"{path}: can't be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise CaseFileError(f"{path}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem
    except NotJson as problem:
        raise CaseFileError(f"{path}: not JSON: {problem}") from problem
    if not isinstance(value, list) or not value:
        raise CaseFileError(f"{path}: expected a JSON list of tools, each {_SAMPLE}")
    if wrong := problem_in(value):
        raise CaseFileError(f"{path}: {wrong}")
    return tuple(value)


def checked_choice(choice: object, place: str) -> str | dict[str, Json] | None:
    """Return what a suite's mark gives as ``tool_choice``.

    Raises:
        InputError: it is neither a word of the API nor an object that names a function.
    """
    if choice is None or choice in CHOICES or _named(choice):
        return choice  # type: ignore[return-value]
    raise InputError(f"{place}: tool_choice is {', '.join(map(repr, CHOICES))} or {NAMING}, got {choice!r:.80}")


def problem_of(tools: Tools) -> str | None:
    """Say why what a case has for tools can't be sent: they are wrong, or the choice doesn't fit them."""
    if problem := problem_in(tools.functions):
        return problem
    choice = tools.choice
    if choice is None:
        return None
    if choice not in CHOICES and not _named(choice):
        return f"tool_choice is {', '.join(map(repr, CHOICES))} or {NAMING}, got {quoted(choice)}"
    if not tools.functions:
        return "tool_choice is set, but there are no tools"
    known = [str(_inside(tool).get("name")) for tool in tools.functions]
    name = _named(choice)
    if name and name not in known:
        return f"tool_choice names {quoted(name)}, which is not one of the tools: {', '.join(known)}"
    return None


def problem_in(tools: Iterable[object]) -> str | None:
    """Say what is wrong with a list of tools, with the place; None when nothing is."""
    seen: dict[str, int] = {}
    for number, tool in enumerate(tools, start=1):
        try:
            written = json.dumps(tool, sort_keys=True)
        except (TypeError, ValueError, RecursionError) as problem:
            return f"tool {number} is not JSON: {problem}"
        if wrong := _problem_of(written):
            return f"tool {number}: {wrong}"
        name = str(_inside(tool)["name"])
        if name in seen:
            return f"tool {number}: the name {quoted(name)} is already that of tool {seen[name]}; names must be unique"
        seen[name] = number
    return None


@functools.lru_cache(maxsize=4096)
def _problem_of(written: str) -> str | None:
    """Say what is wrong with one tool, given as JSON: many cases have the same."""
    return next(_problems_of(json.loads(written)), None)


def _problems_of(tool: object) -> Iterator[str]:
    if not isinstance(tool, dict):
        yield f"expected an object like {_SAMPLE}, got {quoted(tool)}"  # type: ignore[arg-type]
        return
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, dict):
        hint = "; put its keys into `function`" if "name" in tool else ""
        yield f'expected "type": "function" and an object `function`, as in {_SAMPLE}{hint}'
        return
    for keys, known, where in ((tool, OUTER, ""), (function, INNER, " in `function`")):
        if unknown := _unknown(keys, known):
            yield f"unknown key{where}: {unknown}"
    name = function.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield f"function.name must be 1 to 64 letters, digits, _ or -, got {quoted(name)}"
    if not isinstance(function.get("description", ""), str):
        yield f"function.description must be a text, got {quoted(function['description'])}"
    if not isinstance(function.get("strict", False), bool):
        yield f"function.strict must be true or false, got {quoted(function['strict'])}"
    if "parameters" in function and (problem := _wrong_parameters(function["parameters"])):
        yield problem


def _wrong_parameters(parameters: Json) -> str | None:
    if not isinstance(parameters, dict):
        return f"function.parameters must be a JSON schema, an object, got {quoted(parameters)}"
    if parameters.get("type", "object") != "object":
        return f'function.parameters must have "type": "object", got {quoted(parameters["type"])}'
    try:
        checked(rules_of(parameters, {}, formats=False))
    except (ValueError, RecursionError) as problem:
        return f"function.parameters is not a usable JSON schema: {for_terminal(str(problem), 400)}"
    return None


def _unknown(keys: Mapping[str, object], known: Sequence[str]) -> str:
    found = next((key for key in keys if key not in known), None)
    if found is None:
        return ""
    near = difflib.get_close_matches(found, known, n=1)
    return f"{quoted(found)}; " + (f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}")


def _named(choice: object) -> str:
    """Return the function that a choice names; empty for what names none."""
    inner = _inside(choice) if isinstance(choice, dict) and choice.get("type") == "function" else {}
    name = inner.get("name") if len(inner) == 1 else None
    return name if isinstance(name, str) and isinstance(choice, dict) and len(choice) == 2 else ""


def _inside(tool: object) -> Mapping[str, object]:
    inner = tool.get("function") if isinstance(tool, dict) else None
    return inner if isinstance(inner, dict) else {}
