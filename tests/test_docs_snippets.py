"""Snippets of the docs are what they say: Python that imports what is there, TOML, JSON, commands that exist."""

import ast
import importlib
import json
import re
import tomllib
from collections.abc import Iterator

import pytest
import typer

from harness.cli.main import app
from tests.test_docs import PAGES, ROOT

FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|&& )harness ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)


def snippets(language: str) -> list:
    """Return each snippet in a language, with the page and the number of its first line as its name."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in FENCED.finditer(text):
            if match[2] == language:
                place = f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 2}"
                indent = match[1]
                code = "".join(line.removeprefix(indent) for line in match[3].splitlines(keepends=True))
                found.append(pytest.param(code, id=place))
    return found


@pytest.mark.parametrize("code", snippets("python"))
def test_python_compiles_and_imports_what_is_there(code):
    """Names that are imported from the harness exist."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "harness":
            module = importlib.import_module(node.module)
            assert [one.name for one in node.names if not hasattr(module, one.name)] == []


@pytest.mark.parametrize("code", snippets("toml"))
def test_toml_is_toml(code):
    """As the harness reads it."""
    assert tomllib.loads(code)


@pytest.mark.parametrize("code", snippets("json"))
def test_json_is_json(code):
    """One value, or one a line."""
    try:
        json.loads(code)
    except ValueError:
        assert [json.loads(line) for line in code.splitlines()]


def commands(group: object, name: str = "") -> Iterator[str]:
    """Yield the name of every command."""
    for each, inner in getattr(group, "commands", {}).items():
        yield f"{name}{each}"
        yield from commands(inner, f"{name}{each} ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_named_are_there(page):
    """Also those inside of sentences, between backticks."""
    known = set(commands(typer.main.get_command(app)))
    groups = {name.partition(" ")[0] for name in known if " " in name}

    text = page.read_text()
    code = [match[3] for match in FENCED.finditer(text)] + INLINE.findall(FENCED.sub("", text))
    named = [found for one in code for found in COMMAND.findall(one)]
    names = {f"{first} {second}" if first in groups and second else first for first, second in named}

    assert names - known == set()
