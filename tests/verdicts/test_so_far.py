"""Gates that are judged while cases are left, and comparisons of which some were never asked."""

import msgspec
import pytest

from harness.errors import InputError
from harness.records.compared import Gate, Row, Slices
from harness.verdicts.compare import over
from harness.verdicts.gate import decide
from harness.verdicts.so_far import decide_so_far, decide_without_rest, undecided
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


def test_a_pair_of_cases_in_a_group_that_was_not_asked_yet_makes_all_of_them_groups():
    """As a whole such a suite rules out a drop of .04 at best, and without the pair one of .02."""
    whole = of_scores(spread(300, (LOST, 150)))
    rows = [msgspec.structs.replace(row, group="pair" if place > 297 else None) for place, row in enumerate(whole.rows)]
    part, gate = left([SAME] * 200, all=100), Gate(max_drop=0.035)

    assert decide("test", whole, gate).outcome == "passed"
    assert decide("test", over(whole, rows), gate).outcome == "inconclusive"
    assert decide_so_far("test", part, gate) is not None
    assert decide_so_far("test", msgspec.structs.replace(part, groups_left=True), gate) is None


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


WRONG = (0.0, 0.0)
ENDED = "the budget is gone"


def rest(number: int, tags: tuple[str, ...] = ()) -> list[Row]:
    """Return so many cases without a score."""
    return [Row(case_id=f"left-{n}", tags=tags, baseline=None, candidate=None, unscored="-") for n in range(number)]


def test_a_gate_whose_other_cases_get_no_score_is_inconclusive_and_says_why():
    """Its comparison is still of what was asked."""
    part = left([SAME] * 100, all=200)

    (verdict,) = decide_without_rest("test", part, GATE, rest(200), ENDED)

    assert (verdict.outcome, verdict.comparison) == ("inconclusive", part)
    assert verdict.reasons == (f"100 of 300 cases were asked, and more can't decide this gate: {ENDED}",)


def test_a_gate_fails_without_scores_of_the_others_where_their_best_could_not_save_it():
    """And passes where so many may lack one: the verdict is that of all cases."""
    part, floor = left([WRONG] * 100, all=50), Gate(floor=0.5)
    lenient = Gate(floor=0.0, max_unscored=50)

    (failed,) = decide_without_rest("test", part, floor, rest(50), ENDED)
    (passed,) = decide_without_rest("test", part, lenient, rest(50), ENDED)

    assert (failed.outcome, passed.outcome) == ("failed", "passed")
    assert failed.reasons[0].startswith("decided early, by 100 of 150 cases: ")


def test_a_slice_that_was_asked_whole_has_its_verdict_though_another_gets_no_more_scores():
    """Slices of which no case was asked have none."""
    part = left([SAME] * 100, ("language-en",), all=50, language_de=50)
    slices = Slices(comparison=part, name="language")

    verdicts = decide_without_rest("test", slices, Gate(max_drop=0.1), rest(50, ("language-de",)), ENDED)

    assert [(one.comparison.tag, one.outcome) for one in verdicts] == [("language-en", "passed")]
