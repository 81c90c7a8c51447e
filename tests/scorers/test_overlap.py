"""rouge, bleu, chrf. The figures were counted by hand from the definitions."""

import pytest

from harness.errors import ScorerError
from harness.scorers import bleu, chrf, embedded_json, rouge

ALL = [rouge("rouge1"), rouge("rouge2"), rouge("rougeL"), bleu(), chrf()]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("rouge1", 2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5)),  # the, cat, mat: 3 of 4 answered, 3 of 5 asked
        ("rouge2", 2 * (1 / 3) * (1 / 4) / (1 / 3 + 1 / 4)),  # the cat: 1 of 3, 1 of 4
        ("rougeL", 2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5)),
    ],
)
def test_rouge_is_the_f_measure(score, kind, value):
    """Of words, pairs of words, and the longest common subsequence."""
    assert score(rouge(kind), "The cat, mat! Gone", "the cat sat on mat").value == pytest.approx(value)


def test_rouge_l_minds_the_order_and_rouge_1_does_not(score):
    """The same words reversed."""
    assert score(rouge("rouge1"), "c b a", "a b c").value == 1
    assert score(rouge("rougeL"), "c b a", "a b c").value == pytest.approx(1 / 3)


def test_bleu_takes_only_the_orders_that_a_short_answer_has(score):
    """Two words of two are right; without effective order this would be near 0."""
    assert score(bleu(), "hello world", "hello world").value == pytest.approx(1)
    assert score(bleu(), "hello", "hello world").value == pytest.approx(2.718281828 ** (1 - 2 / 1))


def test_chrf_counts_characters(score):
    """One common letter of two on both sides, no common pair: (1/2 + 0) / 2."""
    assert score(chrf(), "ab", "ac").value == pytest.approx(0.25)


@pytest.mark.parametrize("scorer", ALL, ids=repr)
def test_the_reference_itself_scores_one_and_foreign_words_nothing(score, scorer):
    """The ends of the scale, never outside [0, 1]."""
    reference = "the printer on floor two is on fire"

    assert score(scorer, reference, reference).value == pytest.approx(1)
    assert score(scorer, reference, reference).value <= 1
    assert score(scorer, "zzz qqq", reference).value == pytest.approx(0, abs=0.05)
    assert score(scorer, "zzz qqq", reference).category == "too little overlap"


@pytest.mark.parametrize("scorer", ALL, ids=repr)
def test_the_nearest_of_several_references_counts(score, scorer):
    """A list is read as alternatives."""
    assert score(scorer, "reset the password", ["delete all accounts", "reset the password"]).value == pytest.approx(1)


@pytest.mark.parametrize("scorer", ALL, ids=repr)
@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_answer_is_wrong(score, scorer, text):
    """Not unscored."""
    assert score(scorer, text, "reset the password").value == 0


def test_with_a_field_the_field_is_compared(score):
    """Of expected, and of the answer where it is a JSON object; any other answer counts by its text."""
    expected = {"summary": "printer on fire"}
    scorer = rouge("rouge1", field="summary")

    assert score(scorer, '{"summary": "printer on fire", "x": "y z"}', expected).value == 1
    assert score(scorer, "printer on fire", expected).value == 1
    assert score(scorer, "42", expected).category == "too little overlap"


@pytest.mark.parametrize("text", ["{}", '{"summary": 5}', '{"summary": null}'])
def test_a_json_answer_without_the_text_is_wrong(score, text):
    """Its other fields are not compared instead."""
    wrong = score(chrf(field="summary"), text, {"summary": "printer on fire"})

    assert (wrong.value, wrong.category) == (0, "missing field")


@pytest.mark.parametrize("scorer", ALL, ids=repr)
@pytest.mark.parametrize("expected", [None, "", 5, [], {"summary": "printer"}])
def test_a_case_without_a_reference_is_an_error(score, scorer, expected):
    """It names the case, and never becomes a 0."""
    with pytest.raises(ScorerError, match="case 'c1'"):
        score(scorer, "printer on fire", expected)


@pytest.mark.parametrize(("kind", "reference"), [("rouge1", "принтер горит"), ("rouge2", "fire")])
def test_a_reference_that_rouge_can_not_count_is_an_error(score, kind, reference):
    """Every answer to it would get 0, the right one too."""
    with pytest.raises(ScorerError, match="words of a-z and 0-9"):
        score(rouge(kind), reference, reference)


@pytest.mark.parametrize("scorer", ALL, ids=repr)
def test_a_megabyte_of_answer_is_cut_and_the_reason_says_so(score, scorer):
    """The work is bounded; the last words are not seen."""
    wrong = score(scorer, "fire " * 200_000, "the printer is on fire")

    assert wrong.value < 0.1
    assert "by its first 100,000 of 999,999 characters" in wrong.reason


def test_rouge_l_of_texts_that_are_too_long_together_is_unscored(score):
    """Its table would take minutes and gigabytes; the other kinds take no table."""
    reference, answer = "a b c d " * 250, "a " * 40_000

    given = score(rouge("rougeL"), answer, ["short", reference])

    assert given.value is None
    assert given.reason.startswith("rouge('rougeL') gave up: its table has 40,040,000 cells, more than 20,000,000")
    assert score(rouge("rouge1"), answer, reference).value == pytest.approx(2 * 250 / 41_000)


def test_rouge_l_of_a_long_reference_and_a_short_answer_is_scored(score):
    """A long reference alone is no reason to give up."""
    assert score(rouge("rougeL"), "a b c", "a b c " * 5_000).value == pytest.approx(2 * 3 / 15_003, abs=1e-5)


def test_an_unknown_kind_of_rouge_is_refused():
    """The known ones are named."""
    with pytest.raises(ScorerError, match="rouge1, rouge2, rougeL"):
        rouge("rouge3")


def test_the_repr_is_the_call_that_makes_it():
    """It is part of the fingerprint."""
    assert repr(rouge("rougeL")) == "rouge('rougeL')"
    assert repr(rouge("rouge1", field="summary")) == "rouge('rouge1', field='summary')"
    assert repr(bleu()) == "bleu()"
    assert repr(chrf(field="summary", read=embedded_json)) == "chrf(field='summary', read=embedded_json)"
