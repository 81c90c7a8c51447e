"""Which rows become cases, and what a suite then says."""

import json
from collections import Counter

import jsonschema
import pytest

from harness.asking.cases import load_cases
from harness.errors import DataError, ScorerError
from harness.starter.content import own_content
from harness.starter.imported import Columns, import_cases

COLUMNS = Columns(input="text", expected="expected")
CALL = {"name": "f", "arguments": {"n": 1}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]


def imported(tmp_path, task: str, *expected: object, columns: Columns = COLUMNS):
    """Write rows with these expected answers, and import them."""
    rows = [{"text": f"text {n}", "expected": one} for n, one in enumerate(expected)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return import_cases(tmp_path / "rows.jsonl", columns, task)


def test_ten_cases_are_spread_over_the_labels(tmp_path):
    """A rare label is among them, with all of its rows; of the frequent ones as many, from the whole file."""
    found = imported(tmp_path, "labels", *["a"] * 50, *["b"] * 40, "c", "c")

    lines = [int(case.id.removeprefix("line-")) for case in found.cases if case.expected == "a"]
    assert Counter(case.expected for case in found.cases) == {"a": 4, "b": 4, "c": 2}
    assert lines == [1, 6, 11, 16]
    assert found.rows == 92


def test_ten_cases_are_spread_over_the_file(tmp_path):
    """Where there are no labels."""
    found = imported(tmp_path, "text", *[f"answer {n}" for n in range(40)])

    assert [case.expected for case in found.cases] == [f"answer {n}" for n in range(0, 40, 4)]


def test_more_than_ten_labels_are_all_known_to_the_scorer(tmp_path):
    """Only ten of them have a case."""
    found = imported(tmp_path, "labels", *[f"label {n}" for n in range(12)])
    content = own_content("labels", found, None)

    assert len(found.cases) == 10
    (line,) = content.lines.values()
    assert '"label 11",\n)' in line


def test_the_same_question_with_two_answers_is_refused(tmp_path):
    """With both lines: no model can be right in both."""
    rows = [{"text": "x", "expected": "a"}, {"text": " x ", "expected": "b"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    with pytest.raises(DataError, match=r"rows.jsonl:2: asks the same as line 1 and expects another answer"):
        import_cases(tmp_path / "rows.jsonl", COLUMNS, "labels")


@pytest.mark.parametrize(
    ("task", "expected", "words"),
    [
        ("labels", [f"text {n}" for n in range(101)], "101 different labels, more than 100; for free texts use --task"),
        ("json", ["{broken"], "rows.jsonl:1: 'expected' is '{broken', which is not JSON"),
        ("json", [[1]], "expected a JSON object"),
        ("json", [{"a": 1}, {"b": 1}], "no key is in all expected objects, so no value can be gated; their keys are a"),
        ("tool-calls", [5], "rows.jsonl:1: 'expected' is 5; expected a call"),
        ("tool-calls", [{"nam": "f"}], "case line-00001: the expected answer is wrong"),
        ("tool-calls", [{"name": "g", "arguments": {}}], "case line-00001 expects a call of 'g'"),
    ],
)
def test_what_does_not_fit_the_task_is_refused(tmp_path, task, expected, words):
    """With the place, and what was expected there."""
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))

    with pytest.raises(DataError) as told:
        own_content(
            task, imported(tmp_path, task, *expected), tmp_path / "tools.json" if task == "tool-calls" else None
        )

    assert words in str(told.value)


def test_labels_that_cant_be_told_apart_are_refused(tmp_path):
    """Before a suite is written that can't score."""
    with pytest.raises(ScorerError, match="can't be told apart"):
        own_content("labels", imported(tmp_path, "labels", "caf\u00e9", "cafe\u0301"), None)


def test_calls_need_their_functions(tmp_path):
    """And other tasks take none."""
    with pytest.raises(DataError, match="add --tools FILE"):
        own_content("tool-calls", imported(tmp_path, "tool-calls", CALL), None)
    with pytest.raises(DataError, match="--tools is for --task tool-calls, not for text"):
        own_content("text", imported(tmp_path, "text", "x"), tmp_path / "tools.json")


def test_objects_as_text_or_as_json_give_a_schema_that_they_follow(tmp_path):
    """Required is what all of them have; a whole number beside a broken one is a number."""
    values = [{"who": "A", "sum": 1, "note": None}, {"who": "B", "sum": 1.5}, {"who": "C", "sum": 2, "note": "x"}]
    found = imported(tmp_path, "json", *values[:2], json.dumps(values[2]))

    content = own_content("json", found, None)

    schema = json.loads(content.files["reply.schema.json"])
    for value in values:
        jsonschema.validate(value, schema)
    assert schema["required"] == ["who", "sum"]
    assert schema["properties"]["note"] == {"type": ["null", "string"]}
    assert schema["properties"]["sum"] == {"type": "number"}
    assert list(content.lines.values()) == ['FIELDS = ("who", "sum")']


@pytest.mark.parametrize(("task", "expected"), [("labels", "a"), ("text", "x"), ("tool-calls", [CALL])])
def test_the_case_file_loads(tmp_path, task, expected):
    """As a suite loads it, with what was read."""
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    found = imported(tmp_path, task, expected)

    content = own_content(task, found, tmp_path / "tools.json" if task == "tool-calls" else None)

    (tmp_path / "cases.jsonl").write_text(content.files["cases.jsonl"])
    assert load_cases(tmp_path / "cases.jsonl") == found.cases
