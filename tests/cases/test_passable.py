"""Cases that no answer can pass, by the suite's own scorers; and those that look odd and can be passed."""

from pathlib import Path

import pytest

from harness.asking.cases import Suite
from harness.cases.finding import CaseFile
from harness.cases.passable import UsedSuite, find_impassable, is_checked, least_tokens
from harness.cases.unsatisfiable import never
from harness.records.asked import Case, Sampling
from harness.records.messages import Message, Tools
from harness.scorers import (
    all_right,
    any_right,
    bleu,
    calls_tool,
    chrf,
    cites,
    contains,
    declines,
    exact_match,
    fenced,
    field_equals,
    label_in_text,
    latency,
    macro_f1,
    matches_filtered,
    matches_regex,
    matches_schema,
    number_equals,
    predicts_label,
    rouge,
    valid_json,
)
from harness.scorers.similar import Similar
from tests.embeddings import FAKE

CALL = {"name": "f", "arguments": {"n": {"$min": 1}}}
TOOLS = Tools(functions=({"type": "function", "function": {"name": "f"}},))
SCHEMA = {
    "type": "object",
    "properties": {"queue": {"enum": ["billing", "bug"]}, "n": {"type": "integer"}},
    "required": ["queue", "n"],
    "additionalProperties": False,
}


def as_z(text: str) -> str:
    """Read an answer in a way of one's own."""
    return text.replace("y", "z")


def found(
    expected: object, *scorers: object, max_tokens: int = 64, tools: Tools = TOOLS, meta: object = None
) -> list[str]:
    """Return what is told of a case with an expected answer, under some scorers."""
    case = Case(id="x", messages=(Message(role="user", content="?"),), expected=expected, meta=meta or {})
    suite = Suite(name="s", cases=(case,), sampling=Sampling(max_tokens=max_tokens), digest="", tools=tools)
    path = Path("s/cases.jsonl")
    file = CaseFile(name="s", path=path, cases=suite.cases)
    return [one.told for one in find_impassable(file, UsedSuite(path=path, suite=suite, scorers=scorers))]


@pytest.mark.parametrize(
    ("expected", "scorer", "words"),
    [
        ("refund", predicts_label(["billing", "bug"]), "needs `expected` to name one of its labels, got 'refund'"),
        ("refund", macro_f1(["billing", "bug"]), "needs `expected` to name one of its labels"),
        ({"queue": "refund"}, predicts_label(["billing"], field="queue"), "needs `expected` to name one of its labels"),
        ({"que": "bug"}, field_equals("queue"), "needs the field `queue` in `expected`"),
        ("", exact_match(), "needs `expected` to be a string or a list of strings, none of them blank"),
        (None, contains(), "needs `expected`, got nothing"),
        (None, all_right(exact_match()), "needs `expected`, got nothing"),
        ("about 5 or 6", number_equals(), "needs `expected` to be a number, or a string that holds one"),
        ("...", rouge("rougeL"), "needs a reference with words to count"),
        ({"nam": "f"}, calls_tool(), "needs `expected` to be"),
        ([{"name": "g", "arguments": {}}], calls_tool(), "expects a call of 'g', which is not among its tools (f)"),
        ("(", matches_regex(), "is not a regular expression"),
    ],
)
def test_what_a_scorer_cannot_read_is_found(expected, scorer, words):
    """Before any model is asked, in the scorer's own words."""
    (told,) = found(expected, scorer)

    assert words in told


@pytest.mark.parametrize(
    ("expected", "scorer"),
    [
        ("billing", predicts_label(["billing", "bug"])),
        ("billing", predicts_label(["billing", "bug"], read=label_in_text)),
        ({"queue": "bug"}, predicts_label(["bug"], field="queue")),
        ("bug", predicts_label(["bug"], field="a.queue")),
        (["a", "b"], exact_match()),
        ("SELECT 1", exact_match(read=fenced)),
        (["a", "b"], contains()),
        ("anything", contains("fixed")),
        (1e22, number_equals()),
        (0.1, number_equals()),
        (1.5, number_equals(locale="de")),
        (1e-7, number_equals()),
        ("1,234", number_equals()),
        ({"a": {"b": [1, 2]}}, field_equals("a.b")),
        (None, valid_json()),
        ({"queue": "bug"}, field_equals("queue")),
        ("The invoice was paid twice.", rouge("rouge2")),
        ("Paid twice.", bleu()),
        ({"s": "Paid twice."}, chrf("s")),
        ([], calls_tool()),
        ({"$any_of": [CALL, {"name": "g", "arguments": {}}]}, calls_tool()),
        ("^a", matches_regex()),
        ("y", exact_match(read=as_z)),
    ],
)
def test_what_some_answer_passes_is_let_be(expected, scorer):
    """Nothing is said of readers of one's own, whose answers nobody can know."""
    assert found(expected, scorer) == []


def test_an_expected_answer_that_its_own_reader_does_not_read_is_found():
    """A label that is in two others' sentence is none; here: a fence inside of the expected text."""
    (told,) = found("```\na\n```\nand\n```\nb\n```", exact_match(read=fenced))

    assert told.startswith("the expected answer itself has 0 by exact_match(read=fenced): ")


def test_max_tokens_below_the_expected_answer_is_found():
    """Where the whole of it is needed; a count that no tokenizer can go below."""
    text = "one two three four five six seven eight nine ten"

    assert found(text, exact_match(), max_tokens=9) == [
        "the expected answer has 10 tokens at least, and max_tokens is 9"
    ]
    assert found(text, exact_match(), max_tokens=10) == []
    assert found(["yes indeed", text], exact_match(), max_tokens=2) == []
    assert found("1 2 3 4 5", exact_match(), max_tokens=2) == []


@pytest.mark.parametrize(
    ("text", "least"), [("", 0), ("It doesn't work", 3), ('{"a":1,"queue":"bug"}', 2), ("北京是首都", 1), ("x = y", 0)]
)
def test_only_words_are_counted(text, least):
    """What could be one token with its neighbour is not."""
    assert least_tokens(text) == least


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"queue": "refund"}, "a value that is not among the schema's ('refund') in the field `queue`"),
        ({"queue": "bug", "n": "5"}, "a value of another type than the schema's (integer) in the field `n`"),
        ({"queue": "bug", "more": 1}, "has the field `more`, which the schema doesn't allow"),
    ],
)
def test_an_expected_answer_that_breaks_the_schema_is_found(expected, words):
    """Where another scorer wants its fields: what one accepts, the other refuses."""
    (told,) = found(expected, matches_schema(SCHEMA), field_equals("queue"))

    assert words in told
    assert found(expected, matches_schema(SCHEMA)) == []
    assert found({"queue": "bug"}, matches_schema(SCHEMA), field_equals("queue")) == []


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (False, "$: the schema is false"),
        ({"enum": []}, "$: enum is empty"),
        ({"type": "string", "minLength": 5, "maxLength": 2}, "$: minLength 5 is above maxLength 2"),
        ({"allOf": [{}, {"type": "integer", "minimum": 2, "maximum": 1}]}, "$: minimum 2 is above maximum 1"),
        ({"anyOf": [False, {"enum": []}]}, "$: nothing follows any part of anyOf"),
        ({"type": "object", "required": ["a"], "properties": {"a": False}}, "$.a: the schema is false"),
        (
            {"type": "object", "required": ["a"], "additionalProperties": False},
            "$: `a` is required, and additionalProperties doesn't allow it",
        ),
    ],
)
def test_a_schema_that_nothing_follows_is_found(schema, told):
    """Once for the suite."""
    assert never(schema) == told
    assert found({"a": 1}, matches_schema(schema)) == [f"nothing follows the schema: {told}"]


@pytest.mark.parametrize(
    "schema",
    [
        True,
        SCHEMA,
        {"minLength": 5, "maxLength": 2},
        {"anyOf": [False, {}]},
        {"properties": {"a": False}},
        {"type": "object", "required": ["a"], "additionalProperties": False, "patternProperties": {"a": {}}},
        {"required": ["a"], "additionalProperties": False},
    ],
)
def test_a_schema_that_something_follows_is_let_be(schema):
    """Numbers have no length, and a text no fields."""
    assert never(schema) is None


def test_judges_quantities_and_functions_are_not_looked_into():
    """Nobody knows what passes them."""
    assert [is_checked(one) for one in (latency(50), lambda _case, _response: True, exact_match())] == [
        False,
        False,
        True,
    ]
    assert found("x", latency(50), lambda _case, _response: False) == []


def test_what_filters_leave_is_not_looked_into():
    """They can look for words around the expected answer, so that itself need not pass."""
    assert is_checked(exact_match())
    assert not is_checked(matches_filtered())


@pytest.mark.parametrize(
    ("meta", "scorer", "words"),
    [
        ({}, cites(), "needs the field `context` in `meta`, got nothing"),
        ({"context": []}, cites(), "there is no passage, got []"),
        ({"context": "a"}, declines(), "needs the field `answerable` in `meta`"),
        ({"answerable": "no"}, any_right(declines(), k=2), "to be true or false, got 'no'"),
    ],
)
def test_a_case_without_what_its_scorer_compares_with_is_found(meta, scorer, words):
    """A context, or whether it holds the answer; no answer could be scored."""
    (told,) = found(None, scorer, meta=meta)

    assert words in told
    assert is_checked(scorer)


def test_a_case_that_has_it_is_fine_and_no_model_of_meanings_is_loaded():
    """One that broke when it was loaded would be noticed."""

    def never(model: object) -> None:
        raise AssertionError(model)

    similar = Similar(
        call="similar()",
        measure="cosine",
        threshold=0.5,
        field=None,
        model=FAKE,
        read=str.strip,
        doubt="",
        load=never,
    )
    meta = {"context": ["a"], "answerable": False}

    assert found("yes", similar, cites(), declines(), meta=meta) == []
    assert found(3, similar, meta=meta) == [
        "similar() needs `expected` to be a string or a list of strings, none of them blank, got 3"
    ]
