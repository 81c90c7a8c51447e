"""What the lost cases of a comparison have in common, from rows and what was asked."""

from collections.abc import Sequence

import msgspec
import pytest

from harness.records.asked import Case, ModelRef
from harness.records.compared import Comparison, Row
from harness.records.messages import Message
from harness.verdicts.compare import over, without_figures
from harness.verdicts.concentration import Shared, right_somewhere, shared_by_lost
from harness.verdicts.conditions import Condition, Traits, traits_of

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t")
LOST, KEPT, WON, WRONG = (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)
Part = tuple[str, Sequence[tuple[float | None, float | None]]]


def compared(*parts: Part, unit: str = "") -> tuple[Comparison, dict[str, Traits]]:
    """Return a comparison of cases whose question is the text before their scores, and the cases' traits."""
    given = [(text, value) for text, values in parts for value in values]
    rows = tuple(
        Row(case_id=f"case-{place}", baseline=before, candidate=after, unscored="" if after is not None else "lost")
        for place, (_, (before, after)) in enumerate(given)
    )
    traits = {
        f"case-{place}": traits_of(Case(id="", messages=(Message(role="user", content=text),)))
        for place, (text, _) in enumerate(given)
    }
    comparison = without_figures("exact_match()", (MODEL, MODEL), rows, {})
    return over(comparison, rows) if not unit else msgspec.structs.replace(comparison, unit=unit), traits


def found(*parts: Part, searches: int = 1) -> tuple[Shared, ...]:
    """Return what the lost cases have in common."""
    comparison, traits = compared(*parts)
    return shared_by_lost(right_somewhere(comparison), traits, searches)


def test_the_word_that_lost_cases_share_is_named_with_its_counts():
    """11 of the 14 lost cases mention a refund, and 27 of the 142 that were right before; wrong ones don't count."""
    (shared,) = found(
        ("about a refund", [LOST] * 11 + [KEPT] * 16 + [WRONG] * 20),
        ("about a parcel", [LOST] * 3 + [KEPT] * 112 + [WRONG] * 5),
        ("about a refund", [WON]),
    )

    assert shared.condition == Condition(kind="word", value="refund")
    assert (shared.lost, shared.all_lost, shared.right, shared.all_right, shared.won) == (11, 14, 27, 142, 1)
    assert shared.p_value <= 0.05


def test_equal_losses_and_wins_are_not_named():
    """A slice in which cases flip both ways is unsteady; nothing was lost there."""
    assert not found(
        ("about a refund", [LOST] * 11 + [WON] * 11 + [KEPT] * 16), ("about a parcel", [LOST] * 3 + [KEPT] * 112)
    )


def test_losses_that_fall_anywhere_are_not_named():
    """However many: the whole is worse, and no part of it is."""
    assert not found(
        ("about a refund", [LOST] * 6 + [KEPT] * 24), ("about a parcel", [LOST] * 20 + [KEPT] * 80 + [WRONG] * 50)
    )


def test_what_the_baseline_had_wrong_can_not_be_lost():
    """All lost cases are of the kind that the baseline gets right: that is no finding."""
    assert not found(("about a refund", [LOST] * 10 + [KEPT] * 30), ("about a parcel", [WRONG] * 98 + [KEPT] * 2))


def test_graded_scores_are_lost_where_they_cross_the_half():
    """A lower score that is still right is kept; one that was never right is not looked at."""
    (shared,) = found(
        ("about a refund", [(0.9, 0.4)] * 11 + [(0.9, 0.6)] * 16),
        ("about a parcel", [(0.6, 0.1)] * 3 + [(0.8, 0.55)] * 112 + [(0.4, 0.1)] * 30),
    )

    assert (shared.lost, shared.all_lost, shared.right, shared.all_right) == (11, 14, 27, 142)


def test_unscored_cases_are_left_out():
    """What was not answered is neither lost nor kept."""
    comparison, _ = compared(("about", [LOST] * 3 + [WON] * 3 + [KEPT, WRONG, (1.0, None), (None, 1.0)]))

    assert [row.case_id for row in right_somewhere(comparison)] == [f"case-{place}" for place in range(7)]


@pytest.mark.parametrize(
    ("comparison", "why"),
    [
        (compared(("about", [LOST] * 5 + [KEPT] * 50))[0], "five flips"),
        (compared(("about", [LOST] * 20 + [KEPT] * 50), unit="s")[0], "a quantity"),
        (compared(("about", []))[0], "no cases"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_no_search_is_made(comparison, why):
    """Where too little flipped to find anything, or nothing is lost or won."""
    assert right_somewhere(comparison) == (), why


def test_conditions_on_much_the_same_lost_cases_are_named_once():
    """Every case about a refund also has a word that a few others have; a second reason is named beside the first."""
    shared = found(
        ("refund order please", [LOST] * 12 + [KEPT] * 8),
        ("order please", [KEPT] * 6),
        ("parcel of a customer", [LOST] * 12 + [KEPT] * 8),
        ("something else here", [LOST] * 2 + [KEPT] * 152),
    )
    named = [one.condition.value for one in shared]

    assert sorted(named) == ["customer", "refund"]


def test_at_most_three_are_named():
    """The strongest first."""
    parts = [(f"question kind{place}", [LOST] * (18 - place) + [KEPT] * 4) for place in range(5)]
    shared = found(*parts, ("question other", [KEPT] * 400))

    assert len(shared) == 3
    assert [one.lost for one in shared] == [18, 17, 16]


def test_the_more_searches_the_stronger_a_finding_must_be():
    """All searches of a run share one error rate."""
    parts: tuple[Part, ...] = (
        ("about a refund", [LOST] * 8 + [KEPT] * 20),
        ("about a parcel", [LOST] * 4 + [KEPT] * 110 + [WON] * 3),
    )

    assert found(*parts)
    assert not found(*parts, searches=50)


def test_the_same_rows_give_the_same_findings():
    """Chance is seeded from the rows."""
    parts: tuple[Part, ...] = (("a refund", [LOST] * 11 + [KEPT] * 16), ("a parcel", [LOST] * 3 + [KEPT] * 112))

    assert found(*parts) == found(*parts)
