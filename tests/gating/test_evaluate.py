"""The path from cases to a comparison, with engines made of plain functions."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.store import Store
from harness.engines.function import FunctionEngine
from harness.engines.replay import ReplayEngine
from harness.errors import EngineError, IncomparableRuns, RubricError, ScorerError, SilentAdapter
from harness.gating.asked import Asked
from harness.gating.evaluate import Evaluation
from harness.gating.suite_run import SuiteRun
from harness.records.answered import Response, TokenLogprob
from harness.records.asked import Case, ModelRef, Request, Sampling, digest_of_cases
from harness.records.compared import Comparison, Gate
from harness.records.engine import Contender
from harness.records.messages import Message
from harness.records.saved import Judgement
from harness.records.scored import Criterion, Rubric, Score
from harness.scorers import answer_tokens, latency, macro_f1
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.scoring import describe, score_one
from harness.verdicts.gate import decide

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
ADAPTER = msgspec.structs.replace(BASE, adapter="mine", adapter_digest="a")


class Fake(FunctionEngine):
    """A function's answers, with log-probabilities where they are asked for; the text "(fail)" is a failed call."""

    def __init__(self, reply: Callable[[Request], str], identity: str = "fake") -> None:
        super().__init__(lambda request: respond(request, reply(request)), identity)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer in reverse order, since the order of completion is not guaranteed; "(none)" is never answered."""
        responses = list(super().generate(requests))
        return (response for response in reversed(responses) if response.text != "(none)")


def respond(request: Request, said: str) -> Response:
    """Return what a test's model said as a response."""
    if said == "(fail)":
        return Response(request_key=request.key, error="HTTP 500")
    if request.sampling.logprobs is None:
        return Response(request_key=request.key, text=said)
    value = -len(said) / 10
    logprobs = (TokenLogprob(token="a", logprob=value, top={"a": value, "b": -9.0}),)
    return Response(request_key=request.key, text=said, logprobs=logprobs)


def suite_of(*questions: str, repeats: int = 1) -> Suite:
    """Make a suite whose cases expect their own question back."""
    cases = tuple(Case(id=text, messages=(Message(role="user", content=text),), expected=text) for text in questions)
    return Suite(name="echo", cases=cases, sampling=Sampling(repeats=repeats), digest=digest_of_cases(cases))


def echoes(case: Case, response: Response) -> Score:
    """Right when the answer is the expected one."""
    return Score(value=float(response.text == case.expected))


@dataclass(frozen=True)
class Work:
    """Two contenders' answers, and the comparisons made of them."""

    asked: Asked
    source: Evaluation

    def ask(self, *given: object) -> None:
        """Ask both sides."""
        self.asked.ask(*given)

    def compared(self, suite: Suite, scorer: object) -> Comparison:
        """Compare them in some test."""
        return self.source.compared("t", suite, scorer)


def evaluation(
    folder: Path, engine: Fake, other: Fake | None = None, noise_sample: int = 0, reader: Fake | None = None
) -> Work:
    """Base against adapter, on one engine or two; ``reader`` is the judge's."""
    return work_of(
        Contender(model=BASE, engine=engine),
        Contender(model=ADAPTER, engine=other or engine),
        folder,
        noise_sample=noise_sample,
        reader=reader,
    )


def work_of(
    baseline: Contender,
    candidate: Contender,
    folder: Path,
    *,
    noise_sample: int = 0,
    reader: Fake | None = None,
    accepted: tuple[str, ...] = (),
) -> Work:
    """Any two contenders."""
    store = Store(folder / "answers.sqlite")
    asked = Asked(baseline, candidate, Asking(store, lambda responses, _total: responses), noise_sample)
    judge = Contender(model=BASE, engine=reader or baseline.engine)
    return Work(asked, Evaluation(asked, lambda _name: judge, accepted=accepted))


def echo(request: Request) -> str:
    """Answer with the question."""
    return request.messages[-1].content


def test_all_suites_and_both_sides_are_one_stream(tmp_path):
    """One call of the engine with everything; a case in two suites is asked once."""
    engine = Fake(echo)
    work = evaluation(tmp_path, engine)

    work.ask([suite_of("x", "y"), suite_of("y", "z")])

    assert sorted((request.model.name, request.case_id) for request in engine.asked) == [
        (name, case) for name in ("mine", "tiny") for case in "xyz"
    ]


def test_answers_meet_their_own_case_and_side(tmp_path):
    """Whatever the order of arrival."""
    engine = Fake(lambda request: echo(request) if request.model.adapter is None or echo(request) == "x" else "?")
    work = evaluation(tmp_path, engine)
    suite = suite_of("x", "y")
    work.ask([suite])

    result = work.compared(suite, echoes)

    assert [(row.case_id, row.baseline, row.candidate) for row in result.rows] == [("x", 1, 1), ("y", 1, 0)]
    assert result.lost == ("y",)


def test_failed_and_missing_answers_are_unscored(tmp_path):
    """Neither a failed call nor a silently missing response becomes a wrong answer."""
    engine = Fake(lambda request: {"x": "(fail)", "y": "(none)"}.get(echo(request), echo(request)))
    work = evaluation(tmp_path, engine)
    suite = suite_of("x", "y", "z")
    work.ask([suite])

    result = work.compared(suite, echoes)

    assert set(result.unscored) == {"x", "y"}
    assert result.candidate_mean is not None
    assert result.candidate_mean.mean == 1.0


def test_each_repeat_is_asked_and_averaged_within_its_case(tmp_path):
    """Repeats make a case's value steadier; they don't make more cases."""
    engine = Fake(lambda request: echo(request) if request.repeat == 0 else "?")
    work = evaluation(tmp_path, engine)
    suite = suite_of("x", repeats=2)
    work.ask([suite])

    result = work.compared(suite, echoes)

    assert len(engine.asked) == 4
    assert [(row.baseline, row.candidate) for row in result.rows] == [(0.5, 0.5)]


def test_sides_from_unlike_engines_are_refused(tmp_path):
    """The first difference is named."""
    work = evaluation(tmp_path, Fake(echo, "vllm 1 float32"), Fake(echo, "vllm 1 bfloat16"))
    suite = suite_of("x")
    work.ask([suite])

    with pytest.raises(
        IncomparableRuns, match=r"'dtype': baseline 'float32', candidate 'bfloat16'.*--accept-difference dtype"
    ):
        work.compared(suite, echoes)


def test_an_answer_to_nothing_asked_is_an_error(tmp_path):
    """An engine that mixes up its answers is not to be trusted with any."""

    class Confused(Fake):
        def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
            yield Response(request_key="not " + requests[0].key, text="x")

    with pytest.raises(EngineError, match="not asked"):
        evaluation(tmp_path, Confused(echo)).ask([suite_of("x")])


@pytest.mark.parametrize("given", [None, "good", 1.5, -1, float("nan")])
def test_what_is_no_score_is_refused(given):
    """The scorer and the case are named; nothing is made up."""
    case = suite_of("x").cases[0]

    with pytest.raises(ScorerError, match="case 'x'"):
        score_one(lambda _case, _response: given, case, Response(request_key="k", text="x"))


def test_a_number_or_a_truth_value_is_a_score():
    """A plain function is a scorer."""
    case = suite_of("x").cases[0]

    assert score_one(lambda _case, _response: True, case, Response(request_key="k")).value == 1.0
    assert score_one(lambda _case, _response: 0.25, case, Response(request_key="k")).value == 0.25


def test_a_scorer_never_sees_a_failed_call():
    """It is unscored with the reason, before any scorer could call it wrong."""
    score = score_one(echoes, suite_of("x").cases[0], Response(request_key="k", error="HTTP 500"))

    assert score == Score(value=None, reason="HTTP 500")


def test_a_scorer_is_described_without_addresses():
    """The description is part of a fingerprint, so it is the same in every process."""
    assert describe(echoes) == "echoes()"


def test_noise_is_what_changes_when_the_baseline_is_asked_again(tmp_path):
    """A sample of its requests goes out twice in the same stream; scores of the second answers enter no figure."""
    engine = Fake(lambda request: "?" if request.again and echo(request) == "x" else echo(request))
    work = evaluation(tmp_path, engine, noise_sample=2)
    suite = suite_of("x", "y")
    work.ask([suite])

    result = work.compared(suite, echoes)

    assert len(engine.asked) == 6
    assert {request.model.name for request in engine.asked if request.again} == {"tiny"}
    assert result.noise is not None
    assert (result.noise.asked, result.noise.answers_changed, result.noise.scores_changed) == (2, 1, 1)
    assert result.noise.spread == 0.5
    assert result.baseline_mean is not None
    assert result.baseline_mean.mean == 1.0


def test_the_second_asking_comes_at_another_place_of_the_stream(tmp_path):
    """After everything else, so that it meets another batch."""
    engine = Fake(echo)
    evaluation(tmp_path, engine, noise_sample=1).ask([suite_of("x", "y")])

    assert [request.again for request in engine.asked] == [False] * 4 + [True]


def test_requests_with_a_common_start_stand_together_and_both_sides_in_turn(tmp_path):
    """Whichever suite they come from: caches serve the start, and both sides meet the same load."""
    engine = Fake(echo)
    evaluation(tmp_path, engine).ask([suite_of("b1", "a1"), suite_of("b2", "a2")])

    assert [(request.model.name, request.case_id) for request in engine.asked] == [
        (name, case) for case in ("a1", "a2", "b1", "b2") for name in ("tiny", "mine")
    ]


def test_a_stored_second_answer_is_not_asked_a_third_time(tmp_path):
    """A run whose answers are all stored sends nothing, noise and probes included."""
    first, second = Fake(lambda request: f"{request.model.name} {echo(request)}"), Fake(echo)
    for engine in (first, second):
        work = evaluation(tmp_path, engine, noise_sample=2)
        work.ask([suite_of("x", "y")], [(Contender(model=ADAPTER, engine=engine), BASE)])

    assert len(first.asked) == 2 + 2 + 2 + 3 * 2
    assert second.asked == []


def test_a_probed_adapter_is_proven_to_be_answering(tmp_path):
    """By log-probabilities that differ from the base model's."""
    engine = Fake(lambda request: request.model.name * (2 if request.model.adapter else 1))
    work = evaluation(tmp_path, engine)
    work.ask([suite_of("x", "y")], [(Contender(model=ADAPTER, engine=engine), BASE)])

    assert [(probe.adapter, probe.changed, probe.noise) for probe in work.asked.probes()] == [("mine", 2, 0.0)]


def test_an_adapter_that_answers_like_its_base_is_found_out(tmp_path):
    """Though every answer came."""
    engine = Fake(echo)
    work = evaluation(tmp_path, engine)
    work.ask([suite_of("x", "y")], [(Contender(model=ADAPTER, engine=engine), BASE)])

    with pytest.raises(SilentAdapter, match="mine changes nothing"):
        work.asked.probes()


def test_an_interrupted_run_knows_what_was_answered(tmp_path):
    """Ctrl-C half-way: the run folder gets the answers that came."""

    class Broken(Fake):
        def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
            yield Response(request_key=requests[0].key, text="x")
            raise KeyboardInterrupt

    work = evaluation(tmp_path, Broken(echo))
    with pytest.raises(KeyboardInterrupt):
        work.ask([suite_of("x", "y")])

    assert [answer.response.text for answer in work.asked.answers()] == ["x"]


EXAMPLES = (
    Message(role="system", content="Repeat."),
    Message(role="user", content="hey"),
    Message(role="assistant", content="hey"),
)
LEVELS = {"1": "poor", "2": "", "3": "", "4": "", "5": "good"}
SCALE = Rubric(
    id="tone",
    version=1,
    kind="scale",
    question="Good?",
    prompt="{{ question }} {{ conversation }} {{ answer }}",
    levels=LEVELS,
)
CRITERIA = msgspec.structs.replace(
    SCALE,
    prompt="{{ question }} {{ conversation }} {{ answer }} {{ criteria }} {{ reply }}",
    levels={},
    criteria={name: Criterion(question="Good?", levels=LEVELS) for name in ("form", "tone")},
)
PAIRWISE = Rubric(
    id="better", version=1, kind="pairwise", question="Which?", prompt="{{ question }} {{ answer_a }} {{ answer_b }}"
)


def prompted(*questions: str) -> Suite:
    """Make a suite that gives the base model examples."""
    return msgspec.structs.replace(suite_of(*questions), baseline_prompt=EXAMPLES)


def test_the_base_model_alone_is_asked_with_the_baseline_prompt(tmp_path):
    """Its requests have other keys for it; the difference is reported, and accepted since the suite declares it."""
    engine = Fake(echo)
    work = evaluation(tmp_path, engine)
    suite, plain = prompted("x", "y"), suite_of("x", "y")
    work.ask([suite, plain])

    result = work.compared(suite, echoes)

    sent = {(request.model.name, len(request.messages)) for request in engine.asked}
    assert sent == {("tiny", 4), ("tiny", 1), ("mine", 1)}
    assert len(engine.asked) == 6
    assert [difference.name for difference in result.accepted] == ["baseline prompt"]
    assert result.accepted[0].candidate == "none"
    assert work.compared(plain, echoes).accepted == ()


def test_a_candidate_without_adapter_gets_the_prompt_too(tmp_path):
    """Base against base is then not a difference."""
    engine = Fake(echo)
    side = Contender(model=BASE, engine=engine)
    work = work_of(side, side, tmp_path)
    suite = prompted("x")
    work.ask([suite])

    assert work.compared(suite, echoes).accepted == ()
    assert [len(request.messages) for request in engine.asked] == [4]


def test_the_judge_reads_the_case_and_not_the_examples(tmp_path):
    """What was asked is the case's own conversation, whatever the base model was shown before."""
    reader = Fake(lambda _request: '{"score": 5}')
    work = evaluation(tmp_path, Fake(echo), reader=reader)
    suite = prompted("x")
    work.ask([suite])
    judge = Judge(rubric=SCALE, model=BASE, engine_identity="fake", max_tokens=8)

    result = work.compared(suite, judge)

    assert {"judge", "rubric"} <= set(result.fingerprint)
    assert reader.asked
    assert not any("hey" in message.content for request in reader.asked for message in request.messages)


@pytest.mark.parametrize(("calls", "asked"), [("one", 3), ("each", 6)])
def test_scores_by_all_criteria_share_the_calls_of_the_judge(tmp_path, calls, asked):
    """Three tests on three cases; both sides answer alike, and no call is made twice."""

    def reading(request: Request) -> str:
        names = request.sampling.response_format["json_schema"]["schema"]["required"]
        return json.dumps({name: {"form": 5, "tone": 2}[name] for name in names})

    reader = Fake(reading)
    work = evaluation(tmp_path, Fake(echo), reader=reader)
    suite = suite_of(*"abc")
    rubric = msgspec.structs.replace(CRITERIA, calls=calls)
    work.ask([suite])
    run = SuiteRun(work.source)

    found = [run.evaluate(f"by {name}", suite, run.judge(rubric, name)) for name in ("", "form", "tone")]

    assert [{row.candidate for row in one.rows} for one in found] == [{0.625}, {1.0}, {0.25}]
    assert len(reader.asked) == asked
    assert len({one.key for one in found}) == 3


def test_a_run_refuses_an_unknown_criterion(tmp_path):
    """When the test names it, before anything is asked."""
    run = SuiteRun(evaluation(tmp_path, Fake(echo), reader=Fake(echo)).source)

    with pytest.raises(RubricError, match="has no criterion 'tune'; did you mean 'tone'"):
        run.judge(CRITERIA, "tune")


def test_an_accepted_difference_is_compared_and_told(tmp_path):
    """The same engine in another number format, accepted by name."""
    sides = [
        Contender(model=model, engine=Fake(echo, f"vllm 1 {dtype}"))
        for model, dtype in ((BASE, "float32"), (ADAPTER, "bfloat16"))
    ]
    work = work_of(*sides, tmp_path, accepted=("dtype", "engine"))
    suite = suite_of("x")
    work.ask([suite])

    result = work.compared(suite, echoes)

    assert [(one.name, one.baseline, one.candidate) for one in result.accepted] == [
        ("dtype", "'float32'", "'bfloat16'")
    ]


def by_key(work: Work) -> dict[str, list[Judgement]]:
    """Return the scores that a run keeps, by the key of their comparison."""
    found: dict[str, list[Judgement]] = {}
    for one in work.source.kept.judgements():
        found.setdefault(one.comparison, []).append(one)
    return found


def test_what_was_asked_in_two_ways_has_two_keys(tmp_path):
    """Other sampling, or a prompt for the base model: each score is kept under the comparison that it went into."""
    engine = Fake(lambda request: f"{request.model.name} {request.sampling.max_tokens} {request.messages[0].role}")
    work = evaluation(tmp_path, engine)
    plain = suite_of("x", "y")
    shorter = msgspec.structs.replace(plain, sampling=Sampling(max_tokens=4))
    prompted = msgspec.structs.replace(plain, baseline_prompt=(Message(role="system", content="Echo."),))
    suites = (plain, shorter, prompted)
    work.ask(suites)

    comparisons = [work.compared(suite, echoes) for suite in suites]

    answers = {(one.side, one.request.key): one.response.text for one in work.asked.answers()}
    said = [
        {answers[one.side, one.item.request_key] for one in by_key(work)[comparison.key]} for comparison in comparisons
    ]
    assert said == [
        {"tiny 256 user", "mine 256 user"},
        {"tiny 4 user", "mine 4 user"},
        {"tiny 256 system", "mine 256 user"},
    ]
    assert [len(scores) for scores in by_key(work).values()] == [4, 4, 4]


def test_the_same_comparison_is_kept_once(tmp_path):
    """Two tests can gate it by different thresholds; its slices share its key."""
    work = evaluation(tmp_path, Fake(echo))
    first, again = suite_of("x", "y"), suite_of("x", "y")
    work.ask([first, again])

    comparisons = [work.compared(suite, echoes) for suite in (first, again)]

    assert comparisons[0].key == comparisons[1].key
    assert {key: len(scores) for key, scores in by_key(work).items()} == {comparisons[0].key: 4}


def test_two_scorers_of_one_name_have_two_keys(tmp_path):
    """All lambdas of a test are called alike; neither is shown the other's scores, even where they agree."""
    work = evaluation(tmp_path, Fake(echo))
    suite = suite_of("x")
    work.ask([suite])
    scorers = [lambda _case, _response, value=value: value for value in (0.0, 1.0, 1.0)]

    comparisons = [work.compared(suite, scorer) for scorer in (*scorers, scorers[0])]

    keys = [comparison.key for comparison in comparisons]
    assert len({comparison.scorer for comparison in comparisons}) == 1
    assert len(set(keys)) == 3
    assert keys[3] == keys[0]
    given = [{one.item.score.value for one in by_key(work)[key]} for key in keys]
    assert given == [{0.0}, {1.0}, {1.0}, {0.0}]


def test_a_question_with_two_right_answers_is_kept_twice(tmp_path):
    """Two sets of cases share it, and expect something else; the second answer names its set."""
    work = evaluation(tmp_path, Fake(echo))
    first, same = suite_of("x"), suite_of("x", "y")
    case = msgspec.structs.replace(first.cases[0], expected="X")
    other = msgspec.structs.replace(first, cases=(case,), digest=digest_of_cases((case,)))
    work.ask([first, same, other])

    kept = [(one.case.id, one.case.expected, one.cases) for one in work.asked.answers() if one.side == "baseline"]

    assert kept == [("x", "x", ""), ("y", "y", ""), ("x", "X", other.digest)]


def test_the_messages_are_digested_once_for_all_scorers(tmp_path):
    """At a hundred thousand cases every pass counts."""
    work = evaluation(tmp_path, Fake(echo))
    suite = suite_of("x")
    work.ask([suite])

    first, second = work.compared(suite, echoes), work.compared(suite, lambda _case, _response: 1.0)

    assert first.fingerprint["messages"] is second.fingerprint["messages"]


def saved(folder: Path, suite: Suite, without: str) -> ReplayEngine:
    """Answer a suite with the adapter, save it as a run does, and lose one case of it."""
    work = evaluation(folder, Fake(echo))
    work.ask([suite])
    return ReplayEngine([answer for answer in work.asked.answers() if answer.case.id != without], "fake")


def no_drop(comparison: Comparison) -> str:
    """Return the outcome of a gate that the kept cases pass."""
    return decide("t", comparison, Gate(max_drop=0.5, max_flips=9)).outcome


@pytest.mark.parametrize("repeats", [1, 3])
def test_an_answer_that_a_saved_run_lacks_is_unscored(tmp_path, repeats):
    """The case stays in the comparison and keeps a gate from passing that passes with the whole run."""
    suite = suite_of(*"abcdefghij", repeats=repeats)
    results = {}
    for lost in ("d", "none"):
        work = evaluation(tmp_path / f"to {lost}", Fake(echo), saved(tmp_path / f"from {lost}", suite, without=lost))
        work.ask([suite])
        results[lost] = work.compared(suite, echoes)

    assert results["d"].unscored == ("d",)
    assert len(results["d"].rows) == 10
    assert "not in the saved run" in results["d"].rows[3].unscored
    assert (no_drop(results["d"]), no_drop(results["none"])) == ("inconclusive", "passed")


@pytest.mark.parametrize(
    ("engine", "missing"), [("candidate", "(none)"), ("baseline", "(fail)"), ("baseline", "(none)")]
)
def test_a_preference_needs_both_answers(tmp_path, engine, missing):
    """A case that one side alone answered is asked of no judge, and is unscored on both sides."""
    gap = Fake(lambda request: missing if echo(request) == "b" else echo(request) + "!")
    sides = (Fake(echo), gap) if engine == "candidate" else (gap, Fake(echo))
    reader = Fake(lambda _request: '{"better": "tie"}')
    work = evaluation(tmp_path, *sides, reader=reader)
    suite = suite_of(*"abcdefgh")
    work.ask([suite])

    result = work.compared(suite, PairJudge(rubric=PAIRWISE, model=BASE, engine_identity="fake", max_tokens=8))

    assert result.unscored == ("b",)
    assert len(result.rows) == 8
    assert {request.case_id for request in reader.asked} == set("acdefgh")
    assert no_drop(result) == "inconclusive"


def test_a_judge_that_falls_silent_leaves_cases_unscored(tmp_path):
    """As an engine that gives no response does."""
    reader = Fake(lambda request: "(none)" if request.case_id == "b" else '{"score": 5}')
    work = evaluation(tmp_path, Fake(echo), reader=reader)
    suite = suite_of(*"abc")
    work.ask([suite])

    result = work.compared(suite, Judge(rubric=SCALE, model=BASE, engine_identity="fake", max_tokens=8))

    assert result.unscored == ("b",)
    assert no_drop(result) == "inconclusive"


def test_a_wrong_answer_has_its_cause_as_category(tmp_path):
    """Whoever scores it; a right one has none, though it was cut off at the limit."""
    case = Case(id="x", messages=(Message(role="user", content="x"),), expected="x")
    cut_off = Response(request_key="k", text="y", finish_reason="length")

    given = [score_one(scorer, case, cut_off) for scorer in (echoes, lambda *_: 0.2, lambda *_: True)]

    assert [score.category for score in given] == ["cut off at max_tokens", "cut off at max_tokens", ""]


def test_what_answers_took_is_compared_where_they_were_asked(tmp_path):
    """Tokens are known of stored answers too; their times are not those of this run."""
    suite = suite_of(*(f"question {number}" for number in range(20)))
    first, second = evaluation(tmp_path, Fake(echo)), evaluation(tmp_path, Fake(echo))
    timed = msgspec.structs.replace(latency(p=50), amount=lambda response: float(len(response.text)))
    counted = msgspec.structs.replace(answer_tokens(), amount=lambda response: float(len(response.text)))

    first.ask([suite])
    second.ask([suite])

    assert first.compared(suite, timed).ratio.mean == 1
    assert second.compared(suite, counted).ratio.mean == 1
    stale = second.compared(suite, timed)
    assert (stale.ratio, len(stale.unscored)) == (None, 20)
    assert "ask again with --fresh" in stale.rows[0].unscored
    assert len(list(second.source.kept.judgements())) == 2 * 2 * 20


def test_what_each_side_took_is_told_once_for_each_answer(tmp_path):
    """A case in two suites was asked once; the judge appears when it was asked."""
    engine = Fake(echo)
    work = evaluation(tmp_path, engine)
    work.ask([suite_of("x", "y"), suite_of("y", "z")])

    spent = [(model, one.party, [each.waited for each in one.took]) for model, one in work.asked.spent()]

    assert [(model, party, len(waited)) for model, party, waited in spent] == [
        (BASE, "baseline", 3),
        (ADAPTER, "candidate", 3),
    ]
    assert len([each for _, _, waited in spent for each in waited if each is not None]) == 6


def test_macro_f1_of_all_answers_is_compared(tmp_path):
    """With counts from each answer, repeats and all; the scores that are kept have them too."""
    work = evaluation(tmp_path, Fake(lambda request: "x" if request.model.adapter else echo(request)))
    suite = suite_of("x", "y", repeats=2)
    work.ask([suite])

    comparison = work.compared(suite, macro_f1(["x", "y"]))

    assert comparison.figure == "macro F1"
    assert (comparison.baseline_mean.mean, comparison.candidate_mean.mean) == (1, pytest.approx((2 / 3 + 0) / 2))
    assert [row.counts for row in comparison.rows] == [
        ((2, 0, 0, 0, 0, 0), (2, 0, 0, 0, 0, 0)),
        ((0, 0, 0, 2, 0, 0), (0, 2, 0, 0, 0, 2)),
    ]
    assert {one.item.score.counts.sums for one in work.source.kept.judgements() if one.side == "baseline"} == {
        (1, 0, 0, 0, 0, 0),
        (0, 0, 0, 1, 0, 0),
    }
