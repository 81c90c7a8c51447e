"""Figures of all answers: how two sides are compared by them, what a gate makes of it, and what never passes."""

import itertools
import math
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from sklearn.metrics import f1_score

from harness.errors import InputError, ScorerError
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef
from harness.records.compared import Comparison, DropBound, Gate, Verdict
from harness.records.in_columns import as_listed
from harness.records.scored import CaseScore, Scorer, Scores
from harness.scorers import corpus_bleu, macro_f1, predicts_label
from harness.scorers.scoring import score_one
from harness.verdicts.bounds import with_best_answers
from harness.verdicts.compare import compare
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices, slices_of
from harness.verdicts.thresholds import thresholds
from harness.verdicts.wording import wording

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t")
LABELS = ("bug", "billing", "account")
F1, BLEU = macro_f1(LABELS), corpus_bleu()
Asked = tuple[str, str | None, str | None]
"""A case: what it expects, the baseline's answer, the candidate's; None is a failed call."""


def side(cases: Sequence[Asked], place: int, scorer: Scorer = F1, tags: Sequence[str] = (), **more: object) -> Scores:
    """One side's scores; ``groups`` and ``repeats`` are those of the cases."""
    groups, repeats = more.get("groups", [None] * len(cases)), more.get("repeats", 1)
    items = []
    for number, case in enumerate(cases):
        for repeat in range(repeats):
            asked = Case(id=f"c{number:04}", messages=(), expected=case[0])
            text, error = (case[place], None) if case[place] is not None else ("", "HTTP 500")
            items.append(
                CaseScore(
                    case_id=asked.id,
                    group=groups[number],
                    tags=(tags[number],) if tags else (),
                    repeat=repeat,
                    request_key="k",
                    score=score_one(scorer, asked, Response(request_key="k", text=text, error=error)),
                )
            )
    return Scores(scorer=repr(scorer), model=MODEL, fingerprint={"cases": "c"}, items=tuple(items))


def compared(cases: Sequence[Asked], scorer: Scorer = F1, tags: Sequence[str] = (), **more: object) -> Comparison:
    """Both sides, compared."""
    return compare(side(cases, 1, scorer, tags, **more), side(cases, 2, scorer, tags, **more))


def judged(comparison: Comparison, **given: float) -> Verdict:
    """The verdict of a gate with these thresholds."""
    return decide("suites/test_x.py::test_y", comparison, Gate(**given))


def figure(cases: Sequence[Asked], place: int) -> float:
    """The macro F1 of one side's answers."""
    expected, said = [one[0] for one in cases], [one[place] for one in cases]
    return f1_score(expected, said, labels=sorted(set(expected)), average="macro")


def answered(counts: Mapping[Asked, int]) -> list[Asked]:
    """So many cases of each kind."""
    return [case for case, number in counts.items() for _ in range(number)]


KEPT = {(label, label, label): 100 for label in LABELS}
"""Three hundred cases, all right on both sides."""
DROPPED = answered({**KEPT, ("bug", "bug", "billing"): 40})


def test_the_figures_are_of_all_answers_and_the_rows_of_each():
    """Means would be 1 and .882; rows, lost and won are those of ``predicts_label``."""
    comparison, by_mean = compared(DROPPED), compared(DROPPED, predicts_label(LABELS))

    expected, candidate = [one[0] for one in DROPPED], [one[2] for one in DROPPED]
    assert comparison.figure == "macro F1"
    assert comparison.baseline_mean.mean == 1
    assert comparison.candidate_mean.mean == pytest.approx(f1_score(expected, candidate, average="macro"))
    assert comparison.delta.mean == pytest.approx(comparison.candidate_mean.mean - 1)
    assert [(row.baseline, row.candidate) for row in comparison.rows] == [
        (row.baseline, row.candidate) for row in by_mean.rows
    ]
    assert (comparison.lost, comparison.won) == (by_mean.lost, ())
    assert comparison.candidate_classes == by_mean.candidate_classes
    assert comparison.detectable is None


def test_scores_without_counts_are_compared_by_their_mean():
    """As ever."""
    comparison = compared(DROPPED, predicts_label(LABELS))

    assert (comparison.figure, comparison.drop) == (None, None)
    assert {row.counts for row in comparison.rows} == {None}
    assert comparison.candidate_mean.mean == pytest.approx(300 / 340)


def test_repeats_are_added_up():
    """Two answers to each case: the same figure as of one, and as many clusters."""
    once, twice = compared(DROPPED), compared(DROPPED, repeats=2)

    assert twice.delta == once.delta
    assert twice.rows[0].counts[0][0] == 2


def test_a_drop_that_is_ruled_out_passes():
    """Equal sides with enough cases of each label."""
    verdict = judged(compared(answered({**KEPT, ("bug", "billing", "billing"): 30})), max_drop=0.05, floor=0.9)

    assert verdict.outcome == "passed"
    assert verdict.reasons == (
        "candidate 0.913 reaches the floor 0.900",
        "a drop of more than 0.05 is ruled out (one-sided 95 %)",
    )


def test_a_drop_beyond_the_margin_and_beyond_chance_fails():
    """40 of 140 lost."""
    verdict = judged(compared(DROPPED), max_drop=0.05, floor=0.95, max_flips=3)

    assert verdict.outcome == "failed"
    assert verdict.reasons == (
        "candidate 0.889 is below the floor 0.950",
        "dropped by 0.111, more than the allowed 0.050",
        "lost 40 cases, more than the allowed 3 (not asked again)",
    )
    assert "macro F1: baseline 1.000, candidate 0.889, difference -0.111" in wording(verdict)


def test_a_drop_beyond_the_margin_that_may_be_chance_is_inconclusive():
    """Three of four cases of one label lost: -.2 or so, and a sign test of 3 to 0."""
    cases = answered(
        {("bug", "bug", "bug"): 50, ("billing", "billing", "billing"): 1, ("billing", "billing", "bug"): 3}
    )

    verdict = judged(compared(cases), max_drop=0.05)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0].endswith(
        "more than the allowed 0.050, which could be chance: p 0.125; more cases would show whether it is"
    )


def test_equal_answers_to_too_few_cases_of_a_label_are_inconclusive():
    """As a mean the same 503 cases rule out .01; but three can't speak for a label that is a third of the figure."""
    cases = answered({("bug", "bug", "bug"): 250, ("billing",) * 3: 250, ("account",) * 3: 3})

    by_mean, verdict = (
        judged(compared(cases, predicts_label(LABELS)), max_drop=0.05),
        judged(compared(cases), max_drop=0.05),
    )

    assert (by_mean.outcome, verdict.outcome) == ("passed", "inconclusive")
    assert verdict.reasons[0].startswith("503 cases are too few to rule out a drop of 0.05; about ")
    assert verdict.reasons[0].endswith("would be enough, fewer if they are added where there are fewest")


@pytest.mark.parametrize("cases", [[], [("bug", None, None)] * 60, [("bug", "bug", None)] * 60])
def test_nothing_scored_is_inconclusive(cases):
    """No case, no answer, no answer of one side."""
    comparison = compared(cases)

    assert (comparison.delta, comparison.drop) == (None, None)
    assert judged(comparison, max_drop=0.5, floor=0.0, max_flips=60).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("cases", "scorer", "group"),
    [
        ([("bug", "bug", "bug")], F1, None),
        ([("bug", "bug", "bug")] * 500, F1, "one"),
        ([("bug", "bug", "bug")] * 20, F1, None),
        ([("bug", "billing", "billing")] * 20, F1, None),
        ([("the printer is on fire",) * 3] * 20, BLEU, None),
        ([("a", "b", "b")] * 20, BLEU, None),
    ],
)
def test_equal_sides_do_not_pass_by_being_few(cases, scorer, group):
    """One case, one cluster, twenty cases that are all right or all wrong."""
    verdict = judged(compared(cases, scorer, groups=[group] * len(cases)), max_drop=0.05)

    assert verdict.outcome == "inconclusive"


def test_nothing_passes_under_a_guarantee():
    """No test of such a figure gives one; a drop beyond chance fails as ever."""
    same, dropped = (judged(compared(cases), max_drop=0.05, guarantee=True) for cases in (answered(KEPT), DROPPED))

    assert (same.outcome, dropped.outcome) == ("inconclusive", "failed")
    assert same.reasons[0].startswith("no test guarantees that macro F1 did not drop")


def test_fewer_cases_than_can_ever_pass_do_not():
    """Of one label, whose 58 equal answers alone would rule out .05; of 59 cases and more it may pass."""
    few, enough = (judged(compared([("bug", "bug", "bug")] * cases), max_drop=0.05) for cases in (58, 70))

    assert (few.outcome, enough.outcome) == ("inconclusive", "passed")


def test_cases_of_one_group_are_told_what_is_missing():
    """More cases of the same group would decide nothing."""
    verdict = judged(compared([("bug", "bug", "bug")] * 500, groups=["one"] * 500), max_drop=0.05)

    assert "all are in one group" in verdict.reasons[0]


def test_bounds_that_are_no_numbers_are_inconclusive():
    """As a run that was changed by hand could have."""
    comparison = compared(answered(KEPT))

    for drop in (None, DropBound(low=math.nan, p_value=0.5)):
        assert judged(msgspec.structs.replace(comparison, drop=drop), max_drop=0.5).outcome == "inconclusive"


def test_corpus_bleu_is_gated_as_a_whole():
    """Equal answers pass, worse ones fail; a case's own BLEU is in its row."""
    right = [(f"the printer on floor {n} is on fire again",) * 3 for n in range(100)]
    worse = [(*one[:2], "the printer burns") if n % 2 else one for n, one in enumerate(right)]

    same, dropped = compared(right, BLEU), compared(worse, BLEU)

    assert (same.figure, same.delta.mean, judged(same, max_drop=0.05, floor=0.9).outcome) == ("BLEU", 0, "passed")
    assert judged(dropped, max_drop=0.05).outcome == "failed"
    assert len(dropped.lost) == 50


def test_the_lost_cases_of_bleu_are_not_limited():
    """No case is right or wrong by BLEU."""
    comparison = compared([("the printer is on fire",) * 3] * 20, BLEU)

    with pytest.raises(InputError, match=r"max_flips counts cases that are right or wrong, but BLEU .* use floor= or"):
        judged(comparison, max_flips=0)


def test_a_floor_is_named_after_the_figure():
    """In the list of thresholds."""
    assert dict(thresholds(Gate(floor=0.8), "", "macro F1"))["floor"].endswith(
        "the candidate's macro F1 must be at least this"
    )


TAGS = [f"language-{'de' if place % 2 else 'fr'}" for place in range(len(DROPPED))]


def test_slices_have_their_own_figures():
    """From the counts of their rows, as if only their cases had been asked."""
    whole = compared(DROPPED, tags=TAGS)

    parts = slices_of(whole.by_tag("language"))

    for part, place in zip(parts, (1, 0), strict=True):
        alone = compared(DROPPED[place::2])
        assert part.figure == "macro F1"
        assert (part.baseline_mean, part.candidate_mean, part.delta, part.drop) == (
            alone.baseline_mean,
            alone.candidate_mean,
            alone.delta,
            alone.drop,
        )


def test_a_slice_fails_by_the_p_value_of_its_own_figure():
    """Corrected for all slices."""
    verdicts = decide_slices("t", compared(DROPPED, tags=TAGS).by_tag("language"), Gate(max_drop=0.05))

    assert [one.outcome for one in verdicts] == ["failed", "failed"]
    assert "beyond chance: p below 0.001 for this slice alone" in verdicts[0].reasons[0]


def test_a_slice_whose_drop_is_chance_is_inconclusive():
    """Six lost and one won in one of two slices: p .03 or so, twice that after Holm's correction."""
    cases = answered({**KEPT, ("bug", "bug", "billing"): 7, ("bug", "billing", "bug"): 1})
    other = answered(KEPT)
    tags = ["language-de"] * len(cases) + ["language-fr"] * len(other)

    german, _ = decide_slices("t", compared(cases + other, tags=tags).by_tag("language"), Gate(max_drop=0.005))

    assert 0.025 < german.comparison.drop.p_value < 0.05
    assert german.outcome == "inconclusive"
    assert "could be chance" in german.reasons[-1]


@pytest.mark.parametrize(
    "gone", [("bug", "bug", None), ("bug", None, "bug"), ("bug", None, "account"), ("billing", "junk", None)]
)
def test_no_answer_can_be_better_for_the_candidate_than_the_best(gone):
    """Each way of answering two missing cases gives a larger drop and a lower figure, or the same."""
    scored = answered({("bug", "bug", "bug"): 9, ("billing",) * 3: 5, ("account", "account", "bug"): 4})
    best = with_best_answers(compared([*scored, *[gone] * 2]))

    said = [(one,) if one is not None else (*LABELS, "junk") for one in gone[1:]]
    for filled in itertools.product(itertools.product(*said), repeat=2):
        cases = [*scored, *[(gone[0], *one) for one in filled]]
        assert figure(cases, 2) <= best.candidate_mean.mean + 1e-12
        assert figure(cases, 2) - figure(cases, 1) <= best.delta.mean + 1e-12


def test_where_neither_side_answered_the_figure_can_be_anything():
    """The label that the case expects is not known; the lost cases are."""
    best = with_best_answers(compared([*DROPPED, ("account", None, None)]))

    assert (best.figure, best.candidate_mean.mean, best.delta.mean, best.drop.p_value) == ("macro F1", 1, 1, 1)
    assert len(best.lost) == 40


def test_with_repeats_the_best_answers_count_as_often():
    """Two answers to each case."""
    cases = [*answered(KEPT), ("bug", None, "bug"), ("bug", "bug", None)]

    *_, one, other = with_best_answers(compared(cases, repeats=2)).rows

    assert one.counts == ((0, 2, 2, 0, 2, 0, 0, 2, 0), (2, *[0] * 8))
    assert other.counts == ((2, *[0] * 8), (2, *[0] * 8))


def test_missing_answers_fail_only_what_they_could_not_save():
    """40 lost of 340 stay lost whatever ten more answers were; a drop of just over the margin doesn't."""
    gone = [("bug", "bug", None)] * 10

    far, near = (judged(compared([*DROPPED, *gone]), max_drop=margin) for margin in (0.02, 0.11))

    assert far.outcome == "failed"
    assert "with the best answers to the 10 unscored cases it would fail too" in far.reasons[0]
    assert near.outcome == "inconclusive"
    assert near.reasons[-1].endswith("the answers to the 10 unscored cases could change that")


def test_missing_answers_leave_bleu_open():
    """A missing answer of the baseline can be of any length."""
    worse = [("the printer is on fire", "the printer is on fire", "no")] * 60

    verdict = judged(compared([*worse, ("a b c d", None, "a b c d")], BLEU), max_drop=0.05, floor=0.9)

    assert verdict.outcome == "inconclusive"


@pytest.mark.parametrize("odd", [predicts_label(LABELS), BLEU, macro_f1((*LABELS, "outage"))])
def test_scores_that_count_for_different_figures_are_refused(odd):
    """Some without counts, or with those of another figure, or of other labels."""
    mixed = side(answered(KEPT), 2)
    (other,) = side([("bug", "bug", "bug")], 2, odd).items
    mixed = msgspec.structs.replace(mixed, items=(*mixed.items[:-1], msgspec.structs.replace(other, case_id="c0299")))

    with pytest.raises(ScorerError, match="don't count for one figure"):
        compare(side(answered(KEPT), 1), mixed)


def test_the_figure_of_a_saved_comparison_can_be_computed_again():
    """Encoded, decoded, and cut into slices: nothing else than its rows is needed."""
    whole = compared(DROPPED, tags=TAGS)

    read = msgspec.json.decode(msgspec.json.encode(whole, enc_hook=as_listed), type=Comparison)

    assert read == whole
    assert slices_of(read.by_tag("language")) == slices_of(whole.by_tag("language"))


def test_unscored_cases_are_part_of_no_figure():
    """With the same cases left out the figures are the same."""
    one, other = compared([*DROPPED, ("bug", None, "bug"), ("bug", "bug", None)]), compared(DROPPED)

    assert (one.delta, one.drop, one.baseline_mean) == (other.delta, other.drop, other.baseline_mean)
    assert len(one.unscored) == 2
