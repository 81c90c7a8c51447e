"""predicts_label and class_table."""

import pytest

from harness.errors import ScorerError
from harness.scorers import (
    bare_label,
    class_table,
    embedded_json,
    exact_match,
    label_in_text,
    predicts_label,
    unfenced,
    whole,
)

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
        ('{"queue": " bug"}', "not in the labels"),
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
    assert repr(predicts_label(["a"], ignore_case=True, read=bare_label)) == (
        "predicts_label(('a',), ignore_case=True, read=bare_label)"
    )
    assert repr(predicts_label(["a"], "b", read=(embedded_json, label_in_text))) == (
        "predicts_label(('a',), field='b', read=(embedded_json, label_in_text))"
    )


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


@pytest.mark.parametrize(
    ("read", "text", "predicted"),
    [
        (whole, "bug.", "(none)"),
        (bare_label, "**Bug**.", "(none)"),
        (bare_label, '"bug".', "bug"),
        (bare_label, "It's a bug.", "(none)"),
        (label_in_text, "It's a bug.", "bug"),
        (label_in_text, "It's billing, not a bug.", "(none)"),
        (label_in_text, "<think>billing?</think> bug", "bug"),
    ],
)
def test_the_suite_chooses_how_the_label_is_read(score, read, text, predicted):
    """As it is, without decorations, or out of a sentence."""
    assert score(predicts_label(LABELS, read=read), text, "bug").classes == ("bug", predicted)


@pytest.mark.parametrize(
    ("read", "text", "predicted"),
    [
        (bare_label, '{"queue": "`bug`."}', "bug"),
        (label_in_text, '{"queue": "a bug, I think", "why": "billing works"}', "bug"),
        ((embedded_json, bare_label), 'Sure: {"queue": "**bug**"}', "bug"),
        ((unfenced, label_in_text), '```\n{"queue": "the bug queue"}\n```', "bug"),
        (embedded_json, 'Sure: {"queue": "**bug**"}', "(none)"),
        (bare_label, '{"queue": ["bug"]}', "(none)"),
    ],
)
def test_a_label_in_a_field_is_read_the_same_way(score, read, text, predicted):
    """The first reader finds the JSON, the reader of labels reads the field."""
    assert score(predicts_label(LABELS, "queue", read=read), text, "bug").classes == ("bug", predicted)


def test_an_answer_that_names_two_labels_predicts_none(score):
    """In a category of its own; the reason names them."""
    wrong = score(predicts_label(LABELS, read=label_in_text), "bug or outage", "bug")

    assert (wrong.value, wrong.classes, wrong.category) == (0, ("bug", "(none)"), "ambiguous label")
    assert wrong.reason == "the answer names 2 labels: 'bug', 'outage'; expected 'bug'"


def test_letters_case_counts_unless_the_suite_says_otherwise(score):
    """The class table has the labels as the suite writes them."""
    labels = ("Bug", "stra\u00dfe", "caf\u00e9")

    assert score(predicts_label(labels), "bug", "Bug").classes == ("Bug", "(none)")
    assert score(predicts_label(labels, ignore_case=True), "bUG", "Bug").classes == ("Bug", "Bug")
    assert score(predicts_label(labels, ignore_case=True), "STRASSE", "stra\u00dfe").value == 1
    assert score(predicts_label(labels), "cafe\u0301", "caf\u00e9").value == 1
    assert score(predicts_label(labels, ignore_case=True, read=bare_label), "**BUG**", "Bug").value == 1


@pytest.mark.parametrize(
    ("labels", "ignore_case", "hint"),
    [
        (["US", "us"], True, "leave out ignore_case"),
        (["caf\u00e9", "cafe\u0301"], False, "some differ only in how their characters are encoded"),
    ],
)
def test_labels_that_would_be_one_are_refused(labels, ignore_case, hint):
    """An answer could mean either."""
    with pytest.raises(ScorerError, match=f"can't be told apart; {hint}"):
        predicts_label(labels, ignore_case=ignore_case)


@pytest.mark.parametrize("read", [(bare_label, embedded_json), (embedded_json,), (embedded_json, unfenced)])
def test_two_readers_are_one_of_the_answer_and_one_of_labels(read):
    """In this order."""
    with pytest.raises(ScorerError, match="a tuple is a reader, then bare_label or label_in_text"):
        predicts_label(LABELS, "queue", read=read)


def test_other_scorers_take_no_reader_of_labels():
    """They have no labels."""
    with pytest.raises(ScorerError, match="bare_label reads labels, so only predicts_label takes it"):
        exact_match(read=bare_label)
