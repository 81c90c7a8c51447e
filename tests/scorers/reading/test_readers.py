"""Readers: what part of an answer is scored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScorerError
from harness.scorers import embedded_json, exact_match, unfenced, whole

MEGABYTE = 1_000_000
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
json_containers = st.lists(json_values) | st.dictionaries(st.text(), json_values)


def test_whole_keeps_fences_and_prose():
    """Nothing but white space at the ends is taken away unasked."""
    assert whole(" \n```\nyes\n```\n") == "```\nyes\n```"


@pytest.mark.parametrize(
    ("answer", "inside"),
    [
        ("```json\n{}\n```", "{}"),
        ("  ```\n{}\n```  \n", "{}"),
        ("~~~\na\nb\n~~~", "a\nb"),
        ("````\n```\n````", "```"),
        ("```\n{}\n`````", "{}"),
        ("```\n```", ""),
        ("```\r\n{}\r\n```", "{}"),
    ],
)
def test_an_answer_that_is_one_fence_is_unfenced(answer, inside):
    """The fence may be of either kind, any length, with or without a language."""
    assert unfenced(answer) == inside


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        "",
        "Here:\n```\n{}\n```",
        "```\n{}\n```\nDone.",
        "```\n{}",
        "```{}```",
        "```",
        "```\na\n```\n```\nb\n```",
        "```a`b\n{}\n```",
        "````\n{}\n```",
    ],
)
def test_an_answer_that_is_not_one_fence_stays_whole(answer):
    """Prose around a fence, an open fence and two fences are not what the suite allowed."""
    assert unfenced(answer) == answer


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('Sure! {"queue": "bug"} Anything else? {"queue": "none"}', '{"queue": "bug"}'),
        ("```json\n[1, 2]\n```", "[1, 2]"),
        ('{"a": "}"} tail', '{"a": "}"}'),
        (r'x {"a": "\"}", "b": [{}]} y', r'{"a": "\"}", "b": [{}]}'),
        ('I use {curly} and [square] words: {"a": -1.5e3}', '{"a": -1.5e3}'),
        ('{"say": {"a": 1}} {', '{"say": {"a": 1}}'),
        ('The list [1, 2 and so on: {"a": true}', '{"a": true}'),
        ("[]", "[]"),
    ],
)
def test_the_first_balanced_json_is_found(answer, found):
    """Prose with brackets before it and anything after it doesn't matter."""
    assert embedded_json(answer) == found


@pytest.mark.parametrize(
    "answer",
    [
        "no json here",
        "",
        '{"queue": "bug", "tags": ["a", "b"], "summ',
        '{"queue": "bug", "tags": ["a", "b"], "summary":',
        '{"queue": "bug", "parts": [{"a": 1},',
        '{"summary": "see [1] and',
        "{]",
    ],
)
def test_json_that_breaks_off_is_not_searched_for_smaller_pieces(answer):
    """A cut answer must not pass for a complete one because of an array inside it."""
    assert embedded_json(answer) == answer


def test_json_that_only_resembles_json_is_returned_to_be_refused():
    """NaN or a raw line break makes the whole object invalid; the inner object is not taken instead."""
    assert embedded_json('x {"a": NaN, "b": {}} y') == '{"a": NaN, "b": {}}'
    assert embedded_json('x {"a": "1\n2", "b": {}} y') == '{"a": "1\n2", "b": {}}'


@given(json_containers, st.booleans())
def test_any_json_is_found_inside_prose(value, escaped):
    """Whatever json writes is found again, character for character."""
    text = json.dumps(value, ensure_ascii=escaped)

    assert embedded_json(f"Well, here it is: {text} [and more]") == text


@given(st.text(alphabet='{}[]",:\\1 a\n'))
def test_any_text_is_read_without_an_error(text):
    """The reader returns a piece of the answer, whatever the answer is."""
    assert embedded_json(text) in text
    assert unfenced(text) in text


@pytest.mark.parametrize("unit", ["{", "[", '["', '{"a":', '["[', "{x", '["\\"[', '"[{"', "[1,", "{ "])
def test_a_megabyte_of_brackets_is_read_in_linear_time(unit):
    """A quadratic reader would take hours here."""
    hostile = unit * (MEGABYTE // len(unit))

    assert embedded_json(hostile) == hostile.strip()


def test_a_reader_without_a_name_is_refused():
    """Two lambdas would look the same in the fingerprint."""
    with pytest.raises(ScorerError, match="write it with `def`"):
        exact_match(read=lambda text: text)


def test_a_suite_may_bring_its_own_reader(score):
    """Any named function from text to text will do, and its name stands in the repr."""

    def last_line(text: str) -> str:
        return text.splitlines()[-1]

    scorer = exact_match(read=last_line)

    assert score(scorer, "let me think\nyes", "yes").value == 1
    assert repr(scorer) == "exact_match(read=last_line)"
