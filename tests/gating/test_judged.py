"""Gates on a judge: advisory until a check trusts it, and corrected by people's labels of these very answers."""

import msgspec
import pytest

from harness.errors import RubricError
from harness.gating.judged import figures_of, newest_check
from harness.gating.ledger import properties_of
from harness.gating.saved_run import SavedRun
from harness.gating.suite_run import SuiteRun
from harness.gating.without_models.not_asked import NotAsked
from harness.judges.check import decided_today
from harness.judges.checked import checks_file, keep_check
from harness.judges.draws import DrawnFrom, drawn, draws_file, keep_draw
from harness.judges.labels import AnswerLabel, add_labels, labels_file
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.compared import Comparison, Gate
from harness.records.estimate import Estimate
from harness.records.judged import CriterionCheck
from harness.records.messages import Called
from harness.records.scored import Criterion, Score, TrustLimits
from harness.scorers import any_right
from harness.scorers.judges.judge import Judge, PairJudge, judge_identity
from harness.scorers.judges.prompt import ANSWER_LIMIT
from tests.gating.test_evaluate import ADAPTER, BASE, PAIRWISE, SCALE, Fake, echo, evaluation, suite_of
from tests.judged_runs import checked, kappa
from tests.two_askings import PLAIN, asked_twice, forgetful, written

SCALED = msgspec.structs.replace(SCALE, levels={str(level): f"level {level}" for level in range(1, 6)})
JUDGE = Judge(rubric=SCALED, model=BASE, engine_identity="fake", max_tokens=8)
ANY = Gate(floor=0.9)


def check_of_it(outcome: str, judge: Judge = JUDGE):
    """Return what a check of this judge found, as it is decided by the limits of its rubric."""
    at = 0.71 if outcome == "trusted" else 0.31
    check = checked(outcome, at, digest=judge.rubric.digest, judge=judge_identity(judge))
    return decided_today(check, judge.rubric)


def ready(folder, says: str = '{"score": 2}', cases: int = 4):
    """Return a suite, its run, and the source of that; a judge gives each answer the same level."""
    suite = suite_of(*(f"q{number}" for number in range(cases)))
    work = evaluation(folder, Fake(lambda r: f"{r.model.name} {echo(r)}"), reader=Fake(lambda _: says))
    work.ask([suite])
    return suite, SuiteRun(work.source), work.source


def gated(folder, judge: Judge = JUDGE, gate: Gate = ANY):
    """Return the verdict on what a judge scored; ``folder / "judges"`` belongs to the suite."""
    suite, run, _ = ready(folder)
    (verdict,) = run.gate("t", run.evaluate("t", suite, judge, folder / "judges"), gate)
    return verdict


def test_a_gate_on_a_judge_that_was_never_checked_is_advisory(tmp_path):
    """The reason says how to check it."""
    verdict = gated(tmp_path)

    assert (verdict.outcome, verdict.gate.advisory) == ("failed", True)
    assert verdict.reasons[-1] == (
        f"advisory: {JUDGE!r} was never checked against people's labels; run `harness judge check tone`"
    )
    assert dict(properties_of(verdict))["judge trusted"] is False


def test_a_trusted_judge_fails_a_run(tmp_path):
    """The check is kept with the comparison."""
    (tmp_path / "judges").mkdir()
    keep_check(checks_file(tmp_path / "judges", SCALED), check_of_it("trusted"))
    verdict = gated(tmp_path)

    assert (verdict.outcome, verdict.gate.advisory, len(verdict.reasons)) == ("failed", False, 1)
    assert verdict.comparison.judged.check == check_of_it("trusted")
    assert dict(properties_of(verdict))["kappa"] == 0.71


@pytest.mark.parametrize(
    ("outcome", "said", "why"),
    [
        ("untrusted", "is not trusted", "checked against 80 labels; kappa 0.310 (0.160 to 0.460) is below 0.6"),
        (
            "too few labels",
            "has too few labels",
            "checked against 80 labels; kappa 0.31 [0.16, 0.46]; 80 labels, 40 independent cases: 60 are needed",
        ),
    ],
)
def test_one_that_is_not_trusted_fails_none_and_says_its_kappa(tmp_path, outcome, said, why):
    """With what is missing."""
    (tmp_path / "judges").mkdir()
    keep_check(checks_file(tmp_path / "judges", SCALED), check_of_it(outcome))
    verdict = gated(tmp_path)

    assert verdict.gate.advisory
    assert said in verdict.reasons[-1]
    assert why in verdict.reasons[-1]


@pytest.mark.parametrize(("asks_for", "is_advisory"), [(0.6, False), (0.8, True), (0.5, False)])
def test_a_check_is_decided_by_what_the_rubric_asks_for_today(tmp_path, asks_for, is_advisory):
    """A limit is no word that the judge reads: the check still holds, and its figures are compared with the new one."""
    folder = tmp_path / "judges"
    folder.mkdir()
    keep_check(checks_file(folder, SCALED), check_of_it("trusted"))
    limits = TrustLimits(min_kappa=asks_for)
    verdict = gated(tmp_path, msgspec.structs.replace(JUDGE, rubric=msgspec.structs.replace(SCALED, trust=limits)))

    assert verdict.gate.advisory is is_advisory
    assert ("kappa 0.710 (0.560 to 0.860) is below 0.8" in verdict.reasons[-1]) is is_advisory


def test_a_gate_on_one_criterion_counts_by_the_check_of_that_criterion(tmp_path):
    """Not by that of another, nor by that over all."""
    words = ("x", "y")
    several = msgspec.structs.replace(
        SCALED, levels={}, criteria={name: Criterion(question=name, levels=SCALED.levels) for name in words}
    )
    judge = msgspec.structs.replace(JUDGE, rubric=several)
    check = msgspec.structs.replace(
        checked("trusted", 0.71, digest=several.digest, judge=judge_identity(judge)),
        criteria={"x": CriterionCheck(labels=80, independent=80, kappa=kappa(0.71))},
    )
    folder = tmp_path / "judges"
    folder.mkdir()
    keep_check(checks_file(folder, several), check)
    found = {criterion: newest_check(several, judge_identity(judge), folder, criterion) for criterion in ("", *words)}

    assert {name: one.outcome for name, one in found.items()} == {
        "": "too few labels",
        "x": "trusted",
        "y": "too few labels",
    }


def test_a_line_that_says_trusted_by_hand_makes_no_judge_trusted(tmp_path):
    """Its figures decide."""
    folder = tmp_path / "judges"
    folder.mkdir()
    edited = msgspec.structs.replace(check_of_it("untrusted"), outcome="trusted", reasons=())
    keep_check(checks_file(folder, SCALED), edited)

    assert gated(tmp_path).gate.advisory


@pytest.mark.parametrize("changed", ["words", "weights"])
def test_a_check_holds_for_these_words_and_this_model_alone(tmp_path, changed):
    """Another word of the rubric, or other weights behind the same name, are another judge."""
    (tmp_path / "judges").mkdir()
    keep_check(checks_file(tmp_path / "judges", SCALED), check_of_it("trusted"))
    judge = msgspec.structs.replace(
        JUDGE,
        **{"words": {"rubric": msgspec.structs.replace(SCALED, question="Bad?")}, "weights": {"model": ADAPTER}}[
            changed
        ],
    )

    assert gated(tmp_path, judge).gate.advisory


def test_a_rubric_can_waive_trust_and_every_verdict_says_so(tmp_path):
    """Then the gate counts."""
    judge = msgspec.structs.replace(JUDGE, rubric=msgspec.structs.replace(SCALED, require_trusted=False))
    verdict = gated(tmp_path, judge)

    assert (verdict.outcome, verdict.gate.advisory) == ("failed", False)
    assert verdict.reasons[-1].startswith("not advisory, since the rubric has require_trusted = false: ")
    assert "never checked" in verdict.comparison.judged.waived
    assert dict(properties_of(verdict))["require_trusted"] is False


def test_a_plan_knows_no_judge_and_doubts_none(tmp_path):
    """Its gates are as the tests say."""
    run = SuiteRun(NotAsked(BASE))
    comparison = run.evaluate("t", suite_of("a"), JUDGE, tmp_path)

    assert (comparison.untrusted, comparison.judged.judge) == ("", "")


def test_a_saved_run_is_decided_by_what_is_known_of_its_own_judge_today(tmp_path):
    """Its judge is the one that was asked then, whatever today's settings name."""
    suite, _, source = ready(tmp_path)

    class Saved(NotAsked):
        def compared(self, test_id, suite, _scorer) -> Comparison:
            return source.compared(test_id, suite, JUDGE)

    unknown = msgspec.structs.replace(JUDGE, model=msgspec.structs.replace(BASE, base_digest="not known any more"))
    folder = tmp_path / "judges"
    folder.mkdir()
    before = SuiteRun(Saved(BASE)).evaluate("t", suite, unknown, folder)
    keep_check(checks_file(folder, SCALED), check_of_it("trusted"))
    after = SuiteRun(Saved(BASE)).evaluate("t", suite, unknown, folder)

    assert (bool(before.untrusted), after.untrusted) == (True, "")
    assert (before.judged.check, after.judged.check.outcome) == (None, "trusted")


def test_saved_answers_of_both_sides_are_read_for_labels(tmp_path):
    """As they were answered."""
    sample = asked_twice({"suites/sums/test_a.py::test_it": PLAIN}, forgetful)
    read = SavedRun(written(tmp_path / "0001", sample)).read(PLAIN)
    said = {(one.side, one.case.id): one.response.text for one in sample.answers}

    assert read.keys() == {case.id for case in PLAIN.cases}
    assert {name: (one.baseline, one.candidate) for name, one in read.items()} == {
        name: (said["baseline", name], said["candidate", name]) for name in read
    }


def test_saved_answers_that_are_missing_are_not_read_as_the_same_answer_twice(tmp_path):
    """A run can have scores whose answers are lost; of two failed calls nobody knows what was said."""
    sample = asked_twice({"suites/sums/test_a.py::test_it": PLAIN}, forgetful)
    lost = PLAIN.cases[0].id
    kept = [one for one in sample.answers if one.case.id != lost]
    read = SavedRun(written(tmp_path / "0001", msgspec.structs.replace(sample, answers=tuple(kept)))).read(PLAIN)

    assert read.keys() == {case.id for case in PLAIN.cases} - {lost}


def labels_in(folder, source, suite, level: int, version: int = 1) -> None:
    """Label both answers to the first 70 cases, which chance chose."""
    read = source.read(suite)
    chosen = [case.id for case in suite.cases[:70]]
    draw = drawn(
        [
            DrawnFrom(
                draw="", rubric="tone", version=1, run="r", case_id=name, read=one.digest, stratum="1",
                uncertainty=0.0, chosen=name in chosen,
            )
            for name, one in read.items()
        ]
    )  # fmt: skip
    keep_draw(draws_file(folder, SCALED), draw)
    labels = [
        AnswerLabel(
            rubric="tone", version=version, case_id=name, messages=read[name].case.messages, answer=answer,
            level=given, expected=read[name].case.expected, drawn=draw.id,
        )
        for name in chosen
        for answer, given in ((read[name].baseline, 5), (read[name].candidate, level))
    ]  # fmt: skip
    add_labels(labels_file(folder, SCALED), msgspec.structs.replace(SCALED, version=version), labels)


def test_labels_of_these_very_answers_correct_the_gate(tmp_path):
    """The judge sees no difference between sides, people do in what was drawn."""
    suite, run, source = ready(tmp_path, cases=100)
    raw = run.gate("t", run.evaluate("t", suite, JUDGE, tmp_path), Gate(max_drop=0.1))
    labels_in(tmp_path, source, suite, level=1)
    comparison = run.evaluate("t", suite, JUDGE, tmp_path)
    corrected = run.gate("t", comparison, Gate(max_drop=0.1))

    assert (raw[0].outcome, corrected[0].outcome) == ("passed", "failed")
    assert comparison.judged.difference.labels == 70
    assert comparison.judged.difference.corrected.mean == pytest.approx(-1)
    assert raw[0].comparison.judged.missing.labels == 0
    assert {row.label.stratum for row in comparison.rows} == {"1"}


def test_labels_of_another_version_are_refused(tmp_path):
    """They are of other words."""
    suite, run, source = ready(tmp_path, cases=70)
    labels_in(tmp_path, source, suite, level=1, version=2)
    with pytest.raises(RubricError, match="`version` is 2"):
        run.evaluate("t", suite, JUDGE, tmp_path)


def test_a_judge_over_repeats_is_doubted_too(tmp_path):
    """It is the same judge."""
    suite = suite_of("a", repeats=2)
    work = evaluation(tmp_path, Fake(echo), reader=Fake(lambda _: '{"score": 2}'))
    work.ask([suite])
    comparison = SuiteRun(work.source).evaluate("t", suite, any_right(JUDGE), tmp_path)

    assert "never checked" in comparison.untrusted
    assert comparison.judged.uncorrectable == "a score is of several answers together, and a label is of one"


def test_a_label_corrects_no_score_that_says_more_than_it(tmp_path):
    """Of five verdicts a plain win is .75, and people who choose that answer say 1: no error of the judge."""
    five = msgspec.structs.replace(PAIRWISE, verdicts=5)
    pairs, plain = (
        PairJudge(rubric=each, model=BASE, engine_identity="fake", max_tokens=8) for each in (five, PAIRWISE)
    )
    suite, run, _ = ready(tmp_path, says='{"better": "tie"}')
    found, of_three = (run.evaluate(judge.rubric.id, suite, judge, tmp_path).judged for judge in (pairs, plain))

    assert found.uncorrectable.startswith("a label says who is better")
    assert (found.missing, of_three.uncorrectable, of_three.missing.needed) == (None, "", 4)


def test_flips_are_counted_among_the_pairs_that_were_read_in_both_orders(tmp_path):
    """The same answer twice is no pair that a judge could flip on; this one takes what it reads first."""
    suite = suite_of("a", "b", "c", "same")

    def reply(request: Request) -> str:
        same = "same" if request.model == BASE else " same\n"  # the spaces around an answer make it no other one
        return same if request.case_id == "same" else f"{request.model.name} {echo(request)}"

    work = evaluation(tmp_path, Fake(reply), reader=Fake(lambda _: '{"better": "A"}'))
    work.ask([suite])
    judge = PairJudge(rubric=PAIRWISE, model=BASE, engine_identity="fake", max_tokens=8)
    judged = work.compared(suite, judge).judged

    assert (judged.flips.mean, judged.flips.n) == (1.0, 3)
    assert (judged.lengths.raw.mean, judged.lengths.raw.n) == (0.5, 4)
    assert judged.longer_wins is None  # all ties


def test_lengths_are_of_what_the_judge_read():
    """Text beyond the limit is not read, and calls are no length."""
    case, (before, now) = suite_of("a").cases[0], (Score(value=0.0), Score(value=1.0))
    judge = PairJudge(rubric=PAIRWISE, model=BASE, engine_identity="fake", max_tokens=8)

    def of(old: Response, new: Response) -> Estimate | None:
        return figures_of(judge, ([(case, old)], [(case, new)]), ([before], [now])).longer_wins

    at_limit, beyond = "x" * ANSWER_LIMIT, "x" * (ANSWER_LIMIT + 9)
    called = Response(request_key="k", text="x", tool_calls=(Called(name="f", arguments="{}"),))

    assert of(Response(request_key="k", text="x"), Response(request_key="k", text="xx")).mean == 1.0
    assert of(Response(request_key="k", text=at_limit), Response(request_key="k", text=beyond)) is None
    assert of(Response(request_key="k", text="y"), called) is None
