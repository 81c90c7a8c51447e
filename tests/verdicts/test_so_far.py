"""Gates that are judged while cases are left, and comparisons of which some were never asked."""

import msgspec
import pytest

from harness.errors import InputError
from harness.records.compared import Gate, Slices
from harness.verdicts.gate import decide
from harness.verdicts.so_far import decide_so_far, undecided
from tests.verdicts.test_early import LOST, SAME, of_scores, spread

GATE = Gate(max_drop=0.1)


def left(scores: object, tags: tuple[str, ...] = (), **not_asked: int) -> object:
    """Return a comparison of which so many cases were not asked, in all and of each tag."""
    named = {name.replace("_", "-"): count for name, count in not_asked.items() if name != "all"}
    return msgspec.structs.replace(of_scores(scores, tags), not_asked={"": not_asked["all"], **named})


def test_with_all_cases_asked_the_verdict_is_that_of_decide():
    """Also where it is inconclusive."""
    whole = of_scores(spread(60, (LOST, 15)))

    assert decide_so_far("test", whole, GATE) == (decide("test", whole, GATE),)


def test_while_cases_are_left_a_gate_is_decided_early_or_not_at_all():
    """None asks on; the same cases as a whole would have a verdict."""
    clear, near = left([SAME] * 100, all=200), left(spread(100, (LOST, 9)), all=200)

    (verdict,) = decide_so_far("test", clear, GATE)

    assert verdict.outcome == "passed"
    assert decide_so_far("test", near, GATE) is None


def test_a_slice_of_which_no_case_was_asked_yet_asks_on():
    """It is no wrong tag, as one is that no case has."""
    part = left([SAME] * 100, ("language-en",), all=200, topic_sums=200)

    assert decide_so_far("test", Slices(comparison=part, name="topic"), GATE) is None
    with pytest.raises(InputError, match="no case has a tag 'tone-"):
        decide_so_far("test", Slices(comparison=part, name="tone"), GATE)


def test_all_slices_that_are_clear_pass():
    """Each by its own cases, asked or not."""
    part = left([SAME] * 200, ("language-en", "language-de"), all=400, language_en=200, language_de=200)

    verdicts = decide_so_far("test", Slices(comparison=part, name="language"), Gate(max_drop=0.2))

    assert [(one.comparison.tag, one.outcome, one.comparison.in_all) for one in verdicts] == [
        ("language-de", "passed", 300),
        ("language-en", "passed", 300),
    ]


def test_what_is_not_decided_says_how_many_were_asked():
    """As one verdict for each slice that has cases, or one for all."""
    part = left(spread(100, (LOST, 9)), ("language-en", "language-de"), all=200, language_en=200)

    (whole,) = undecided("test", part, GATE, "ask more")
    slices = undecided("test", Slices(comparison=part, name="language"), GATE, "ask more")

    assert whole.outcome == "inconclusive"
    assert whole.reasons == ("100 of 300 cases were asked, and they don't decide this gate; ask more",)
    assert [one.comparison.tag for one in slices] == ["language-de", "language-en"]
