"""Gates on a short suite: estimates of the whole decide, with their error, and what they can't say is not said."""

import msgspec
import pytest

from harness.records.compared import Gate, Slices
from harness.records.short import Short, ShortStratum
from harness.verdicts.compare import over
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices
from harness.verdicts.wording import wording
from tests.verdicts.test_gate import pairs

KEPT, LOST, WRONG = (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)


def short(easy, hard, *, tags=(), of=(800, 200)):
    """A comparison of two strata, of which the whole suite has so many cases."""
    whole = pairs([*easy, *hard])
    rows = tuple(msgspec.structs.replace(row, tags=(tags[n],) if tags else ()) for n, row in enumerate(whole.rows))
    names = ["easy"] * len(easy) + ["hard"] * len(hard)
    known = Short(
        of=sum(of),
        strata={
            "easy": ShortStratum(of=of[0], drawn=len(easy)),
            "hard": ShortStratum(of=of[1], drawn=len(hard)),
        },
        stratum_of={row.case_id: name for row, name in zip(rows, names, strict=True)},
        tags={tag: sum(of) * tags.count(tag) // len(tags) for tag in tags},
    )
    return over(msgspec.structs.replace(whole, short=known), rows)


EQUAL = short([KEPT] * 80, [KEPT] * 20 + [WRONG] * 20)
WORSE = short([KEPT] * 60 + [LOST] * 20, [KEPT] * 10 + [WRONG] * 30)


def test_figures_are_those_of_the_whole_suite():
    """A hard case stands for 5, an easy one for 10."""
    assert EQUAL.candidate_mean.mean == pytest.approx(0.8 + 0.2 * 0.5)
    assert WORSE.delta.mean == pytest.approx(-0.8 * 0.25)
    assert WORSE.delta.method.startswith("120 of 1000 cases")
    assert "on 120 of 1,000 cases" in wording(decide("t", WORSE, Gate(max_drop=0.05)))


@pytest.mark.parametrize(
    ("seen", "gate", "outcome", "told"),
    [
        (EQUAL, Gate(max_drop=0.05), "passed", "ruled out (one-sided 95 %), estimated from 120 of 1,000 cases"),
        (EQUAL, Gate(max_drop=0.01), "inconclusive", "none below 0.030, whatever the answers; ask the whole suite"),
        (WORSE, Gate(max_drop=0.05), "failed", "dropped by 0.200, more than the allowed 0.050, estimated from"),
        (WORSE, Gate(max_drop=0.19), "inconclusive", "but the whole suite's difference can be -0.1"),
        (EQUAL, Gate(floor=0.8), "passed", "reaches the floor 0.8"),
        (EQUAL, Gate(floor=0.9), "inconclusive", "on which side of the floor 0.9 the suite is can't be told"),
        (WORSE, Gate(floor=0.9), "failed", "is below the floor 0.9"),
        (EQUAL, Gate(lower_bound=0.8), "passed", "a true mean below 0.8 is ruled out"),
        (EQUAL, Gate(lower_bound=0.89), "inconclusive", "can't rule out a true mean below 0.89"),
        (WORSE, Gate(lower_bound=0.9), "failed", "below 0.9, estimated from"),
        (EQUAL, Gate(max_flips=2), "inconclusive", "max_flips counts all; ask the whole suite"),
        (WORSE, Gate(max_flips=2), "failed", "120 of 1,000 cases"),
        (EQUAL, Gate(max_drop=0.05, guarantee=True), "inconclusive", "no test guarantees an estimate"),
        (msgspec.structs.replace(EQUAL, figure="macro F1"), Gate(max_drop=0.05), "inconclusive", "does not estimate"),
    ],
)
def test_each_threshold_passes_and_fails_only_by_what_an_estimate_shows(seen, gate, outcome, told):
    """And says from how many cases."""
    verdict = decide("t", seen, gate)

    assert verdict.outcome == outcome
    assert told in verdict.reasons[0]


def test_slices_are_estimated_by_their_own_cases():
    """Each of half of the suite."""
    tags = ("language-de", "language-en") * 60
    seen = short([KEPT] * 80, [KEPT] * 20 + [WRONG] * 20, tags=tags)
    german, english = decide_slices("t", Slices(comparison=seen, name="language"), Gate(max_drop=0.1))

    assert german.outcome == english.outcome == "passed"
    assert german.reasons[0].endswith("estimated from 60 of 500 cases")


def test_a_slice_of_which_no_case_was_asked_is_not_decided():
    """The whole suite would judge it, so its gate does not pass by the others; nor is its tag unknown."""
    tags = ("language-de", "language-en") * 60
    seen = short([KEPT] * 80, [KEPT] * 20 + [WRONG] * 20, tags=tags)
    known = msgspec.structs.replace(seen.short, tags={**seen.short.tags, "language-fr": 3, "kind-rare": 2})
    seen = msgspec.structs.replace(seen, short=known)
    found = {
        name: decide_slices("t", Slices(comparison=seen, name=name), Gate(floor=0.5)) for name in ("language", "kind")
    }

    assert [one.outcome for one in found["language"]] == ["passed", "passed", "inconclusive"]
    assert [one.comparison.tag for one in (*found["language"], *found["kind"])][2:] == ["language-fr", "kind-rare"]
    assert (
        found["language"][2]
        .reasons[0]
        .startswith("this slice has 3 cases, of which none was asked; ask the whole suite")
    )
    assert "nothing scored on both sides" in wording(found["kind"][0])


def test_missing_answers_are_not_made_up():
    """Nothing passes where they stand for more of the whole suite than it may lack: an easy one stands for 10."""
    seen = short([KEPT] * 79 + [(1.0, None)], [KEPT] * 20 + [WRONG] * 20)
    few, many = (decide("t", seen, Gate(max_drop=0.05, max_unscored=allowed)) for allowed in (10, 9))

    assert decide("t", seen, Gate(max_drop=0.05)).outcome == "inconclusive"
    assert (few.outcome, many.outcome) == ("passed", "inconclusive")
    assert many.reasons[0].startswith("1 unscored (about 10 of the whole suite), more than the allowed 9:")


def test_slices_lack_what_their_missing_answers_stand_for():
    """Each slice on its own."""
    tags = ("language-de", "language-en") * 60
    seen = short([KEPT] * 79 + [(1.0, None)], [KEPT] * 20 + [WRONG] * 20, tags=tags)
    gated = [
        decide_slices("t", Slices(comparison=seen, name="language"), Gate(floor=0.5, max_unscored=n)) for n in (10, 9)
    ]

    assert [[one.outcome for one in each] for each in gated] == [["passed"] * 2, ["passed", "inconclusive"]]


def test_a_short_suite_without_a_score_says_nothing():
    """No estimate is made of nothing."""
    seen = short([(None, None)] * 5, [(None, None)] * 5)

    assert seen.delta is None
    assert decide("t", seen, Gate(max_drop=0.05)).outcome == "inconclusive"


def test_a_figure_of_all_answers_is_not_made_of_a_part():
    """Macro F1 of the cases asked is not that of the suite."""
    seen = over(msgspec.structs.replace(EQUAL, figure="macro F1"), EQUAL.rows)

    assert seen.delta is None
    assert seen.candidate_mean is None
    assert decide("t", seen, Gate(max_drop=0.05)).outcome == "inconclusive"
