"""The tree of errors: a section of docs/errors.md for each class, and its address wherever one of them is printed."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from harness import errors
from harness.cases.file import ChangedMeanwhile
from harness.text.catalogue import Section, read_catalogue

HARNESS = Path(errors.__file__).parent
TREE = tuple(name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, BaseException))
OUTCOMES = {"GateFailed", "GateInconclusive"}
"""Their texts are verdicts, which verdicts/ words."""
FEWEST = 15
"""Characters of a message that are the same whatever the place and the values."""
SECTION = re.compile(
    r"(?P<meaning>.+?)\n\n```\n(?P<messages>.+?)```\n\n\*\*Usual causes:\*\*\n\n(?P<causes>(- .+?)+)\n\n"
    r"\*\*What to do:\*\* (?P<remedy>[^*]+\.)",
    re.DOTALL,
)


def test_each_class_has_a_section_and_each_section_a_class():
    """In the order of the tree."""
    assert tuple(one.name for one in read_catalogue()) == TREE


@pytest.mark.parametrize("section", read_catalogue(), ids=lambda one: one.name)
def test_each_section_says_what_it_means_what_causes_it_and_what_to_do(section):
    """In this order, with messages as they are printed; no two sections say the same."""
    said = SECTION.fullmatch(section.text)

    assert said
    assert min(len(said[part].split()) for part in ("meaning", "messages", "causes", "remedy")) > 5
    assert [one.name for one in read_catalogue() if said["remedy"] in one.text] == [section.name]


def messages_of(section: Section) -> list[str]:
    """Return the messages that a section shows; a line that is indented belongs to the one above."""
    said = SECTION.fullmatch(section.text)
    return re.split(r"\n(?! )", said["messages"].rstrip("\n")) if said else [""]


@pytest.mark.parametrize(
    ("name", "message"), [(one.name, told) for one in read_catalogue() for told in messages_of(one)]
)
def test_messages_that_are_shown_are_those_of_the_code(name, message):
    """Word for word, but for places and values: some line makes an error of this class with them."""
    texts = [text for text in wordings()[name] if len(text.replace(".*", "")) >= FEWEST]

    assert any(re.fullmatch(text, message, re.DOTALL) for text in texts)


@cache
def parsed() -> dict[Path, ast.Module]:
    """Return every module of the harness, read once."""
    return {path: ast.parse(path.read_text()) for path in sorted(HARNESS.rglob("*.py"))}


@cache
def wordings() -> dict[str, list[str]]:
    """Return patterns for the texts with which each class is made; for outcomes, for those of verdicts/."""
    found = defaultdict(list)
    for path, tree in parsed().items():
        helpers = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
        if "verdicts" in path.parts:
            for name in OUTCOMES:
                found[name] += texts_in(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TREE and node.args:
                text = node.args[0]
                found[node.func.id].append(pattern_of(text))
                if isinstance(text, ast.Call) and isinstance(text.func, ast.Name) and text.func.id in helpers:
                    found[node.func.id] += [f"{one}.*" for one in texts_in(helpers[text.func.id])]
    return found


def texts_in(tree: ast.AST) -> list[str]:
    """Return a pattern for each text with values in it."""
    return [pattern_of(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]


def pattern_of(node: ast.expr) -> str:
    """Return a pattern for the text that an expression makes: its words as they are, anything for its values."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(pattern_of(part) for part in node.values)
    return ".*"


def test_an_error_of_a_class_made_elsewhere_has_the_section_of_its_kind():
    """The nearest class of the tree."""
    assert errors.page_of(ChangedMeanwhile("x")) == "InputError"
    assert errors.page_of(errors.PublishError("x", 403)) == "PublishError"


PRINTS = {"say", "_say", "echo", "print"}
PRINTED_IN = {
    "serving/application.py: report",
    "cli/ci.py: _warn",
    "cli/main.py: main",
    "gating/opening.py: open_session",
}
"""Where an error is printed; the tests of each module see its address once."""
REMARKS = {
    *("engines/vllm.py: _after_loss", "gating/served.py: text_of_base", "train/hosted/trusted.py: remember"),
    *("train/sweep/trained.py: train_sweep", "engines/cluster/fleet.py: _welcome", "serving/workers.py: _fill"),
}
"""Where something goes on in spite of an error, and says so."""


@cache
def calls() -> tuple[tuple[str, str, ast.Call], ...]:
    """Return every call in a function: its place, as ``module: innermost function``, and the name that is called."""
    found: dict[ast.Call, str] = {}
    for path, tree in parsed().items():
        for function in ast.walk(tree):  # from the outside in
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{path.relative_to(HARNESS).as_posix()}: {function.name}"
                found |= {node: place for node in ast.walk(function) if isinstance(node, ast.Call)}
    return tuple((place, called(call), call) for call, place in found.items())


def called(call: ast.Call) -> str:
    """Return the name of what is called, without what it belongs to."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def names_in(call: ast.Call) -> Iterator[str]:
    """Yield the names of the variables among the arguments of a call."""
    return (node.id for part in call.args for node in ast.walk(part) if isinstance(node, ast.Name))


def test_an_error_that_is_caught_is_called_problem():
    """Which the next test looks for."""
    handlers = [node for tree in parsed().values() for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    caught = [one for one in handlers if one.type is not None and one.name]

    assert {one.name for one in caught if any(name in ast.unparse(one.type) for name in TREE)} == {"problem"}


def test_wherever_an_error_is_printed_its_address_is_too():
    """A new place needs an entry here, and a test of its own."""
    printed = {
        place
        for place, name, call in calls()
        if (name in PRINTS and "problem" in names_in(call)) or name == "error_in_words"
    }
    addressed = {place for place, name, _ in calls() if name in {"more_about", "usage_error"}}

    assert printed == PRINTED_IN | REMARKS
    assert printed - addressed == REMARKS


def test_pytest_is_stopped_only_with_an_address():
    """One module makes what stops it for wrong use."""
    assert {place for place, name, _ in calls() if name == "UsageError"} == {"gating/pointing.py: usage_error"}
