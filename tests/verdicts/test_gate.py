"""Gates: each threshold, each outcome, never a pass for nothing, and the words that people read."""

import math
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Noise, Verdict
from harness.records.scored import CaseScore, Score, Scores
from harness.verdicts.compare import compare
from harness.verdicts.gate import decide
from harness.verdicts.wording import wording

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t")


def pairs(
    values: Sequence[tuple[float | None, float | None]],
    *,
    groups: Sequence[str | None] | None = None,
    ids: Sequence[str] = (),
    reason: str = "",
    scorer: str = "field_equals('queue')",
) -> Comparison:
    """A comparison of the given (baseline, candidate) values."""

    def side(place: int) -> Scores:
        items = tuple(
            CaseScore(
                case_id=ids[n] if n < len(ids) else f"c{n:03}",
                group=groups[n] if groups else None,
                repeat=0,
                request_key="k",
                score=Score(value=pair[place], reason=reason if pair[place] is None else ""),
            )
            for n, pair in enumerate(values)
        )
        return Scores(scorer=scorer, model=MODEL, fingerprint={"cases": "c"}, items=items)

    return compare(side(0), side(1))


def flips(n: int, lost: int = 0, won: int = 0, right: int = 0) -> Comparison:
    """Pass-or-fail cases: numbers of lost, won, and right on both sides; the rest are wrong on both."""
    values = [(1, 0)] * lost + [(0, 1)] * won + [(1, 1)] * right
    return pairs(values + [(0, 0)] * (n - len(values)))


def judged(comparison: Comparison, **thresholds: float) -> Verdict:
    """The verdict of a gate with these thresholds."""
    return decide("suites/test_x.py::test_y", comparison, Gate(**thresholds))


def test_a_reached_floor_passes_and_a_missed_one_fails() -> None:
    """At least the floor, by the candidate's mean."""
    comparison = flips(100, right=85)

    passed, failed = judged(comparison, floor=0.85), judged(comparison, floor=0.86)

    assert (passed.outcome, failed.outcome) == ("passed", "failed")
    assert passed.reasons[0].startswith("candidate 0.850 reaches the floor 0.850")
    assert failed.reasons[0].startswith("candidate 0.850 is below the floor 0.860")


def test_a_floor_is_not_missed_by_rounding() -> None:
    """A mean a hair below the floor reaches it; one really below fails, with digits that show it."""
    exact = pairs([(0.7, 0.7)] * 10 + [(0.1, 0.1)] * 10)
    assert exact.candidate_mean is not None
    low = msgspec.structs.replace(exact.candidate_mean, mean=0.4 - 1e-16 * 4)

    passed = judged(msgspec.structs.replace(exact, candidate_mean=low), floor=0.4)
    failed = judged(exact, floor=0.40001)

    assert passed.outcome == "passed"
    assert failed.reasons[0].startswith("candidate 0.40000 is below the floor 0.40001")


def test_a_drop_that_is_ruled_out_passes() -> None:
    """400 cases with 4 lost and 4 won rule out a drop of .05."""
    verdict = judged(flips(400, lost=4, won=4, right=300), max_drop=0.05)

    assert (verdict.outcome, verdict.reasons) == ("passed", ("a drop of more than 0.05 is ruled out (one-sided 95 %)",))


def test_a_drop_beyond_the_margin_fails() -> None:
    """The estimate is below it: 14 of 400 net, against .02."""
    verdict = judged(flips(400, lost=19, won=5, right=351), max_drop=0.02)

    assert (verdict.outcome, verdict.reasons) == ("failed", ("dropped by 0.035, more than the allowed 0.020",))


def test_a_drop_of_just_the_margin_is_inconclusive() -> None:
    """It is not more than allowed, though 0.7 - 0.8 is a hair below -0.1, and it can't be ruled out either."""
    counted = judged(flips(100, lost=2, right=90), max_drop=0.02)
    graded = judged(pairs([(0.8, 0.7)] * 100), max_drop=0.1)

    assert (counted.outcome, graded.outcome) == ("inconclusive", "inconclusive")


def test_too_few_cases_are_inconclusive_and_told_how_many_decide() -> None:
    """200 cases could rule out a drop of .02; with 8 flips among them it takes more."""
    verdict = judged(flips(200, lost=4, won=4, right=150), max_drop=0.02)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons == (
        (
            "200 cases are too few to rule out a drop of 0.02; about 680 would be enough. "
            "Or limit the number of lost cases with max_flips"
        ),
    )


def test_a_gate_that_limits_flips_is_not_told_to_do_so() -> None:
    """The advice is for a gate without that limit."""
    few = judged(flips(58, right=50), max_drop=0.05, max_flips=3)
    some = judged(flips(200, lost=4, won=4, right=150), max_drop=0.02, max_flips=5)

    assert not [reason for reason in (*few.reasons, *some.reasons) if "Or limit" in reason]
    assert "at least 59 are needed" in few.reasons[-1]


def test_so_few_cases_that_none_could_pass_are_told_so() -> None:
    """A twentieth of the cases can be lost unseen among 58, a fiftieth among 148: log .05 / log(1 - margin)."""
    wide, narrow = judged(flips(58, right=50), max_drop=0.05), judged(flips(148, won=10), max_drop=0.02)

    assert (wide.outcome, narrow.outcome) == ("inconclusive", "inconclusive")
    assert wide.reasons == (
        (
            "58 cases are too few to rule out a drop of 0.05, whatever the answers: at least 59 are needed. "
            "Or limit the number of lost cases with max_flips"
        ),
    )
    assert "at least 149 are needed, and about" in narrow.reasons[0]


def test_enough_cases_with_an_unlucky_difference_are_told_so() -> None:
    """300 cases would do for equal sides; a seen drop of .027 needs more, and no number is promised."""
    verdict = judged(flips(300, lost=13, won=5, right=200), max_drop=0.05)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0] == (
        "300 cases cannot rule out a drop of 0.05, though about 200 would be enough if the sides were equal: "
        "the difference seen is -0.027; more cases tell a real drop from chance"
    )


def test_one_case_is_spoken_of_in_the_singular() -> None:
    """One unchanged case rules out nothing."""
    verdict = judged(flips(1, right=1), max_drop=0.05)

    assert verdict.reasons[0].startswith("1 case is too few to rule out a drop of 0.05, whatever the answers")


def test_base_against_base_passes_only_with_enough_cases() -> None:
    """No difference at all: 59 cases rule out a drop of .05, 58 do not: 0.95 ** 58 is more than .05."""
    few, enough = judged(flips(58), max_drop=0.05), judged(flips(59), max_drop=0.05)

    assert (few.outcome, enough.outcome) == ("inconclusive", "passed")


@pytest.mark.parametrize("value", [0.5, 1 / 3])
def test_graded_scores_without_variance_pass_only_with_enough_cases(value: float) -> None:
    """Equal graded scores are held to the same number of cases as unchanged pass-or-fail ones."""
    few, enough = (judged(pairs([(value, value)] * n), max_drop=0.05) for n in (58, 59))

    assert (few.outcome, enough.outcome) == ("inconclusive", "passed")
    assert "at least 59 are needed" in few.reasons[0]


def test_graded_scores_are_judged_by_the_one_sided_bound() -> None:
    """Differences of +-.2: 400 cases rule out .05, 20 don't, and a mean drop of .1 fails."""
    noise = [(0.5, 0.7), (0.5, 0.3)]

    many, few = judged(pairs(noise * 200), max_drop=0.05), judged(pairs(noise * 10), max_drop=0.05)
    worse, unclear = (judged(pairs([(0.5, 0.6), (0.5, 0.2)] * times), max_drop=0.05) for times in (40, 4))

    assert (many.outcome, few.outcome) == ("passed", "inconclusive")
    assert "at least 59 are needed, and about 110 would be enough" in few.reasons[0]
    assert (worse.outcome, unclear.outcome) == ("failed", "inconclusive")
    assert worse.reasons == ("dropped by 0.100, more than the allowed 0.050",)
    assert unclear.reasons[0].startswith("dropped by 0.100, more than the allowed 0.050, which could be chance: p 0.")


def test_groups_count_as_one_observation_each() -> None:
    """60 unchanged cases of 20 documents can't rule out a drop of .05; 60 documents can."""
    grouped = judged(pairs([(1, 1)] * 60, groups=[f"d{n // 3}" for n in range(60)]), max_drop=0.05)
    single = judged(pairs([(1, 1)] * 60, groups=[f"d{n}" for n in range(60)]), max_drop=0.05)

    assert (grouped.outcome, single.outcome) == ("inconclusive", "passed")
    assert "about 180 would" in grouped.reasons[0]


def test_a_single_group_can_never_rule_out_a_drop() -> None:
    """However many cases it has."""
    verdict = judged(pairs([(1, 1)] * 500, groups=["one"] * 500), max_drop=0.5)

    assert verdict.outcome == "inconclusive"
    assert "500 cases cannot rule out a drop of 0.5: all are in one group" in verdict.reasons[0]


def test_flips_are_counted() -> None:
    """Two lost: allowed two, not one; wins don't make up for them."""
    comparison = flips(20, lost=2, won=5)

    passed, failed = judged(comparison, max_flips=2), judged(comparison, max_flips=1)

    assert (passed.outcome, passed.reasons) == ("passed", ("lost 2 cases of the allowed 2",))
    assert (failed.outcome, failed.reasons) == ("failed", ("lost 2 cases, more than the allowed 1 (not asked again)",))


@pytest.mark.parametrize(
    "thresholds",
    [{"floor": 0.0}, {"lower_bound": 0.1}, {"max_drop": 1.0}, {"max_flips": 99}, {"floor": 0, "max_unscored": 9}],
)
@pytest.mark.parametrize("values", [[], [(None, None)] * 5, [(1.0, None)] * 5])
def test_nothing_scored_never_passes(
    values: list[tuple[float | None, float | None]], thresholds: dict[str, float]
) -> None:
    """No cases, or all unscored on a side: inconclusive under the mildest gate there is."""
    verdict = judged(pairs(values), **thresholds)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0].startswith("none of 5 cases" if values else "no cases")


def test_unscored_above_the_allowance_is_inconclusive_with_reasons_counted() -> None:
    """One lost server is infrastructure, not a wrong answer; allowed ones don't matter."""
    comparison = pairs([(1, 1)] * 100 + [(1, None)] * 3, reason="timed out")

    strict, mild = judged(comparison, floor=0.5, max_unscored=2), judged(comparison, floor=0.5, max_unscored=3)

    assert (strict.outcome, mild.outcome) == ("inconclusive", "passed")
    assert strict.reasons == ("3 unscored, more than the allowed 2: candidate: timed out",)


def test_a_reason_that_starts_with_a_number_reads_well() -> None:
    """The number of cases comes after it: "10 x 10 cases are too few" is not a sentence."""
    few = "10 cases are too few for a mean"
    rows = tuple(
        msgspec.structs.replace(row, unscored=few if place else "timed out")
        for place, row in enumerate(pairs([(1, None)] * 11).rows)
    )

    alone = judged(pairs([(1, None)] * 10, reason=few), floor=0.5)
    mixed = judged(msgspec.structs.replace(pairs([(1, None)] * 11), rows=rows), floor=0.5)

    assert alone.reasons[0].startswith("none of 10 cases is scored on both sides: ")
    assert alone.reasons[0].endswith(few)
    assert mixed.reasons == (f"none of 11 cases is scored on both sides: {few} (10 cases); timed out (1 case)",)


def test_many_kinds_of_unscored_are_cut_short() -> None:
    """Three kinds are named, the others counted, and a long reason is cut."""
    comparison = pairs([(1, 1), (1, None)])
    rows = tuple(
        msgspec.structs.replace(comparison.rows[1], case_id=f"u{n}", unscored=f"reason {n} {'x' * 500}")
        for n in range(9)
    )
    comparison = msgspec.structs.replace(
        comparison, rows=comparison.rows[:1] + rows, unscored=tuple(r.case_id for r in rows)
    )

    reason = judged(comparison, max_flips=0).reasons[0]

    assert reason.startswith("9 unscored, more than the allowed 0: reason 0 xxx")
    assert reason.endswith("... (1 case); and 6 more kinds")
    assert len(reason) < 500


def test_failed_beats_inconclusive_and_all_reasons_are_given() -> None:
    """A missed floor is a failure although the drop is undecided and a case unscored; what passed stays out."""
    comparison = pairs([(0, 0)] * 10 + [(1, None)])

    verdict = judged(comparison, floor=0.5, max_drop=0.05, max_flips=3)

    assert verdict.outcome == "failed"
    assert [reason.split(" ")[0] for reason in verdict.reasons] == ["candidate", "1", "10"]


def test_inconclusive_beats_passed() -> None:
    """A reached floor does not carry an undecided drop."""
    verdict = judged(flips(10, right=10), floor=0.5, max_drop=0.05)

    assert verdict.outcome == "inconclusive"
    assert len(verdict.reasons) == 1


def test_passed_gives_a_reason_for_each_threshold() -> None:
    """So that the report can say what was held."""
    verdict = judged(flips(200, right=190), floor=0.9, max_drop=0.05, max_flips=0)

    assert (verdict.outcome, len(verdict.reasons)) == ("passed", 3)
    assert verdict.test_id == "suites/test_x.py::test_y"


def test_an_advisory_gate_is_decided_alike() -> None:
    """Only its effect differs, and that is not decided here."""
    verdict = decide("t", flips(10), Gate(floor=0.5, advisory=True))

    assert verdict.outcome == "failed"
    assert verdict.gate.advisory


@pytest.mark.parametrize("field", ["candidate_mean", "delta"])
def test_a_figure_that_is_no_number_never_passes(field: str) -> None:
    """Even if a comparison comes from elsewhere with NaN in it."""
    comparison = flips(100, right=100)
    broken = msgspec.structs.replace(getattr(comparison, field), mean=math.nan)

    verdict = judged(msgspec.structs.replace(comparison, **{field: broken}), floor=0.0, max_drop=0.5, max_flips=50)

    assert verdict.outcome == "inconclusive"
    assert "not a number" in verdict.reasons[0]


@pytest.mark.parametrize("gate", [Gate(), Gate(max_unscored=5), Gate(advisory=True)])
def test_a_gate_without_thresholds_is_refused(gate: Gate) -> None:
    """It would pass everything."""
    with pytest.raises(InputError, match="has no threshold"):
        decide("t", flips(10), gate)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("floor", -0.1),
        ("floor", 1.1),
        ("floor", 85),
        ("floor", math.nan),
        ("max_drop", -0.1),
        ("max_drop", 1.5),
        ("max_drop", math.nan),
        ("max_flips", -1),
        ("max_flips", 1.5),
        ("max_flips", math.nan),
        ("max_unscored", -1),
        ("max_unscored", math.inf),
    ],
)
def test_a_threshold_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    """The name and the value are in the text."""
    with pytest.raises(InputError, match=rf"^{name} must .*got {value}$"):
        judged(flips(10), **{"floor": 0.5, name: value})


@pytest.mark.parametrize("value", [0, 1, -0.1, 85, math.nan])
def test_a_lower_bound_that_proves_nothing_or_can_not_be_proven_is_refused(value: float) -> None:
    """Every mean is at least 0, and no number of cases shows that it is 1."""
    with pytest.raises(InputError, match=rf"^lower_bound must be more than 0 and less than 1, got {value}: "):
        judged(flips(10), lower_bound=value)


def test_a_max_drop_of_zero_is_refused_with_advice() -> None:
    """Non-inferiority needs a margin."""
    with pytest.raises(InputError, match=r"max_drop must be more than 0.*max_drop=0\.02.*max_flips=0"):
        judged(flips(10), max_drop=0)


@given(
    st.lists(st.sampled_from([(0, 0), (0, 1), (1, 0), (1, 1)]), min_size=1, max_size=120),
    st.floats(0.01, 0.5),
    st.floats(0.01, 0.5),
)
def test_a_wider_margin_never_gives_a_worse_verdict(values: list[tuple[int, int]], one: float, other: float) -> None:
    """What passes under a margin passes under a wider one; what fails under the wider fails under the narrower."""
    rank = {"passed": 0, "inconclusive": 1, "failed": 2}
    comparison = pairs(values)

    strict, loose = (judged(comparison, max_drop=margin).outcome for margin in sorted((one, other)))

    assert rank[loose] <= rank[strict]


def test_wording_has_the_shape_of_the_design() -> None:
    """Reason, figures, worst cases and the report's path."""
    values = [(1, 0)] * 19 + [(0, 1)] * 5 + [(1, 1)] * 351 + [(0, 0)] * 25
    comparison = pairs(values, ids=("b-044", "a-031", "a-007"))

    text = wording(judged(comparison, max_drop=0.02), "runs/2026-11-22-1f3c/report.html")

    assert text == (
        "field_equals('queue') on 400 cases: dropped by 0.035, more than the allowed 0.020\n"
        "  baseline 0.925, candidate 0.890, difference -0.035 [-0.062, -0.012] at 95 %; lost 19, won 5\n"
        "  worst: a-007, a-031, b-044        report: runs/2026-11-22-1f3c/report.html"
    )


def test_wording_gives_every_reason_and_the_unscored() -> None:
    """The first reason is in the first line, the others are below."""
    text = wording(judged(pairs([(0, 0)] * 10 + [(1, None)]), floor=0.5, max_drop=0.05))

    lines = text.splitlines()
    assert lines[0].startswith("field_equals('queue') on 10 cases: candidate 0.000 is below the floor 0.500: 10 cases")
    assert lines[1].startswith("  also: 1 unscored")
    assert lines[2].startswith("  also: 10 cases are too few to rule out")
    assert lines[3].endswith("lost 0, won 0; unscored 1")
    assert len(lines) == 4


def test_wording_of_a_pass_and_of_nothing() -> None:
    """A pass says what held; nothing scored shows no figures that are not there."""
    passed = wording(judged(flips(1, right=1), floor=1.0), "report.html")
    nothing = wording(judged(pairs([(1, None)] * 2), floor=0.5))

    assert passed.splitlines()[0] == (
        "field_equals('queue') on 1 case: candidate 1.000 reaches the floor 1.000, "
        "though 1 case cannot rule out a true mean of 0.050"
    )
    assert passed.splitlines()[2] == "  report: report.html"
    assert nothing.splitlines()[0].startswith("field_equals('queue') on 0 cases: none of 2 cases is scored")
    assert nothing.splitlines()[1] == "  nothing scored on both sides; unscored 2"


def test_minus_zero_is_zero() -> None:
    """A drop that rounds to nothing carries no sign."""
    text = wording(judged(pairs([(0.5, 0.5 - 1e-6)] * 100), max_drop=0.05))

    assert "difference 0.000" in text


def test_wording_is_safe_for_the_terminal() -> None:
    """Escape codes, line breaks, bidi marks and lone surrogates in ids, reasons, scorers and paths show as escapes."""
    evil = "\x1b[2J\r\n\u202edlo\ud800\x9b"
    comparison = pairs(
        [(1, 0), (1, None), (1, 1)], ids=(f"{evil}{'i' * 1000}", "b"), reason=evil, scorer=f"regex({evil})"
    )

    verdict = judged(comparison, floor=0.9)
    text = wording(verdict, f"{evil}.html")

    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert len(text.splitlines()) == 4
    assert r"\x1b[2J \u202edlo\ud800\x9b" in text
    assert len(text) < 1500
    assert all(char.isprintable() for reason in verdict.reasons for char in reason)


def noisy(comparison: Comparison, changed: int, scored: int = 20) -> Comparison:
    """The comparison, with a share of scores that changed when the baseline was asked again."""
    noise = Noise(asked=scored, answers_changed=changed, scored=scored, scores_changed=changed, spread=changed / scored)
    return msgspec.structs.replace(comparison, noise=noise)


def test_an_undecided_margin_below_the_noise_says_why() -> None:
    """100 cases of which a fifth flip by chance move by .074: a margin of .05 is hard to see then."""
    verdict = judged(noisy(flips(100, lost=8, won=8), changed=4), max_drop=0.05)

    assert verdict.outcome == "inconclusive"
    assert "changed 4 of 20 scores" in verdict.reasons[0]
    assert "0.074" in verdict.reasons[0]


def test_a_margin_above_the_noise_is_judged_as_ever() -> None:
    """Paired differences hold the noise already: what rules out a drop does so with any noise."""
    assert judged(noisy(flips(100), changed=4), max_drop=0.05).outcome == "passed"
    assert judged(noisy(flips(100), changed=4), max_drop=0.10).outcome == "passed"
    assert judged(noisy(flips(100), changed=0), max_drop=0.05).outcome == "passed"


def test_a_drop_far_beyond_margin_and_noise_fails_all_the_same() -> None:
    """Noise does not excuse what chance can't explain."""
    assert judged(noisy(flips(100, lost=40), changed=4), max_drop=0.05).outcome == "failed"


def test_flips_within_reach_of_chance_are_inconclusive() -> None:
    """A tenth of 100 scores flips by chance, half of them to lost: 5 more than a gate of 2 can tell apart."""
    gate = {"max_flips": 2}

    assert judged(noisy(flips(100, lost=3), changed=2), **gate).outcome == "inconclusive"
    assert judged(noisy(flips(100, lost=30), changed=2), **gate).outcome == "failed"
    assert judged(noisy(flips(100, lost=2), changed=0), **gate).outcome == "passed"
