"""``harness cases new --lm-eval``: what is written, told and refused on the command line."""

import json
import sys
from pathlib import Path

import pytest

from harness.asking.cases import load_cases
from tests.apart import run_harness, run_pytest

FILES = Path(__file__).parents[1] / "cases" / "files" / "lm_eval"
SAYS = f"""#!{sys.executable}
import json, sys
asked = json.load(sys.stdin)
said = json.load(open("{FILES}/" + ("chat.json" if asked["chat"] else "text.json")))
json.dump({{"tasks": [one for one in said["tasks"] if one["name"] in asked["names"]]}}, open(sys.argv[2], "w"))
json.dump(asked, open("asked.json", "w"))
"""


@pytest.fixture
def new(tmp_path):
    """Return a function that runs the command with a program that says what lm-evaluation-harness said of the tasks."""
    program = tmp_path / "python"
    program.write_text(SAYS)
    program.chmod(0o755)

    def run(*arguments: str) -> tuple[int, list[str]]:
        done = run_harness(tmp_path, "cases", "new", *arguments, "--python", str(program))
        return done.ret, done.outlines + done.errlines

    return run


def test_each_task_becomes_a_suite_that_pytest_collects(tmp_path, new):
    """It is said what was read, by what, and what comes next."""
    (tmp_path / "harness.toml").write_text('base_model = "tiny"\n')

    said = new("--lm-eval", "own_sums, own_choice")

    read = "read with lm-evaluation-harness 0.4.13"
    figures = "exact_match behind strict-match, exact_match behind flexible-extract"
    assert said == (
        0,
        [
            f"suites/own_sums: 4 cases of own_sums, version 1.0, {read}; scored by {figures}",
            f"suites/own_choice: 4 cases of own_choice, version 1.1, {read}; scored by acc, acc_norm, acc_bytes",
            "Next: pytest suites --candidate base",
        ],
    )
    collected = run_pytest(tmp_path, "suites", "--collect-only", "-q", "-p", "no:cacheprovider")
    assert [line for line in collected.outlines if "::" in line] == [
        "suites/own_choice/test_own_choice.py::test_acc",
        "suites/own_choice/test_own_choice.py::test_acc_norm",
        "suites/own_choice/test_own_choice.py::test_acc_bytes",
        "suites/own_sums/test_own_sums.py::test_exact_match_strict_match",
        "suites/own_sums/test_own_sums.py::test_exact_match_flexible_extract",
    ]
    assert run_harness(tmp_path, "power").ret == 6  # it reads them; four cases are few


def test_options_reach_the_tool(tmp_path, new):
    """Folder, examples and chat; and of the documents so many are taken, at equal distances."""
    (tmp_path / "own").mkdir()

    code, said = new(
        "--lm-eval", "own_sums", "--tasks", "own", "--examples", "2", "--chat", "--take", "2", "--to", "s", "--json"
    )  # fmt: skip

    assert code == 0
    asked = json.loads((tmp_path / "asked.json").read_text())
    assert asked == {"names": ["own_sums"], "folder": str(tmp_path / "own"), "chat": True, "examples": 2}
    cases = load_cases(tmp_path / "s" / "own_sums" / "cases.jsonl")
    assert [case.id for case in cases] == ["doc-0", "doc-2"]
    assert len(cases[0].messages) == 5
    assert [one["cases"] for one in json.loads("\n".join(said))] == [2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("t.csv", "--lm-eval", "own_sums"), "FROM is for rows of yours"),
        (("--lm-eval", "own_sums", "--input", "q"), "--input is for rows of yours"),
        (("t.csv", "--to", "c.jsonl", "--input", "q"), "--python is for --lm-eval TASKS"),
        (("--lm-eval", "own_sums", "--tasks", "none"), "none: no such folder"),
        (("--lm-eval", "own_overlap"), "task own_overlap scores by metric 'bleu', which has no scorer here"),
        (("--lm-eval", "own_sums", "--metric", "exact_match", "--metric", "f1"), "--metric f1: no task has it"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path, new, options, words):
    """In one line, and the address of the error's page."""
    code, said = new(*options)

    assert (code, len(said)) == (2, 2)
    assert words in said[0]
    assert said[1].startswith("more: harness explain ")
    assert not (tmp_path / "suites").exists()


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (("--to", "c.jsonl", "--input", "q"), "FROM"),
        (("t.csv",), "--to FILE"),
        (("t.csv", "--to", "c"), "--input COLUMN"),
    ],
)
def test_rows_need_three_things(tmp_path, arguments, missing):
    """The first that is missing is named, with the whole."""
    done = run_harness(tmp_path, "cases", "new", *arguments)

    assert done.ret == 2
    assert done.errlines[0].startswith(f"error: {missing} is missing: harness cases new FROM --to FILE --input COLUMN")
