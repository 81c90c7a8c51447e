"""Missing answers turn no verdict: with too many unscored, a gate fails only if it would fail whatever they were."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Noise, Verdict
from harness.records.scored import CaseScore, Score, Scores
from harness.scorers import answer_tokens
from harness.verdicts.bounds import with_best_answers
from harness.verdicts.compare import compare
from harness.verdicts.compare_quantity import compare_quantity
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices
from harness.verdicts.wording import wording

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t")
Value = tuple[float | None, float | None]
LOST, WON, KEPT, WRONG, GONE = (1, 0), (0, 1), (1, 1), (0, 0), (None, None)


def side(values: Sequence[Value], place: int, tags: Sequence[str] = ()) -> Scores:
    """One side's scores of the given (baseline, candidate) values; None is a failed call."""
    items = tuple(
        CaseScore(
            case_id=f"c{n:04}",
            group=None,
            tags=(tags[n],) if tags else (),
            repeat=0,
            request_key="k",
            score=Score(value=pair[place], reason="HTTP 500" if pair[place] is None else ""),
        )
        for n, pair in enumerate(values)
    )
    return Scores(scorer="exact_match()", model=MODEL, fingerprint={"cases": "c"}, items=items)


def pairs(values: Sequence[Value], tags: Sequence[str] = ()) -> Comparison:
    """A comparison of the given (baseline, candidate) values."""
    return compare(side(values, 0, tags), side(values, 1, tags))


def judged(comparison: Comparison, **thresholds: float) -> Verdict:
    """The verdict of a gate with these thresholds."""
    return decide("suites/test_x.py::test_y", comparison, Gate(**thresholds))


def by_language(parts: dict[str, Sequence[Value]], **thresholds: float) -> dict[str, Verdict]:
    """The verdict of each language."""
    tags = [f"language-{name}" for name, values in parts.items() for _ in values]
    whole = pairs([value for values in parts.values() for value in values], tags)
    verdicts = decide_slices("t", whole.by_tag("language"), Gate(**thresholds))
    return {verdict.comparison.tag.removeprefix("language-"): verdict for verdict in verdicts}


def test_a_faulty_server_fails_no_gate():
    """The example of the issue: 135 of 1,000 cases are scored, and dropped by 12 net; the others could be right."""
    verdict = judged(pairs([LOST] * 20 + [WON] * 8 + [KEPT] * 107 + [GONE] * 865), max_drop=0.06)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons == (
        "865 unscored, more than the allowed 0: both sides: HTTP 500",
        (
            "dropped by 0.089, more than the allowed 0.060, on 135 of 1000 cases; "
            "the answers to the 865 unscored cases could change that"
        ),
    )


def test_a_drop_that_the_missing_answers_cannot_undo_fails():
    """120 of 1,000 lost and 20 unscored: at best the candidate wins those 20, which leaves a drop of .100."""
    verdict = judged(pairs([LOST] * 120 + [KEPT] * 860 + [GONE] * 20), max_drop=0.06)

    assert verdict.outcome == "failed"
    assert verdict.reasons[0] == (
        "dropped by 0.122, more than the allowed 0.060; with the best answers to the 20 unscored cases it would "
        "fail too (dropped by 0.100, more than the allowed 0.060)"
    )
    assert wording(verdict).splitlines()[0].startswith("exact_match() on 980 cases: dropped by 0.122")


@pytest.mark.parametrize(
    ("missing", "outcome"),
    [
        (GONE, "inconclusive"),  # at best won: 9 lost, 9 won
        ((None, 1), "inconclusive"),  # at best won too
        ((1, None), "failed"),  # at best right on both sides: a drop of .09
        ((None, 0), "failed"),  # at best wrong on both sides
    ],
)
def test_what_one_side_scored_is_not_missing(missing: Value, outcome: str):
    """9 lost of 91, and 9 cases of which none, or one side, is known; more than .05 must be lost net."""
    verdict = judged(pairs([LOST] * 9 + [KEPT] * 82 + [missing] * 9), max_drop=0.05)

    assert verdict.outcome == outcome


@pytest.mark.parametrize(("right", "outcome"), [(29, "failed"), (30, "inconclusive")])
def test_a_floor_fails_when_all_missing_right_would_still_miss_it(right: int, outcome: str):
    """50 scored and 50 missing: with 29 right at most 79 of 100 can be, with 30 right 80."""
    verdict = judged(pairs([KEPT] * right + [WRONG] * (50 - right) + [(1, None)] * 50), floor=0.8)

    assert verdict.outcome == outcome
    if outcome == "failed":
        assert verdict.reasons[0] == (
            "candidate 0.580 is below the floor 0.800: 50 cases rule out a true mean above 0.699; with the "
            "best answers to the 50 unscored cases it would fail too (candidate 0.790 is below the floor 0.800, "
            "though 100 cases cannot rule out a true mean of 0.855)"
        )


def test_a_floor_that_the_scored_cases_reach_does_not_fail():
    """Although the candidate is known to be wrong in each case that the baseline left open."""
    verdict = judged(pairs([KEPT] * 50 + [(None, 0)] * 50), floor=0.8)

    assert verdict.outcome == "inconclusive"
    assert len(verdict.reasons) == 1


def test_lost_cases_beyond_the_limit_fail_whatever_is_missing():
    """No missing answer brings a lost case back."""
    failed = judged(pairs([LOST] * 3 + [KEPT] * 7 + [GONE] * 90), max_flips=2)
    within = judged(pairs([LOST] * 2 + [KEPT] * 8 + [GONE] * 90), max_flips=2)

    assert failed.outcome == "failed"
    assert failed.reasons[0] == (
        "lost 3 cases, more than the allowed 2 (not asked again); "
        "with the best answers to the 90 unscored cases it would fail too"
    )
    assert within.outcome == "inconclusive"


def test_chance_is_that_of_all_cases():
    """Lost are 12 of 100; chance loses 5 of those scored, and 50 of all: 12 of 1,000 say nothing."""
    noise = Noise(asked=20, answers_changed=2, scored=20, scores_changed=2, spread=0.1)
    scored = msgspec.structs.replace(pairs([LOST] * 13 + [KEPT] * 87), noise=noise)
    cut_off = msgspec.structs.replace(pairs([LOST] * 13 + [KEPT] * 87 + [GONE] * 900), noise=noise)

    assert judged(scored, max_flips=2).outcome == "failed"
    assert judged(cut_off, max_flips=2).outcome == "inconclusive"


def test_one_unscored_case_is_spoken_of_in_the_singular():
    """The answers to the unscored case."""
    verdict = judged(pairs([LOST] * 9 + [KEPT] + [GONE]), max_drop=0.05, max_flips=20)

    assert verdict.reasons[0] == (
        "dropped by 0.900, more than the allowed 0.050; with the best answers to the unscored case it would fail too "
        "(dropped by 0.727, more than the allowed 0.050)"
    )


def test_each_threshold_is_bounded_by_itself():
    """The floor fails whatever is missing, the drop could be undone, no more cases are lost than allowed."""
    values = [WRONG] * 60 + [LOST] * 10 + [KEPT] * 10 + [GONE] * 20

    verdict = judged(pairs(values), floor=0.5, max_drop=0.05, max_flips=10)

    assert verdict.outcome == "failed"
    assert [reason.split(";")[0] for reason in verdict.reasons] == [
        "candidate 0.125 is below the floor 0.500: 80 cases rule out a true mean above 0.203",
        "20 unscored, more than the allowed 0: both sides: HTTP 500",
        "dropped by 0.125, more than the allowed 0.050, on 80 of 100 cases",
    ]


@pytest.mark.parametrize("thresholds", [{"floor": 0.0}, {"lower_bound": 0.1}, {"max_drop": 1.0}, {"max_flips": 999}])
def test_too_many_unscored_never_pass(thresholds: dict[str, float]):
    """However mild the gate, and though nothing that is missing could turn it."""
    assert judged(pairs([KEPT] * 500 + [GONE]), **thresholds).outcome == "inconclusive"


def test_as_many_unscored_as_allowed_are_judged_as_ever():
    """The scored cases decide alone."""
    values = [LOST] * 20 + [WON] * 8 + [KEPT] * 107 + [GONE] * 865

    assert judged(pairs(values), max_drop=0.06, max_unscored=865).reasons == (
        "dropped by 0.089, more than the allowed 0.060",
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0.5, 1, None]), st.sampled_from([0, 0.5, 1, None]), st.floats(0, 1), st.floats(0, 1)
        ),
        min_size=1,
        max_size=40,
    ),
    st.floats(0.01, 0.9),
    st.integers(0, 10),
)
def test_no_answers_turn_a_failed_gate(cases: list[tuple[float | None, ...]], share: float, flips: int):
    """Whatever is filled in for what is missing, a threshold that failed fails on the whole."""
    holes = pairs([(before, after) for before, after, _, _ in cases])
    whole = pairs([(x if before is None else before, y if after is None else after) for before, after, x, y in cases])

    for thresholds in ({"floor": share}, {"lower_bound": share}, {"max_drop": share}, {"max_flips": flips}):
        before, after = judged(holes, **thresholds), judged(whole, **thresholds)

        assert not holes.unscored or before.outcome != "passed"
        assert before.outcome != "failed" or after.outcome == "failed"


@given(
    st.lists(st.sampled_from([LOST, LOST, WON, KEPT, GONE, (1, None), (None, 0)]), min_size=1, max_size=40),
    st.lists(st.sampled_from([LOST, WON, KEPT, WRONG]), min_size=40, max_size=40),
)
def test_no_answers_turn_a_failed_slice(cases: list[Value], filled: list[Value]):
    """Each other case is of the other language, so that the missing ones count in the correction too."""

    def halves(values: list[Value]) -> dict[str, list[Value]]:
        return {"de": values[::2], "fr": values[1::2] or [KEPT]}

    whole = [
        tuple(new if old is None else old for old, new in zip(case, fill, strict=True))
        for case, fill in zip(cases, filled, strict=False)
    ]

    before, after = (by_language(halves(values), max_drop=0.05) for values in (cases, whole))

    assert all(after[name].outcome == "failed" for name, verdict in before.items() if verdict.outcome == "failed")


def test_a_slice_fails_only_beyond_what_chance_explains_at_best():
    """Ten lost of twenty have p .001; were four missing answers won, p would be .090."""
    lost = [LOST] * 10 + [KEPT] * 10

    scored, open_ = (by_language({"de": [*lost, *missing]}, max_drop=0.05)["de"] for missing in ([], [GONE] * 4))
    few = by_language({"de": [*lost, GONE]}, max_drop=0.05)["de"]

    assert (scored.outcome, open_.outcome, few.outcome) == ("failed", "inconclusive", "failed")
    assert few.reasons[0] == (
        "dropped by 0.500, more than the allowed 0.050; with the best answers to the unscored case it would fail too "
        "(dropped by 0.429, more than the allowed 0.050)"
    )


def test_a_slice_with_missing_answers_makes_the_correction_of_others_no_milder():
    """Five lost of five have p .031: below .05 only while the other slice's p is taken from what it has scored."""
    lost = {"de": [LOST] * 5 + [KEPT] * 15}

    known = by_language({**lost, "fr": [LOST] * 9 + [KEPT]}, max_drop=0.05)
    open_ = by_language({**lost, "fr": [LOST] * 9 + [KEPT] + [GONE] * 30}, max_drop=0.05)

    assert known["de"].outcome == "failed"
    assert open_["de"].outcome == "inconclusive"
    assert "p 0.031 for this slice alone, 0.062 corrected for 2 slices" in open_["de"].reasons[0]


@pytest.mark.parametrize("thresholds", [{"ceiling": 50}, {"max_rise": 0.1}])
def test_a_quantity_with_missing_amounts_does_not_fail(thresholds: dict[str, float]):
    """A missing amount of the baseline has no upper end; allowed ones don't matter."""
    values: list[Value] = [(100, 200)] * 60 + [(None, 200)]
    comparison = compare_quantity(answer_tokens(), side(values, 0), side(values, 1))

    verdict, allowed = judged(comparison, **thresholds), judged(comparison, **thresholds, max_unscored=1)

    assert (verdict.outcome, allowed.outcome) == ("inconclusive", "failed")
    assert verdict.reasons[0].startswith("1 unscored, more than the allowed 0")
    assert verdict.reasons[1].endswith("on 60 of 61 cases; the answers to the unscored case could change that")


def test_the_best_answers_fill_what_is_missing_and_change_nothing_else():
    """The baseline wrong and the candidate right, where they are not known."""
    filled = with_best_answers(pairs([LOST, GONE, (1, None), (None, 0.25), (0.5, 0.75)]))

    assert [(row.baseline, row.candidate) for row in filled.rows] == [(1, 0), (0, 1), (1, 1), (0, 0.25), (0.5, 0.75)]
    assert (filled.unscored, filled.delta.n, filled.delta.mean) == ((), 5, pytest.approx(0.1))
