"""predicts_label and class_table."""

import pytest

from harness.errors import ScorerError
from harness.scorers import class_table, predicts_label

LABELS = ("bug", "billing", "outage")


def test_the_whole_answer_is_the_label(score):
    """The score carries both classes."""
    right = score(predicts_label(LABELS), " bug\n", "bug")
    wrong = score(predicts_label(LABELS), "billing", "bug")

    assert (right.value, right.classes) == (1, ("bug", "bug"))
    assert (wrong.value, wrong.classes, wrong.category) == (0, ("bug", "billing"), "wrong label")


def test_the_label_may_stand_in_a_field(score):
    """Of the answer, and of expected where that is an object."""
    scorer = predicts_label(LABELS, "queue")

    assert score(scorer, '{"queue": "bug"}', {"queue": "bug"}).classes == ("bug", "bug")
    assert score(scorer, '{"queue": "bug"}', "outage").classes == ("outage", "bug")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ('{"queue": "Bug"}', "not in the labels"),
        ('{"queue": "(none)"}', "not in the labels"),
        ('{"queue": ["bug"]}', "not in the labels"),
        ('{"queue": null}', "not in the labels"),
        ("{}", "missing field"),
        ("bug", "invalid JSON"),
        ("", "invalid JSON"),
    ],
)
def test_an_answer_that_names_no_label_predicts_none(score, text, category):
    """It stays in the class table as a prediction of its own."""
    wrong = score(predicts_label(LABELS, "queue"), text, "bug")

    assert (wrong.value, wrong.classes, wrong.category) == (0, ("bug", "(none)"), category)


@pytest.mark.parametrize("expected", [None, "feature", "(none)", 5, ["bug"], {"queue": "bug"}])
def test_a_case_that_expects_no_label_is_an_error(score, expected):
    """An object needs a field to be named."""
    with pytest.raises(ScorerError, match="case 'c1': predicts_label"):
        score(predicts_label(LABELS), "bug", expected)


@pytest.mark.parametrize("labels", [[], "bug", ["bug", "bug"], ["bug", ""], ["bug", "(none)"], ["bug", 5]])
def test_labels_must_be_different_texts(labels):
    """One string is not a list of letters."""
    with pytest.raises(ScorerError, match="name a list of different labels"):
        predicts_label(labels)


def test_the_repr_is_the_call_that_makes_it():
    """All labels are part of the fingerprint."""
    assert repr(predicts_label(["a", "b"])) == "predicts_label(('a', 'b'))"
    assert repr(predicts_label(["a", "b"], "queue")) == "predicts_label(('a', 'b'), field='queue')"


def test_the_class_table_holds_the_figures_of_each_class():
    """Counted by hand: of two bugs one was found, and one of the two called bug was one."""
    pairs = [("bug", "bug"), ("bug", "billing"), ("billing", "bug"), ("outage", "outage")]

    table = class_table(pairs, LABELS)

    assert table.labels == LABELS
    assert table.precision == (0.5, 0.0, 1.0)
    assert table.recall == (0.5, 0.0, 1.0)
    assert table.f1 == (0.5, 0.0, 1.0)
    assert table.support == (2, 1, 1)
    assert {type(count) for count in table.support} == {int}
    assert table.accuracy == 0.5
    assert table.confusion == ((1, 1, 0), (1, 0, 0), (0, 0, 1))


def test_answers_without_a_label_get_a_column_of_their_own():
    """Only when there are any, and without counting as a class that was expected."""
    table = class_table([("bug", "(none)"), ("bug", "bug")], LABELS)

    assert table.labels == (*LABELS, "(none)")
    assert table.confusion[0] == (1, 0, 0, 1)
    assert table.support == (2, 0, 0, 0)
    assert table.recall == (0.5, 0.0, 0.0, 0.0)
    assert table.accuracy == 0.5


def test_a_table_of_one_class_has_one_row():
    """With one label and nothing wrong."""
    table = class_table([("bug", "bug")], ["bug"])

    assert table.confusion == ((1,),)
    assert table.accuracy == 1


@pytest.mark.parametrize("pairs", [[], [("bug", "feature")], [("feature", "bug")], [("(none)", "bug")]])
def test_a_table_of_nothing_or_of_strangers_is_refused(pairs):
    """A figure over them would mislead."""
    with pytest.raises(ScorerError, match="a class table of the labels"):
        class_table(pairs, LABELS)
