"""Which answers astonish a model: by label where answers are labels, else among all."""

import pytest

from harness.data.checks.shape.outliers import EACH, FEWEST, Likely, astonishing


def likely(nats, answer="yes"):
    """Return answers at lines of their own, each with its nats per token."""
    return [Likely(place=f"{answer}:{line}", answer=answer, nats_per_token=one) for line, one in enumerate(nats, 1)]


USUAL = [1.0, 1.1, 1.2, 1.3, 1.4] * 5


def test_an_answer_far_above_the_median_astonishes_and_one_within_does_not():
    """The limit is 3.5 robust standard deviations: here MAD is 0.1, so 1.2 + 3.5 * 0.1 / 0.6745 = 1.719."""
    compared = astonishing(likely([*USUAL, 1.71, 1.73, 9.0]), labels=False)

    assert [one.likely.nats_per_token for one in compared.outliers] == [9.0, 1.73]
    assert compared.threshold == pytest.approx(3.5 * 0.1 / 0.6745)
    assert compared.outliers[0].usual == pytest.approx(1.2)
    assert compared.outliers[0].score == pytest.approx(0.6745 * 7.8 / 0.1)


def test_an_answer_far_below_the_median_does_not():
    """What the model expects is no mistake."""
    assert not astonishing(likely([*USUAL, 0.0]), labels=False).outliers


def test_a_label_is_compared_with_the_same_label():
    """A rare word costs much wherever it is right; a frequent one is astonishing far below that."""
    rare = likely([6.0, 6.1, 6.2, 6.3, 6.4] * 5, "beneficiary_not_allowed")
    frequent = likely([*USUAL, 4.0], "card")

    by_label = astonishing([*rare, *frequent], labels=True)
    by_all = astonishing([*rare, *frequent], labels=False)

    assert [one.likely.place for one in by_label.outliers] == ["card:26"]
    assert by_label.outliers[0].usual == pytest.approx(1.2)
    assert not by_all.outliers


def test_labels_with_few_rows_are_not_compared():
    """Their median would be that of the mistake itself."""
    few = likely([1.0, 1.0, 9.0, 9.1][: EACH - 1], "odd")

    compared = astonishing([*likely(USUAL), *few], labels=True)

    assert compared.rows == len(USUAL)
    assert not compared.outliers


@pytest.mark.parametrize("nats", [[], [*USUAL[: FEWEST - 2], 9.0], [1.0] * 40 + [9.0]], ids=["none", "few", "alike"])
def test_nothing_is_told_where_there_is_nothing_to_compare(nats):
    """Too few rows, or half of them exactly alike, so that any distance would be infinite."""
    compared = astonishing(likely(nats), labels=False)

    assert (compared.outliers, compared.threshold) == ((), None)
