"""The shape of rows: labels, variety, lengths, advice, costs, and rows that can't be trained on."""

from array import array

import pytest

from harness.config.prices import TrainingPrice
from harness.data.checks.shape import spread
from harness.data.checks.shape.advice import costs, training_time
from harness.data.checks.shape.shape import KINDS, Shapes, padding
from harness.data.checks.shape.spread import Spread
from tests.data.checks.made import kinds, problems, row, rows


def test_a_row_that_is_too_long_is_told_and_never_cut():
    """With its tokens and its line; one as long as allowed is no problem."""
    given = rows([("a", "x" * size) for size in (10, 11, 12)])

    found = problems(Shapes(tokens=lambda one: len(one.output), max_length=11), given)

    assert [(one.kind, one.places, one.told) for one in found if one.kind == "too-long"] == [
        ("too-long", ("rows.jsonl:3",), "the row has 12 tokens, more than max_length = 11: it is refused")
    ]


def test_a_row_that_trains_nothing_is_told():
    """No token of it is in the loss."""
    given = [row("a", "b"), row("a", "", line=2)]

    found = problems(Shapes(trained=lambda one: len(one.output)), given)

    assert [one.places for one in found if one.kind == "no-loss"] == [("rows.jsonl:2",)]


def test_labels_are_counted_and_rare_ones_told():
    """Where the answers are few short texts."""
    answers = ["bug"] * 60 + ["billing"] * 30 + ["outage"] * 3

    check = Shapes()
    found = problems(check, rows([("a", answer) for answer in answers]))

    assert check.shape().labels == (("bug", 60), ("billing", 30), ("outage", 3))
    assert [(one.kind, one.places) for one in found] == [("imbalance", ("rows.jsonl:91",))]
    assert (
        found[0].told == "the answer 'outage' is that of 3 of 93 (3.2 %) rows, the most frequent one of 60 of 93 (65 %)"
    )


def test_a_rare_answer_is_shown_masked():
    """It can be anybody's address."""
    (found,) = problems(Shapes(), rows([("a", answer) for answer in [*["bug"] * 60, "ada.byron@tidewell.io"]]))

    assert found.told.startswith("the answer 'ad…io' is that of 1 of 61")


def test_sentences_are_no_labels():
    """However often they repeat; then they are repetitive."""
    check = Shapes()
    found = kinds(check, rows([("a", "The parcel is on its way to you.")] * 40))

    assert check.shape().labels == ()
    assert found == ["repetitive"]


def test_few_rows_are_better_used_as_examples():
    """29 are few, 30 are not; none at all are no rows to use."""
    assert kinds(Shapes(), rows([("a", f"The parcel {number} is there.") for number in range(29)])) == ["few-rows"]
    assert kinds(Shapes(), rows([("a", f"The parcel {number} is there.") for number in range(30)])) == []
    assert kinds(Shapes(), []) == []


def test_lengths_are_those_of_the_tokenizer():
    """Median, 95 %, the longest with its place; nothing without a tokenizer."""
    given = rows([("a", "x" * size) for size in range(1, 101)])
    check = Shapes(tokens=lambda one: len(one.output), batch=1)

    problems(check, given)
    lengths = check.shape().lengths

    assert lengths is not None
    assert (lengths.tokens, lengths.median, lengths.p95, lengths.longest) == (5050, 51, 96, 100)
    assert (lengths.longest_at, lengths.padding) == ("rows.jsonl:100", 0.0)
    assert Shapes().shape().lengths is None


def test_padding_is_what_fills_a_batch():
    """A quarter where one of two rows is half as long; the same draw each time."""
    assert padding(array("I", [40, 20]), 2) == pytest.approx(0.25)
    assert padding(array("I", range(1, 1000)), 8) == padding(array("I", range(1, 1000)), 8) > 0.3


def test_variety_is_the_share_of_different_n_grams():
    """Of one, two and three words."""
    check = Shapes()
    problems(check, rows([("q", "a b a b"), ("q", "a b c")]))

    assert check.shape().distinct == pytest.approx((3 / 7, 3 / 5, 3 / 3))


def test_repeated_texts_are_counted_also_where_there_are_too_many_to_keep(monkeypatch):
    """Exactly below the limit, and about so above it."""
    exact = Spread()
    for number in range(300):
        exact.add(str(number), f"text {number % 100}")
    monkeypatch.setattr(spread, "KNOWN", 500)
    drawn = Spread()
    for number in range(30_000):
        drawn.add(str(number), f"text {number % 10_000}")

    assert exact.repeated() == pytest.approx(2 / 3)
    assert drawn.repeated() == pytest.approx(2 / 3)
    assert len(drawn._counts) <= 500


def test_hosted_training_costs_by_the_prices_that_people_named():
    """All epochs together, the cheapest first, each with its day."""
    prices = {
        "big": TrainingPrice(per_million=25.0),
        "own": TrainingPrice(per_million=0.5, currency="EUR", as_of="2026-11-27"),
        "small": TrainingPrice(per_million=3.0),
    }

    found = costs(2_000_000, prices)

    assert [(one.name, one.amount, one.currency, one.as_of) for one in found] == [
        ("own", 1.0, "EUR", "2026-11-27"),
        ("small", 6.0, "USD", ""),
        ("big", 50.0, "USD", ""),
    ]
    assert costs(2_000_000, {}) == ()


def test_the_time_of_training_is_that_of_its_tokens_at_the_pace_of_the_steps_that_were_timed():
    """Between the fastest and the slowest; a step of more tokens counts for more in the middle."""
    time = training_time([(1.0, 1_000), (4.0, 2_000)], steps=30, tokens=60_000, device="CPU")

    assert (time.seconds, time.least, time.most) == pytest.approx((100.0, 60.0, 120.0))
    assert (time.measured, time.steps, time.tokens) == (2, 30, 60_000)


@pytest.mark.parametrize("steps", [[], [(1.0, 0)]])
def test_without_a_step_there_is_no_time(steps):
    """Nothing is made up."""
    with pytest.raises(ValueError, match="no step was measured"):
        training_time(steps, steps=30, tokens=60_000, device="CPU")


def test_kinds_have_names_of_their_own():
    """Six of them."""
    assert len({kind.name for kind in KINDS}) == len(KINDS) == 6


def test_one_sentence_among_labels_hides_neither_them_nor_their_balance():
    """It is told as another form of answer."""
    answers = ["bug"] * 60 + ["billing"] * 30 + ["outage"] * 3 + ["I'm sorry, but I can't help you with that."]

    check = Shapes()
    found = kinds(check, rows([("a", answer) for answer in answers]))

    assert check.shape().labels == (("bug", 60), ("billing", 30), ("outage", 3))
    assert found == ["imbalance"]


def test_an_empty_answer_is_no_label():
    """It is told as an empty turn."""
    check = Shapes()

    assert kinds(check, rows([("a", answer) for answer in [*["bug"] * 60, *["billing"] * 30, " "]])) == []
    assert check.shape().labels == (("bug", 60), ("billing", 30))


def test_more_than_a_few_sentences_among_labels_are_no_labels():
    """Six of 60."""
    answers = ["bug"] * 54 + ["I'm sorry, but I can't help you with that."] * 6

    assert kinds(Shapes(), rows([("a", answer) for answer in answers])) == ["repetitive"]


def test_labels_that_repeat_are_no_repetition():
    """Also where there are too few rows for so many labels."""
    assert kinds(Shapes(), rows([("a", f"label_{number % 20}") for number in range(60)])) == []
