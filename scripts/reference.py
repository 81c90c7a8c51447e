"""The reference of the site, in Markdown, from docstrings and from the commands' own help."""

import inspect
import re
import types
from collections.abc import Iterator

import msgspec
import typer

import harness
from harness import scorers, stats
from harness.cli.main import app
from harness.gating import fixtures
from harness.stats import judges

HEADINGS = {"Args:": "Arguments", "Raises:": "Raises", "Returns:": "Returns"}
MODULE = re.compile(r"\b(?:harness|collections|typing)\.(?:\w+\.)*(?=\w)|<function | at 0x[0-9a-f]+>")
"""What is before the name of a type or a function in a signature, and behind it: the name alone is what people read."""

LONGEST_LINE = 90


def reference_pages() -> dict[str, str]:
    """Return the text of each page of the reference, by its file's name."""
    return {
        "scorers.md": of_module("Scorers", "harness.scorers", scorers),
        "stats.md": of_module("Statistics", "harness.stats", stats),
        "judge-stats.md": of_module("Statistics of judges", "harness.stats.judges", judges),
        "records.md": of_module("Records", "harness", harness),
        "fixtures.md": of_fixtures(),
        "commands.md": of_commands(),
    }


def of_module(title: str, name: str, module: types.ModuleType) -> str:
    """Return a page with every name that a module exports."""
    lines = [f"# {title}", "", f"`from {name} import ...`", "", in_markdown(inspect.getdoc(module) or ""), ""]
    for each in sorted(module.__all__, key=str.lower):
        lines += entry(each, getattr(module, each))
    return "\n".join(lines)


def entry(name: str, what: object) -> Iterator[str]:
    """Yield the lines of one exported name."""
    yield from [f"## {name}", ""]
    if called := signature_of(what):
        yield from ["```python", f"{name}{called}", "```", ""]
    yield from [in_markdown(inspect.getdoc(what) or ""), ""]


def signature_of(what: object) -> str:
    """Return how a function or a class is called, one argument a line where it is long; nothing where it isn't."""
    if isinstance(what, type) and issubclass(what, msgspec.Struct):
        return f"({', '.join(fields_of(what))})"
    try:
        found = inspect.signature(what)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    short = MODULE.sub("", str(found))
    if len(short) <= LONGEST_LINE:
        return short
    arguments = [MODULE.sub("", str(one)) for one in found.parameters.values()]
    returns = short.rpartition(") -> ")[2] if ") -> " in short else ""
    return "".join(["(\n", *(f"    {one},\n" for one in arguments), ")", f" -> {returns}" if returns else ""])


def fields_of(record: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the fields of a record, with what each is when it isn't given."""
    names, defaults = record.__struct_fields__, record.__struct_defaults__
    given = [msgspec.NODEFAULT] * (len(names) - len(defaults)) + list(defaults)
    for name, default in zip(names, given, strict=True):
        is_plain = default is None or isinstance(default, (str, int, float, tuple))
        yield name if default is msgspec.NODEFAULT else f"{name}={default!r}" if is_plain else f"{name}=..."


def of_fixtures() -> str:
    """Return a page with the fixtures of a suite's tests."""
    lines = ["# Fixtures", "", "What a test of a suite can ask for. `pytest --fixtures` prints the same.", ""]
    for name in ("evaluate", "gate", "prefer", "judge", "case", "answer"):
        lines += [f"## {name}", "", in_markdown(inspect.getdoc(getattr(fixtures, name)) or ""), ""]
    return "\n".join(lines)


def of_commands() -> str:
    """Return a page with every command and its options."""
    lines = ["# Commands", "", "`harness COMMAND --help` prints the same.", ""]
    lines += commands_of(typer.main.get_command(app), "harness")
    return "\n".join(lines)


def commands_of(command: object, name: str) -> Iterator[str]:
    """Yield the lines of one command, or of those in a group."""
    for each, inner in getattr(command, "commands", {}).items():
        yield from commands_of(inner, f"{name} {each}")
    if hasattr(command, "commands"):
        return
    yield from [f"## {name}", "", in_markdown(inspect.cleandoc(command.help or "")), ""]  # type: ignore[attr-defined]
    options = [
        f"| {cell(', '.join(f'`{word}`' for word in words_of(one)))} | {cell(getattr(one, 'help', None) or '')} |"
        for one in command.params  # type: ignore[attr-defined]
        if "--help" not in one.opts
    ]
    if options:
        yield from ["| takes | |", "| --- | --- |", *options, ""]


def words_of(parameter: object) -> list[str]:
    """Return how an option or an argument is written."""
    if parameter.param_type_name == "argument":  # type: ignore[attr-defined]
        return [parameter.metavar or parameter.name.upper()]  # type: ignore[attr-defined]
    return [*parameter.opts, *parameter.secondary_opts]  # type: ignore[attr-defined]


def cell(text: str) -> str:
    """Return a text for one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def in_markdown(doc: str) -> str:
    """Return a docstring in Markdown: examples and indented lists as code, its sections as bold lines."""
    lines, code = [], False
    for line in doc.splitlines():
        is_code = line.startswith((">>>", "...")) or (code and bool(line.strip()) and not line.startswith("    - "))
        is_code = is_code or (line.startswith("    ") and not in_section(lines))
        if is_code != code:
            lines += ["```"] if code else ["", "```python" if line.startswith(">>>") else "```text"]
            code = is_code
        if line in HEADINGS:
            lines += ["", f"**{HEADINGS[line]}**", ""]
        elif code:
            lines.append(line.removeprefix("    "))
        elif line.startswith("    "):
            lines.append(f"- {escaped(line.strip())}" if re.match(r"    \S+:", line) else f"  {escaped(line.strip())}")
        else:
            lines.append(escaped(line))
    return "\n".join([*lines, "```"] if code else lines)


def in_section(lines: list[str]) -> bool:
    """Tell whether the last line that begins at the margin is a section's, whose lines are indented."""
    at_margin = [line for line in lines if line and not line.startswith((" ", "- "))]
    return bool(at_margin) and at_margin[-1].strip("*") in HEADINGS.values()


def escaped(line: str) -> str:
    """Return a line in which nothing outside of backticks is taken for Markdown or HTML."""
    pieces = re.split(r"(`+[^`]*`+)", line)
    return "".join(
        piece
        if piece.startswith("`")
        else re.sub(r"([*_<>\[\]])", r"\\\1", piece)
        if not piece.startswith("- ")
        else piece
        for piece in pieces
    )
