"""Readers: what part of an answer is scored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScorerError
from harness.scorers import exact_match, unfenced, whole


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


@given(st.text(alphabet="`~ab\n"))
def test_any_text_is_read_without_an_error(text):
    """The reader returns a piece of the answer, whatever the answer is."""
    assert unfenced(text) in text


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
