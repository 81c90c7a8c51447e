"""Answers that keep to the context: what is right, what is from memory, and what is left open."""

import pytest

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers import keeps_to_context

OPEN = "The context does not mention the fee."


def scored(answer, expected="45 euros", **meta: object):
    """Score an answer to a case whose context says 45 euros."""
    case = Case(id="c1", messages=(), expected=expected, meta={"answerable": True, "memory": ["30 euros"], **meta})
    return keeps_to_context()(case, Response(request_key="", text=answer))


@pytest.mark.parametrize(
    ("answer", "meta", "value", "category"),
    [
        ("It is 45 euros.", {}, 1, ""),
        ("**45 Euros**", {}, 1, ""),
        ("It is 30 euros.", {}, 0, "not from the context"),
        ("It is 45 euros, though I know it as 30 euros.", {}, 0, "not from the context"),
        ("It is 145 euros.", {}, 0, "text not found"),
        (OPEN, {}, 0, "declined needlessly"),
        ("The context does not mention a fee of 45 euros.", {}, 0, "declined needlessly"),
        ("", {}, 0, "wrong answer"),
        (OPEN, {"answerable": False}, 1, ""),
        ("It is 45 euros.", {"answerable": False}, 0, "did not decline"),
        ("It is 30 euros.", {"answerable": False}, 0, "not from the context"),
        (" ", {"answerable": False}, 0, "did not decline"),
    ],
)
def test_answers(answer, meta, value, category):
    """What the context says, and nothing else."""
    score = scored(answer, **meta)

    assert (score.value, score.category) == (value, category)


def test_an_answer_that_reads_like_leaving_it_open_is_one():
    """What was expected says that something is not there."""
    assert scored("There is no information desk.", "no information desk").value == 1


def test_numbers_are_the_same_however_their_digits_are_grouped():
    """1,250 is 1250, and not 12,500."""
    assert scored("That is 1,250 euros.", "1250 euros").value == 1
    assert scored("That is 12,500 euros.", "1250 euros").value == 0


def test_what_was_right_before_can_be_a_part_of_what_is():
    """It is no answer from memory then."""
    assert scored("A dark red one.", "dark red", memory=["red"]).value == 1


@pytest.mark.parametrize(
    ("meta", "expected", "told"),
    [
        ({"answerable": "yes"}, "45 euros", "true or false"),
        ({"memory": "30 euros"}, "45 euros", "list of texts"),
        ({}, None, "expected"),
    ],
)
def test_a_case_that_lacks_something_is_refused(meta, expected, told):
    """With what it needs."""
    with pytest.raises(ScorerError, match=told):
        scored("x", expected, **meta)
