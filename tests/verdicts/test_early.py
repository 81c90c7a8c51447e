"""Gates that are decided before all cases are asked."""

import random
from collections.abc import Sequence

import msgspec
import pytest

from harness.records.asked import ModelRef
from harness.records.compared import AskedAgain, Comparison, Gate, Noise, Row, RowLabel
from harness.records.judged import JudgeFigures
from harness.verdicts.compare import over, without_figures
from harness.verdicts.early import decide_early, decide_slices_early, looks
from harness.verdicts.early_drop import would_fail, would_pass
from harness.verdicts.gate import decide

JUDGED = JudgeFigures(rubric="completeness", version=1, judge="tiny")
NOBODY = ModelRef(base="invented", base_digest="", template_digest="")
LOST, WON, SAME = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)
Scores = tuple[float | None, float | None]


def of_scores(scores: Sequence[Scores], tags: Sequence[str] = (), group: str | None = None) -> Comparison:
    """Return the comparison of cases in the order of asking; their tags come over and over."""
    rows = tuple(
        Row(
            case_id=f"{place:04}",
            baseline=before,
            candidate=after,
            unscored="" if before is not None and after is not None else "no reply",
            tags=(tags[place % len(tags)],) if tags else (),
            group=group and f"{group}{place // 2}",
        )
        for place, (before, after) in enumerate(scores)
    )
    return over(without_figures("exact_match", (NOBODY, NOBODY), (), {}), rows)


def spread(length: int, *often: tuple[Scores, int]) -> list[Scores]:
    """Return cases that are the same on both sides, but for some every so many cases."""
    return [next((scores for scores, every in often if place % every == every - 1), SAME) for place in range(length)]


def outcome(scores: Sequence[Scores], gate: Gate, of: int) -> str | None:
    """Return what is decided early; None where nothing is."""
    verdict = decide_early("test", of_scores(scores), gate, of=of)
    return verdict and verdict.outcome


def test_equal_sides_pass_by_a_third_of_the_cases_and_the_reason_says_by_what() -> None:
    """The usual good news."""
    part = of_scores(spread(333, (LOST, 40), (WON, 41)))

    verdict = decide_early("test", part, Gate(max_drop=0.05), of=1000)

    assert verdict is not None
    assert verdict.outcome == "passed"
    assert verdict.comparison is part
    assert verdict.reasons[0].startswith(
        "decided early, by 333 of 1000 cases: all 1000 would rule out a drop of more than 0.05 (one-sided 95 %), "
        "also with 4"
    )


def test_a_large_drop_fails_early() -> None:
    """A sixth lost shows it in 200 cases."""
    verdict = decide_early("test", of_scores(spread(200, (LOST, 6))), Gate(max_drop=0.05), of=1000)

    assert verdict is not None
    assert verdict.outcome == "failed"
    assert "would show a drop of more than the allowed 0.05, beyond chance" in verdict.reasons[0]


def test_what_can_still_turn_is_asked_on() -> None:
    """A drop of just the margin decides nothing."""
    assert outcome(spread(500, (LOST, 20)), Gate(max_drop=0.05), 1000) is None


def test_between_two_looks_the_last_one_counts() -> None:
    """What came after a look decides nothing until the next one."""
    early = [SAME] * 111 + [LOST] * 89

    assert outcome(early[:199], Gate(max_drop=0.05), 1000) is None
    assert outcome(early, Gate(max_drop=0.05), 1000) == "failed"
    assert outcome([*early, *[WON] * 120], Gate(max_drop=0.05), 1000) == "failed"


def test_with_all_cases_asked_the_ordinary_verdict_counts() -> None:
    """The caller uses ``decide``."""
    assert outcome([SAME] * 300, Gate(max_drop=0.05), 300) is None


@pytest.mark.parametrize(("after", "decided"), [(0.9, "passed"), (0.65, "failed"), (0.76, None)])
def test_graded_scores_are_decided_by_betting(after: float, decided: str | None) -> None:
    """A quarter of the cases decides what is clear."""
    scores = [(0.8, after + (0.05 if place % 2 else -0.05)) for place in range(250)]

    assert outcome(scores, Gate(max_drop=0.05), 1000) == decided


def test_graded_scores_without_any_loss_may_hide_total_losses() -> None:
    """Few cases without a loss don't rule out rare ones."""
    gate = Gate(max_drop=0.05)
    scores = [(0.8, 0.8 + 0.001 * (place % 3 - 1)) for place in range(300)]

    assert outcome(scores[:60], gate, 300) is None
    assert outcome(scores[:200], gate, 300) == "passed"
    assert outcome(scores[:57], gate, 58) is None  # too few cases for the margin in all


def test_two_total_losses_that_were_not_asked_yet_are_not_ruled_out_by_the_others() -> None:
    """All cases are inconclusive by these two; a part without them was decided so in 6 of 10 orders."""
    gate = Gate(max_drop=0.075)
    usual = [(0.8, 0.758 + 0.02 * (place % 3 - 1)) for place in range(298)]

    assert decide("test", of_scores([*usual, (1.0, 0.0), (1.0, 0.0)]), gate).outcome == "inconclusive"
    assert outcome(usual[:150], gate, 300) is None
    assert outcome(usual[:150], Gate(max_drop=0.15), 300) == "passed"


@pytest.mark.parametrize(("right", "decided"), [(50, "passed"), (49, None), (40, None), (30, "failed"), (31, None)])
def test_a_floor_is_certain_when_the_others_cannot_change_it(right: int, decided: str | None) -> None:
    """Counting alone decides, at any number of cases."""
    # 50 of 62 are needed for .8, and 12 are missing in 50; no suite of this size is looked at.
    asked = 50 if right > 31 else 43

    assert outcome([SAME] * right + [LOST] * (asked - right), Gate(floor=0.8), 62) == decided


@pytest.mark.parametrize(("every", "decided"), [(20, "passed"), (3, "failed"), (6, None)])
@pytest.mark.parametrize("gate", [Gate(floor=0.8), Gate(lower_bound=0.8)])
def test_a_mean_is_known_by_a_third_of_the_cases(gate: Gate, every: int, decided: str | None) -> None:
    """Of cases that pass or fail."""
    assert outcome(spread(333, ((0.0, 0.0), every)), gate, 1000) == decided


@pytest.mark.parametrize(("mean", "decided"), [(0.75, "passed"), (0.45, "failed"), (0.6, None)])
@pytest.mark.parametrize("gate", [Gate(floor=0.6), Gate(lower_bound=0.6)])
def test_a_graded_mean_is_known_early_too(gate: Gate, mean: float, decided: str | None) -> None:
    """Of graded scores, by betting."""
    scores = [(0.5, mean + 0.1 * (place % 3 - 1)) for place in range(200)]

    assert outcome(scores, gate, 1000) == decided


def test_a_lower_bound_needs_more_than_its_own_mean() -> None:
    """All cases will have the mean, but not prove it."""
    scores = [(1.0, 0.0 if place % 50 < 9 else 1.0) for place in range(900)]  # .82, of which .80 is proven from .821 on

    assert outcome(scores, Gate(floor=0.8), 1000) == "passed"
    assert outcome(scores, Gate(lower_bound=0.8), 1000) is None


def test_too_many_lost_cases_don_t_become_fewer() -> None:
    """One case more than allowed ends it."""
    verdict = decide_early("test", of_scores([SAME, LOST, LOST]), Gate(max_flips=1), of=1000)

    assert verdict is not None
    (reason,) = verdict.reasons
    assert reason == (
        "decided early, by 3 of 1000 cases: lost 2 cases, more than the allowed 1 (not asked again); "
        "more cases don't make them fewer"
    )


def test_lost_cases_that_came_back_fail_nothing() -> None:
    """Unsteady ones are not counted, early or not."""
    back = tuple(AskedAgain(case_id=f"000{one}", baseline=(1.0, 1.0), candidate=(1.0, 1.0)) for one in (1, 2))
    part = msgspec.structs.replace(of_scores([SAME, LOST, LOST]), again=back)

    assert decide_early("test", part, Gate(max_flips=1), of=1000) is None


def test_cases_that_are_lost_each_time_fail_a_part_only_beyond_chance() -> None:
    """Four: of fewer, all cases can show that as many come and go. Equal sides that a coin decides failed too often."""
    answers = {"baseline": (1.0, 1.0), "candidate": (0.0, 0.0)}

    def decided(lost: int) -> str | None:
        again = tuple(AskedAgain(case_id=f"{place:04}", **answers) for place in range(lost))
        part = msgspec.structs.replace(of_scores([LOST] * lost + [SAME] * (200 - lost)), again=again)
        verdict = decide_early("test", part, Gate(max_flips=0), of=1000)
        return verdict and verdict.outcome

    assert [decided(lost) for lost in (1, 3, 4)] == [None, None, "failed"]


def test_so_few_lost_cases_stay_few() -> None:
    """By chance where many are allowed, and else by counting."""
    few = spread(333, (LOST, 300))

    assert outcome(few, Gate(max_flips=30), 1000) == "passed"
    assert outcome(few, Gate(max_flips=8), 1000) is None
    assert outcome([LOST] + [SAME] * 997, Gate(max_flips=3), 1000) == "passed"
    assert outcome([LOST] + [SAME] * 996, Gate(max_flips=3), 1000) is None


def test_noise_that_loses_more_than_allowed_decides_no_flips_early() -> None:
    """All cases would be inconclusive, so the part is not judged, unless far too many are lost."""
    noise = Noise(asked=20, answers_changed=4, scored=20, scores_changed=2, spread=0.1)  # 50 of 1000 are lost by chance
    few, many = (msgspec.structs.replace(of_scores([LOST] * lost + [SAME] * 333), noise=noise) for lost in (40, 140))

    assert decide_early("test", few, Gate(max_flips=30), of=1000) is None
    assert decide_early("test", many, Gate(max_flips=30), of=1000) is not None


def test_a_gate_passes_only_by_all_its_thresholds_and_fails_by_one() -> None:
    """As a whole."""
    good = spread(500, (LOST, 50), (WON, 51))

    passed = decide_early("test", of_scores(good), Gate(floor=0.8, max_drop=0.05), of=1000)
    failed = decide_early("test", of_scores(good), Gate(floor=0.8, max_drop=0.05, max_flips=1), of=1000)

    assert passed is not None
    assert failed is not None
    assert (passed.outcome, len(passed.reasons)) == ("passed", 2)
    assert (failed.outcome, len(failed.reasons)) == ("failed", 1)
    assert outcome(good, Gate(floor=0.98, max_drop=0.05), 1000) is None


def test_unscored_cases_are_no_evidence_and_too_many_stop_nothing() -> None:
    """While more come than are allowed in all, it is asked on."""
    missing: Scores = (None, 1.0)
    part = spread(333, (missing, 100))

    assert outcome(part, Gate(max_drop=0.05), 1000) is None
    assert outcome(part, Gate(max_drop=0.05, max_unscored=8), 1000) is None
    assert outcome(part, Gate(max_drop=0.05, max_unscored=10), 1000) == "passed"
    assert outcome([missing] * 333, Gate(max_drop=0.05, max_unscored=1000), 1000) is None
    assert outcome([], Gate(max_drop=0.05), 1000) is None


def test_what_no_method_decides_early_asks_all_its_cases() -> None:
    """As the docstring lists."""
    good, gate = of_scores([SAME] * 800), Gate(max_drop=0.05)
    labelled = (msgspec.structs.replace(good.rows[0], label=RowLabel(baseline=1.0, candidate=1.0)), *good.rows[1:])
    judged = msgspec.structs.replace(good, judged=JUDGED, rows=labelled)

    assert decide_early("test", good, gate, of=1000) is not None
    assert decide_early("test", msgspec.structs.replace(good, figure="macro F1"), gate, of=1000) is None
    assert decide_early("test", msgspec.structs.replace(good, unit="s"), Gate(ceiling=9.0), of=1000) is None
    assert decide_early("test", judged, gate, of=1000) is None
    assert decide_early("test", of_scores([SAME] * 800, group="g"), gate, of=1000) is None
    assert decide_early("test", of_scores([SAME] * 800, group="g"), Gate(floor=0.9), of=1000) is not None
    assert decide_early("test", good, Gate(max_drop=0.05, guarantee=True), of=1000) is None


def test_slices_pass_together() -> None:
    """Each must pass, and none may be missing."""
    part, sizes = of_scores([SAME] * 600, ("lang-de", "lang-en")), {"lang-de": 500, "lang-en": 500}
    one_bad = of_scores([SAME, (1.0, 0.0)] * 300, ("lang-de", "lang-en"))

    verdicts = decide_slices_early("test", part.by_tag("lang"), Gate(max_drop=0.1), of=sizes)

    assert verdicts is not None
    assert [(one.comparison.tag, one.outcome) for one in verdicts] == [("lang-de", "passed"), ("lang-en", "passed")]
    assert verdicts[0].reasons[0].startswith("decided early, by 300 of 500 cases: ")
    assert decide_slices_early("test", one_bad.by_tag("lang"), Gate(max_drop=0.1), of=sizes) is None
    assert decide_slices_early("test", part.by_tag("lang"), Gate(max_drop=0.1), of={**sizes, "lang-fr": 9}) is None


def test_slices_that_are_asked_whole_are_judged_as_usual() -> None:
    """A small slice beside a large one."""
    part = of_scores([SAME] * 600, ("lang-de", "lang-en"))

    verdicts = decide_slices_early("test", part.by_tag("lang"), Gate(max_drop=0.1), of={"lang-de": 300, "lang-en": 600})

    assert verdicts is not None
    assert [one.reasons[0].startswith("decided early") for one in verdicts] == [False, True]


@pytest.mark.parametrize("error", ["passed", "failed"])
def test_suites_that_just_miss_a_verdict_seldom_get_it_early(error: str) -> None:
    """Of one suite in random orders at most 2.5 %, and some: the bound is not wider than it needs to be."""
    lost, won = (32, 30) if error == "passed" else (44, 30)
    suite, gate, chance = (
        [LOST] * lost + [WON] * won + [SAME] * (300 - lost - won),
        Gate(max_drop=0.05),
        random.Random(5),  # noqa: S311 - an order
    )
    rows = [Row(case_id=str(place), baseline=before, candidate=after) for place, (before, after) in enumerate(suite)]
    found = []
    for _ in range(250):
        chance.shuffle(rows)
        parts = (msgspec.structs.replace(of_scores([]), rows=tuple(rows[:look])) for look in looks(300))
        verdicts = (decide_early("test", part, gate, of=300) for part in parts)
        found.append(next((verdict.outcome for verdict in verdicts if verdict), None))

    assert not would_pass(32, 30, 300, 0.05)
    assert would_pass(31, 30, 300, 0.05)
    assert not would_fail(44, 30, 300, 0.05)
    assert would_fail(46, 30, 300, 0.05)
    assert 0 < found.count(error) <= 0.04 * len(found)
