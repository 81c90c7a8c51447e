"""The suite mark: which files it names."""

import json
from pathlib import Path

import pytest

from harness.errors import CaseFileError, InputError
from harness.gating.marks import SUITES, suite_of
from harness.records.messages import Tools


class Config:
    """What a session keeps."""

    def __init__(self) -> None:
        self.stash = pytest.Stash()
        self.stash[SUITES] = {}


class Item:
    """A test in a file, with a suite mark."""

    def __init__(self, path: Path, config: Config, mark: pytest.MarkDecorator) -> None:
        self.path, self.config, self.nodeid, self._mark = path, config, f"{path.name}::test", mark.mark

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        """Return the mark."""
        return self._mark if name == "suite" else None


def suite_folder(folder: Path, question: str) -> Path:
    """Write a case, a system message and a prompt that hold this word."""
    folder.mkdir(parents=True)
    case = {"id": "a", "messages": [{"role": "user", "content": question}]}
    (folder / "cases.jsonl").write_text(json.dumps(case))
    (folder / "system.txt").write_text(f"system of {question}")
    (folder / "prompt.jsonl").write_text(json.dumps({"role": "system", "content": f"prompt of {question}"}))
    return folder


RELATIVE = pytest.mark.suite("cases.jsonl", system="system.txt", baseline_prompt="prompt.jsonl")


def test_relative_files_are_those_beside_the_test(tmp_path, monkeypatch):
    """Wherever pytest was started, and although another test in another folder says the same words."""
    here, there = (suite_folder(tmp_path / name, name) for name in ("here", "there"))
    suite_folder(tmp_path / "current", "current")
    monkeypatch.chdir(tmp_path / "current")
    config = Config()

    for folder in (here, there):
        suite = suite_of(Item(folder / "test_it.py", config, RELATIVE))
        system, question = suite.cases[0].messages
        assert (system.content, question.content) == (f"system of {folder.name}", folder.name)
        assert suite.baseline_prompt[0].content == f"prompt of {folder.name}"


def test_a_relative_file_in_the_current_folder_alone_is_not_taken(tmp_path, monkeypatch):
    """The error names the place where it was looked for."""
    suite_folder(tmp_path / "current", "current")
    monkeypatch.chdir(tmp_path / "current")

    with pytest.raises(CaseFileError) as caught:
        suite_of(Item(tmp_path / "suites" / "test_it.py", Config(), RELATIVE))

    assert str(caught.value).startswith(str(tmp_path / "suites" / "cases.jsonl"))


@pytest.mark.parametrize("kind", [str, Path])
def test_an_absolute_file_is_taken_as_it_is(tmp_path, kind):
    """As a path or as its text, and read once."""
    folder = suite_folder(tmp_path / "elsewhere", "elsewhere")
    mark = pytest.mark.suite(kind(folder / "cases.jsonl"))
    config = Config()

    first, second = (suite_of(Item(tmp_path / name, config, mark)) for name in ("test_a.py", "test_b.py"))

    assert first.cases[0].messages[0].content == "elsewhere"
    assert first is second


def test_a_mark_says_which_texts_are_weighed(tmp_path):
    """Nothing is generated then, so settings of sampling mean nothing and are refused."""
    folder = suite_folder(tmp_path / "here", "q")
    config = Config()

    suite = suite_of(Item(folder / "test_it.py", config, pytest.mark.suite("cases.jsonl", continuations=["x", "y"])))

    assert suite.continuations == {"a": ("x", "y")}
    mark = pytest.mark.suite("cases.jsonl", continuations=["x", "y"], max_tokens=8)
    with pytest.raises(InputError, match="has continuations=, so nothing is generated and max_tokens= has no meaning"):
        suite_of(Item(folder / "test_it.py", config, mark))


def test_a_mark_names_tools_and_how_reasoning_is_written(tmp_path):
    """The file is the one beside the test."""
    folder = suite_folder(tmp_path / "here", "here")
    tools = [{"type": "function", "function": {"name": "f"}}]
    (folder / "tools.json").write_text(json.dumps(tools))
    mark = pytest.mark.suite("cases.jsonl", tools="tools.json", tool_choice="auto", reasoning="think-tags")

    suite = suite_of(Item(folder / "test_it.py", Config(), mark))

    assert suite.tools_for(suite.cases[0]) == Tools(functions=tuple(tools), choice="auto")
    assert suite.reasoning == "think-tags"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"reasoning": "think"},
            "test_it.py::test: pytest.mark.suite: reasoning is 'think-tags' or left out, got 'think'",
        ),
        ({"tool_choice": "f"}, "test_it.py::test: pytest.mark.suite: tool_choice is 'auto', 'none', 'required' or"),
        ({"tool_choice": "auto"}, "the suite has a tool_choice, but no case has tools"),
        ({"tools": "tools.json"}, "here/tools.json: no such file"),
    ],
)
def test_a_mark_with_wrong_tools_is_refused(tmp_path, settings, words):
    """When pytest collects."""
    folder = suite_folder(tmp_path / "here", "here")

    with pytest.raises(InputError) as caught:
        suite_of(Item(folder / "test_it.py", Config(), pytest.mark.suite("cases.jsonl", **settings)))

    assert words in str(caught.value)
