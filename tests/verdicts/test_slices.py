"""Slices: cut by tag, judged each on its own, alarms only beyond chance, and nothing left untold."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.errors import InputError
from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Noise, Verdict
from harness.records.scored import CaseScore, Score, Scores
from harness.verdicts.compare import compare
from harness.verdicts.slices import decide_slices, slices_of
from harness.verdicts.wording import slices_wording

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t")
Value = tuple[float | None, float | None]
LOST, KEPT, WRONG, GONE = (1.0, 0.0), (1.0, 1.0), (0.0, 0.0), (1.0, None)


def tagged(*parts: tuple[str, Sequence[Value]], groups: bool = False, **score: object) -> Comparison:
    """Make a comparison of cases, each with the tags written before its values, separated by spaces."""
    cases = [(tags, value) for tags, values in parts for value in values]

    def side(place: int) -> Scores:
        items = tuple(
            CaseScore(
                case_id=f"c{n:03}",
                group=f"g{n // 5}" if groups else None,
                tags=tuple(tags.split()),
                repeat=0,
                request_key="k",
                score=Score(value=value[place], reason="HTTP 500" if value[place] is None else "", **score),
            )
            for n, (tags, value) in enumerate(cases)
        )
        return Scores(scorer="exact_match()", model=MODEL, fingerprint={"cases": "c"}, items=items)

    return compare(side(0), side(1))


def figures(comparison: Comparison) -> tuple[object, ...]:
    """Return what is estimated and counted."""
    counts = len(comparison.lost), len(comparison.won), len(comparison.unscored), len(comparison.rows)
    return comparison.baseline_mean, comparison.candidate_mean, comparison.delta, comparison.detectable, counts


def judged(comparison: Comparison, **thresholds: float) -> dict[str, Verdict]:
    """Return the verdict of each language."""
    verdicts = decide_slices("suites/test_x.py::test_y", comparison.by_tag("language"), Gate(**thresholds))
    return {verdict.comparison.tag: verdict for verdict in verdicts}


def test_each_value_of_a_tag_is_a_slice():
    """Sorted by tag; other tags and names that only start the same way make none; a case can be in two."""
    whole = tagged(
        ("language-fr plain", [KEPT] * 2),
        ("plain", [KEPT] * 5),
        ("language-de language-de", [LOST]),
        ("languages-x language language-", [KEPT]),
        ("language-de language-pt-br", [GONE]),
    )

    parts = slices_of(whole.by_tag("language"))

    assert [(part.tag, len(part.rows)) for part in parts] == [
        ("language-de", 2),
        ("language-fr", 2),
        ("language-pt-br", 1),
    ]
    assert (parts[0].lost, parts[0].unscored) == (("c007",), ("c009",))


@given(st.lists(st.tuples(st.sampled_from([LOST, KEPT, WRONG, GONE, (0.25, 0.5)]), st.booleans()), max_size=30))
def test_a_slice_is_what_comparing_its_cases_alone_gives(cases):
    """The same figures by the same methods."""
    alone = tagged(("language-de", [GONE, *(value for value, inside in cases if inside)]))
    mixed = tagged(
        ("language-de", [GONE]), *(("language-de" if inside else "plain", [value]) for value, inside in cases)
    )

    (part,) = slices_of(mixed.by_tag("language"))

    assert figures(part) == figures(alone)


def test_a_slice_has_no_table_of_classes():
    """The table is of all cases."""
    whole = tagged(("language-de", [KEPT]), ("plain", [KEPT]), classes=("x", "x"))

    (part,) = slices_of(whole.by_tag("language"))

    assert whole.baseline_classes is not None
    assert (part.baseline_classes, part.candidate_classes) == (None, None)


def test_what_holds_for_the_whole_holds_for_its_slices():
    """Noise, fingerprint and accepted differences."""
    noise = Noise(asked=5, answers_changed=1, scored=5, scores_changed=1, spread=0.2)
    whole = msgspec.structs.replace(tagged(("language-de", [KEPT])), noise=noise)

    (part,) = slices_of(whole.by_tag("language"))

    assert (part.noise, part.fingerprint, part.accepted) == (noise, whole.fingerprint, whole.accepted)


def test_a_tag_that_no_case_has_is_refused_with_those_there_are():
    """A typo must not gate nothing."""
    with pytest.raises(
        InputError, match=r"by_tag\('langauge'\): no case has a tag 'langauge-...'; .* 'language-de', 'x'"
    ):
        slices_of(tagged(("language-de x", [KEPT])).by_tag("langauge"))
    with pytest.raises(InputError, match="the tags are none"):
        slices_of(tagged().by_tag("language"))


def test_hostile_tags_stay_text_and_do_not_flood():
    """Control characters are spelled out; of many tags some are shown and the others counted."""
    whole = tagged(*((f"\x1b[2J{n:03}", [KEPT]) for n in range(100)))

    with pytest.raises(InputError) as refused:
        slices_of(whole.by_tag("x"))

    assert "\x1b" not in str(refused.value)
    assert str(refused.value).endswith("and 70 more")


def test_a_quantity_has_no_slices():
    """Its figures are not means of scores."""
    with pytest.raises(InputError, match="gate it as a whole"):
        slices_of(msgspec.structs.replace(tagged(("language-de", [KEPT])), unit="s").by_tag("language"))


def test_every_slice_must_pass_on_its_own():
    """The whole easily rules out the drop; the small slice can't, and is inconclusive, not passed."""
    verdicts = judged(tagged(("language-de", [KEPT] * 100), ("language-fr", [KEPT] * 10)), max_drop=0.05)

    assert (verdicts["language-de"].outcome, verdicts["language-fr"].outcome) == ("passed", "inconclusive")
    assert "10 cases are too few to rule out a drop of 0.05" in verdicts["language-fr"].reasons[0]


def test_a_drop_beyond_chance_fails_its_slice_alone():
    """Ten lost of twenty: p 0.001, corrected for three slices 0.003."""
    whole = tagged(
        ("language-de", [LOST] * 10 + [KEPT] * 10), ("language-fr", [KEPT] * 60), ("language-es", [KEPT] * 60)
    )

    verdicts = judged(whole, max_drop=0.05)

    assert [one.outcome for one in verdicts.values()] == ["failed", "passed", "passed"]
    (reason,) = verdicts["language-de"].reasons
    assert reason.startswith("dropped by 0.500, more than the allowed 0.050; beyond chance: p 0.001 for this slice")
    assert reason.endswith("alone, 0.003 corrected for 3 slices")


@pytest.mark.parametrize("thresholds", [{"max_drop": 0.05}, {"max_flips": 1}])
def test_a_drop_that_could_be_chance_is_inconclusive(thresholds):
    """Five lost of twenty has p 0.031, below 0.05 alone and above it among three slices; it never passes."""
    alone = judged(tagged(("language-de", [LOST] * 5 + [KEPT] * 15)), **thresholds)
    among = judged(
        tagged(("language-de", [LOST] * 5 + [KEPT] * 15), ("language-fr", [KEPT] * 60), ("language-es", [KEPT] * 60)),
        **thresholds,
    )

    p_value = binomtest(5, 5, 0.5, alternative="greater").pvalue
    assert alone["language-de"].outcome == "failed"
    assert among["language-de"].outcome == "inconclusive"
    assert f": p {p_value:.3f} for this slice alone, {3 * p_value:.3f} corrected" in (among["language-de"].reasons[0])


def test_graded_scores_and_groups_are_judged_by_the_clusters():
    """Twenty graded drops are beyond chance; the same losses in four groups of five are not."""
    graded = judged(tagged(("language-de", [(0.9, 0.4), (0.8, 0.5)] * 10), ("language-fr", [KEPT])), max_drop=0.05)
    grouped = judged(tagged(("language-de", [LOST] * 5 + [KEPT] * 15), groups=True), max_drop=0.05)

    assert graded["language-de"].outcome == "failed"
    assert grouped["language-de"].outcome == "inconclusive"


def test_a_floor_fails_without_any_p_value():
    """It asks nothing about the baseline."""
    verdicts = judged(tagged(("language-de", [WRONG] * 2), ("language-fr", [KEPT] * 2)), floor=0.5)

    assert verdicts["language-de"].reasons[0].startswith("candidate 0.000 is below the floor 0.500")
    assert (verdicts["language-de"].outcome, verdicts["language-fr"].outcome) == ("failed", "passed")


@pytest.mark.parametrize("thresholds", [{"floor": 0.0}, {"lower_bound": 0.1}, {"max_drop": 1.0}, {"max_flips": 99}])
def test_a_slice_without_scores_never_passes(thresholds):
    """Unscored counts in each slice, under the mildest gate there is, and hides no alarm of the others."""
    verdicts = judged(tagged(("language-de", [GONE] * 3), ("language-fr", [KEPT] * 300)), **thresholds)

    assert verdicts["language-de"].outcome == "inconclusive"
    assert verdicts["language-de"].reasons == ("none of 3 cases is scored on both sides: candidate: HTTP 500",)
    assert verdicts["language-fr"].outcome == "passed"


def test_a_slice_without_scores_counts_among_the_slices():
    """Five lost of five is below 0.05 alone; an unscored second slice makes the correction no milder."""
    verdicts = judged(tagged(("language-de", [LOST] * 5), ("language-fr", [GONE])), max_flips=0)

    assert [one.outcome for one in verdicts.values()] == ["inconclusive", "inconclusive"]
    assert "0.062 corrected for 2 slices" in verdicts["language-de"].reasons[0]


def test_max_unscored_holds_for_each_slice():
    """Two in one slice are too many where one is allowed, though the other slice has none."""
    verdicts = judged(
        tagged(("language-de", [GONE] * 2 + [KEPT] * 9), ("language-fr", [GONE] + [KEPT] * 9)),
        floor=0.5,
        max_unscored=1,
    )

    assert [one.outcome for one in verdicts.values()] == ["inconclusive", "passed"]


def test_a_wrong_threshold_is_refused():
    """As without slices."""
    with pytest.raises(InputError, match="has no threshold"):
        judged(tagged(("language-de", [KEPT])))


def test_the_wording_names_every_slice_that_did_not_pass():
    """The worst first, after a count of the outcomes and of the cases in no slice; the report's path once, last."""
    whole = tagged(
        ("language-de", [KEPT] * 10),
        ("language-es", [LOST] * 10 + [KEPT]),
        ("language-fr", [KEPT] * 99),
        ("plain", [KEPT] * 7),
    )
    slices = whole.by_tag("language")

    text = slices_wording(slices, decide_slices("t", slices, Gate(max_drop=0.05)), "runs/1/report.html")

    lines = text.splitlines()
    assert lines[0] == "3 slices by 'language': 1 failed, 1 inconclusive, 1 passed; 7 of 127 cases are in no slice"
    assert lines[1].startswith("exact_match() on 11 cases of language-es: dropped by 0.909")
    assert any(line.startswith("exact_match() on 10 cases of language-de: 10 cases are too few") for line in lines)
    assert "language-fr" not in text
    assert text.count("report: ") == 1
    assert lines[-1].endswith("report: runs/1/report.html")


def test_a_hostile_tag_stays_text_in_the_wording():
    """It is shown as escapes."""
    slices = tagged(("language-\x1b[2J", [LOST] * 9)).by_tag("language")

    text = slices_wording(slices, decide_slices("t", slices, Gate(max_drop=0.05)))

    assert "\x1b" not in text
    assert r"language-\x1b[2J" in text


def test_false_alarms_over_all_slices_are_as_rare_as_for_one_gate():
    """Equal models, three slices of 25 cases, 100 times: a slice fails in at most 5 % of them, and some chance."""
    import numpy as np

    drawn = np.random.default_rng(11).choice(4, p=[0.1, 0.1, 0.7, 0.1], size=(100, 3, 25))
    values = [LOST, (0.0, 1.0), KEPT, WRONG]

    alarms = 0
    for run in drawn.tolist():
        whole = tagged(*((f"language-{place}", [values[one] for one in part]) for place, part in enumerate(run)))
        alarms += any(verdict.outcome == "failed" for verdict in judged(whole, max_drop=0.05).values())

    assert alarms / 100 < 0.08
