"""Lost cases on which a gate depends are asked again while its test runs: what is asked, and what that changes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.engines.replay import ReplayEngine
from harness.errors import InputError
from harness.gating.saved_run import SavedRun
from harness.gating.suite_run import SuiteRun
from harness.records.answered import Response
from harness.records.asked import Case, Request, digest_of_cases
from harness.records.compared import AskedAgain, Comparison, Gate, Slices, Verdict
from harness.records.engine import Contender
from harness.records.scored import Score
from harness.runs.folder import write_run
from harness.scorers.judges.judge import Judge, PairJudge
from tests.gating.test_evaluate import (
    ADAPTER,
    BASE,
    PAIRWISE,
    SCALE,
    Fake,
    Work,
    echo,
    echoes,
    evaluation,
    suite_of,
    work_of,
)
from tests.sample_run import sample_run


class Batches(Fake):
    """Notes how many requests came together."""

    def __init__(self, reply: Callable[[Request], str]) -> None:
        super().__init__(reply)
        self.sizes: list[int] = []

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer as ever."""
        self.sizes.append(len(requests))
        return super().generate(requests)

    @property
    def again(self) -> list[tuple[str, str]]:
        """Which model was asked which case again."""
        return [(request.model.name, request.case_id) for request in self.asked if request.again]


def forgets(*cases: str, at_first: str = "") -> Callable[[Request], str]:
    """Make an adapter that forgets some cases, and one more the first time that it is asked."""

    def reply(request: Request) -> str:
        unsteady = request.case_id == at_first and not request.again
        return "?" if request.model == ADAPTER and (request.case_id in cases or unsteady) else echo(request)

    return reply


def gated(work: Work, judged: Comparison | Slices, **thresholds: float) -> Verdict:
    """Return the worst verdict of a gate in a test."""
    return SuiteRun(work.source).gate("t", judged, Gate(**thresholds))[0]


def ready(folder: Path, engine: Fake, suite: Suite) -> Work:
    """Ask both sides a suite."""
    work = evaluation(folder, engine)
    work.ask([suite])
    return work


def test_the_lost_cases_are_asked_again_twice_on_both_sides_in_one_batch(tmp_path):
    """No other case is, and the figures stay those of the first asking."""
    engine = Batches(forgets("b", at_first="c"))
    work = ready(tmp_path, engine, suite := suite_of("a", "b", "c", "d"))
    compared = work.compared(suite, echoes)

    verdict = gated(work, compared, max_flips=1)

    assert engine.sizes == [8, 8]
    assert sorted(engine.again) == sorted([(name, case) for name in ("tiny", "mine") for case in "bc"] * 2)
    assert verdict.comparison.again == (
        AskedAgain(case_id="b", baseline=(1.0, 1.0), candidate=(0.0, 0.0)),
        AskedAgain(case_id="c", baseline=(1.0, 1.0), candidate=(1.0, 1.0)),
    )
    assert verdict.outcome == "passed"
    assert msgspec.structs.replace(verdict.comparison, again=None) == compared


def test_a_gate_that_could_not_change_asks_nothing_again(tmp_path):
    """With one more lost case it would still pass; nor does a gate without max_flips."""
    engine = Batches(forgets("b"))
    work = ready(tmp_path, engine, suite := suite_of("a", "b", "c", "d"))
    compared = work.compared(suite, echoes)

    verdicts = gated(work, compared, max_flips=2), gated(work, compared, max_drop=0.1), gated(work, compared, floor=0.9)

    assert engine.sizes == [8]
    assert [verdict.comparison.again for verdict in verdicts] == [None] * 3


def test_what_was_asked_again_is_not_asked_a_third_time(tmp_path):
    """Neither for another gate nor in another run: it is in the store."""
    suite = suite_of("a", "b")
    work = ready(tmp_path, Batches(forgets("b")), suite)
    gated(work, work.compared(suite, echoes), max_flips=0)
    gated(work, work.compared(suite, lambda case, response: response.text == case.expected), max_flips=0)
    later = Batches(forgets("b"))
    again = ready(tmp_path, later, suite)

    verdict = gated(again, again.compared(suite, echoes), max_flips=0)

    assert work.asked.contenders["baseline"].engine.sizes == [4, 4]
    assert (later.sizes, verdict.outcome) == ([], "failed")


def test_each_asking_draws_anew(tmp_path):
    """Sampled answers have another seed for each repeat and each asking, on both sides."""
    engine = Batches(forgets("b"))
    work = ready(tmp_path, engine, suite := suite_of("a", "b", repeats=2))

    verdict = gated(work, work.compared(suite, echoes), max_flips=0)

    seeds = sorted(request.sampling.seed + request.repeat for request in engine.asked if request.model == ADAPTER)
    assert seeds == [0, 0, 1, 1, 2, 3, 4, 5]
    assert verdict.comparison.again == (AskedAgain(case_id="b", baseline=(1.0, 1.0), candidate=(0.0, 0.0)),)


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_a_saved_run_is_not_asked_again(tmp_path, side):
    """It has one answer to each request; the other side alone would show nothing."""
    engine, suite = Batches(forgets("b")), suite_of("a", "b")
    before = ready(tmp_path / "before", engine, suite) if (tmp_path / "before").mkdir() is None else None
    saved = ReplayEngine((one for one in before.asked.answers() if one.side == side), engine.identity)
    sides = {"baseline": engine, "candidate": engine} | {side: saved}
    work = work_of(
        Contender(model=BASE, engine=sides["baseline"]), Contender(model=ADAPTER, engine=sides["candidate"]), tmp_path
    )
    work.ask([suite])

    verdict = gated(work, work.compared(suite, echoes), max_flips=0)

    assert engine.again == []
    assert verdict.reasons == ("lost 1 case, more than the allowed 0 (not asked again)",)


def test_a_saved_run_answers_again_what_it_asked_again(tmp_path):
    """Its unsteady case stays unsteady. Where one lost case was not asked again then, none is."""
    suite = suite_of("a", "b", "c")
    (tmp_path / "before").mkdir()
    before = ready(tmp_path / "before", Batches(forgets("c", at_first="b")), suite)
    decided = gated(before, before.compared(suite, lenient), max_flips=0)
    saved = list(before.asked.answers())
    held = frozenset(one.request.key for one in saved if one.request.again)
    replay = ReplayEngine(saved, "fake")
    baseline, candidate = (Contender(model=model, engine=replay, held=held) for model in (BASE, ADAPTER))
    work = work_of(baseline, candidate, tmp_path)
    work.ask([suite])

    same, stricter = (gated(work, work.compared(suite, scorer), max_flips=0) for scorer in (lenient, echoes))

    assert (same.outcome, same.reasons) == (decided.outcome, decided.reasons) == ("passed", same.reasons)
    assert stricter.reasons == ("lost 2 cases, more than the allowed 0 (not asked again)",)


def lenient(case: Case, response: Response) -> Score:
    """As ``echoes``, but for a case of which every answer is right."""
    return Score(value=1.0) if case.id == "c" else echoes(case, response)


def test_a_failed_call_excuses_no_lost_case(tmp_path):
    """Nor does it accuse: the gate can't decide."""
    engine = Batches(lambda request: "(fail)" if request.again else forgets("b")(request))
    work = ready(tmp_path, engine, suite := suite_of("a", "b"))

    verdict = gated(work, work.compared(suite, echoes), max_flips=0)

    assert verdict.comparison.again == (AskedAgain(case_id="b", baseline=(None, None), candidate=(None, None)),)
    assert verdict.outcome == "inconclusive"


def test_a_wrong_threshold_is_refused_before_anything_is_asked_again(tmp_path):
    """As it always was."""
    engine = Batches(forgets("b"))
    work = ready(tmp_path, engine, suite := suite_of("a", "b"))

    with pytest.raises(InputError, match="floor must be between 0 and 1"):
        gated(work, work.compared(suite, echoes), max_flips=0, floor=7)
    assert engine.again == []


def test_a_judge_reads_again_even_the_same_answer(tmp_path):
    """Its own chance is chance too: a verdict that changes is no lost case."""
    work = evaluation(tmp_path, Batches(lambda request: request.model.name), reader=Fake(judges_by_chance))
    suite = suite_of("x")
    work.ask([suite])
    judge = Judge(rubric=SCALE, model=BASE, engine_identity="fake", max_tokens=8)

    verdict = gated(work, work.compared(suite, judge), max_flips=0)

    assert verdict.comparison.lost == ("x",)
    assert verdict.comparison.again == (AskedAgain(case_id="x", baseline=(1.0, 1.0), candidate=(1.0, 1.0)),)
    assert verdict.outcome == "passed"


def judges_by_chance(request: Request) -> str:
    """Find the candidate's answer bad the first time only."""
    bad = "mine" in request.messages[-1].content and not request.again
    return '{"score": 1}' if bad else '{"score": 5}'


def test_a_pair_that_a_judge_decided_is_judged_again(tmp_path):
    """Both orders, of the new answers."""
    reader = Fake(prefers_the_baseline)
    work = evaluation(tmp_path, Batches(lambda request: request.model.name), reader=reader)
    suite = suite_of("x")
    work.ask([suite])
    judge = PairJudge(rubric=PAIRWISE, model=BASE, engine_identity="fake", max_tokens=8)
    compared = work.compared(suite, judge)

    verdict = gated(work, compared, max_flips=0)

    assert len(reader.asked) == 6
    assert compared.lost == ("x",)
    assert verdict.comparison.again == (AskedAgain(case_id="x", baseline=(1.0, 1.0), candidate=(0.0, 0.0)),)


def prefers_the_baseline(request: Request) -> str:
    """Choose its answer wherever it is."""
    read = request.messages[-1].content
    return f'{{"better": "{"A" if read.index("tiny") < read.index("mine") else "B"}"}}'


def tagged(*questions: str) -> Suite:
    """Make a suite of which each case has its first letter as a tag."""
    cases = tuple(msgspec.structs.replace(case, tags=(f"first-{case.id[0]}",)) for case in suite_of(*questions).cases)
    return msgspec.structs.replace(suite_of(*questions), cases=cases, digest=digest_of_cases(cases))


def test_slices_are_asked_again_together_and_each_keeps_its_own_cases(tmp_path):
    """One batch for all of them; a slice that can't change is left alone."""
    engine = Batches(forgets("a1", "b1", "b2", "c1"))
    work = ready(tmp_path, engine, suite := tagged("a1", "b1", "b2", "c1", "d1"))
    compared = work.compared(suite, echoes)

    verdicts = SuiteRun(work.source).gate("t", compared.by_tag("first"), Gate(max_flips=1))

    assert engine.sizes == [10, 16]
    assert [[one.case_id for one in verdict.comparison.again] for verdict in verdicts] == [
        ["a1"],
        ["b1", "b2"],
        ["c1"],
        [],
    ]


@pytest.mark.parametrize("sliced", [False, True])
def test_a_saved_run_decides_as_the_run_did(tmp_path, sliced):
    """What was asked again is saved: the scores with the verdict, the answers beside the first ones."""
    work = ready(tmp_path, Batches(forgets("b1", at_first="b2")), suite := tagged("a1", "b1", "b2", "b3"))
    run = SuiteRun(work.source)
    compared = run.evaluate("t", suite, echoes)
    verdicts = run.gate("t", compared.by_tag("first") if sliced else compared, Gate(max_flips=1))
    folder = tmp_path / "0001-2026-11-22-1f3c"
    folder.mkdir()
    sides = {side: contender.model for side, contender in work.asked.contenders.items()}
    nothing = {"measures": (), "pinned": (), "broken": (), "unmeasured": (), "usage": (), "probes": ()}
    record = msgspec.structs.replace(sample_run().run, **sides, engine="fake", verdicts=verdicts, **nothing)
    write_run(folder, record, work.asked.answers(), work.source.kept.judgements())
    later = SuiteRun(SavedRun(folder))

    found = later.evaluate("t", suite, echoes)
    decided = later.gate("t", found.by_tag("first") if sliced else found, Gate(max_flips=1))

    assert {verdict.outcome for verdict in verdicts} == {"passed"}
    assert [(one.outcome, one.reasons) for one in decided] == [(one.outcome, one.reasons) for one in verdicts]
    asked = [(one.side, one.case.id, one.request.again) for one in work.asked.answers()]
    assert len(asked) == 16
    assert all(again == (place >= 8) for place, (_, _, again) in enumerate(asked))
