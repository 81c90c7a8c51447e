"""Several scores of one answer: mean and majority, missing members, and disagreement that is kept."""

import pytest

from harness.records.scored import Score
from harness.scorers.judges.jury import from_jury, from_samples

NAMES = "abcdef"


def level(number: int) -> Score:
    """Return the score of a level of five."""
    return Score(value=(number - 1) / 4, reason=f"level {number} of 5: words", category=f"level {number}")


def missing(why: str = "unreadable verdict") -> Score:
    """Return no score."""
    return Score(value=None, reason=f"{why}: 'hm'", category=why)


def jury(combine: str, *scores: Score) -> Score:
    """Return what a jury says."""
    return from_jury(list(zip(NAMES, scores, strict=False)), combine)


@pytest.mark.parametrize(
    ("combine", "levels", "value"),
    [
        ("mean", (5, 5, 2), 0.75),
        ("majority", (5, 5, 2), 1.0),
        ("majority", (1, 2, 5), 0.25),
        ("majority", (2, 3), 0.375),
        ("majority", (1, 1, 1, 5, 5), 0.0),
        ("mean", (4, 4), 0.75),
    ],
)
def test_a_jury_says_the_mean_or_what_more_than_half_say(combine, levels, value):
    """Without a majority it is the median."""
    assert jury(combine, *map(level, levels)).value == pytest.approx(value)


def test_disagreement_is_kept_in_reason_and_category():
    """With what each said; a jury of one mind is told as such."""
    split, whole = jury("mean", level(5), level(4)), jury("mean", level(4), level(4))

    assert split.reason == "mean of 2 judges: a 1.00 (level 5), b 0.75 (level 4)"
    assert split.category.endswith(", jury split")
    assert (whole.reason, whole.category) == ("all 2 judges: level 4 of 5: words", "level 4")


def test_a_member_without_a_verdict_is_left_out_and_told():
    """As long as half of the members said something."""
    given = jury("mean", level(5), missing())

    assert given.value == 1.0
    assert given.reason == "mean of 1 judge: a 1.00 (level 5), b no verdict (unreadable verdict)"
    assert jury("mean", level(5), missing(), missing()).value is None
    assert jury("majority", missing(), missing("failed judge call")).value is None


def test_why_a_jury_says_nothing_is_told():
    """By the first that is missing, with its category, so that unreadable verdicts are counted."""
    nothing = jury("mean", level(5), missing(), missing("failed judge call"))

    assert nothing.category == "unreadable verdict"
    assert nothing.reason == "2 of 3 judges gave no verdict, first b: unreadable verdict: 'hm'"


def test_samples_are_a_mean_with_the_disagreement_in_the_reason():
    """The category is the level next to the mean."""
    given = from_samples([level(5), level(4), level(4), missing()])

    assert given.value == pytest.approx((1 + 0.75 + 0.75) / 3)
    assert given.category == "level 4"
    assert given.reason == (
        "mean of 3 samples: 1.00 (level 5), 0.75 (level 4), 0.75 (level 4), no verdict (unreadable verdict)"
    )
    assert from_samples([level(5), missing(), missing()]).value is None


def test_one_member_is_no_jury():
    """Its own score stays as it is."""
    assert from_jury([("a", level(3))], "mean") == level(3)
