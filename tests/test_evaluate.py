"""The path from cases to a comparison, with engines made of plain functions."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from harness.cases import Suite
from harness.errors import EngineError, IncomparableRuns, ScorerError, SilentAdapter
from harness.evaluate import Evaluation, describe, score_one
from harness.records import (
    Case,
    Contender,
    Message,
    ModelRef,
    Request,
    Response,
    Sampling,
    Score,
    TokenLogprob,
    digest_of_cases,
)
from harness.store import Store

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
ADAPTER = msgspec.structs.replace(BASE, adapter="mine", adapter_digest="a")


class Fake:
    """An engine made of a function; it remembers what it was asked."""

    def __init__(self, reply: Callable[[Request], str], identity: str = "fake") -> None:
        self.identity = identity
        self.asked: list[Request] = []
        self._reply = reply

    def _logprobs(self, request: Request) -> tuple[TokenLogprob, ...]:
        if request.sampling.logprobs is None:
            return ()
        value = -len(self._reply(request)) / 10
        return (TokenLogprob(token="a", logprob=value, top={"a": value, "b": -9.0}),)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer in reverse order, since the order of completion is no promise."""
        self.asked += requests
        for request in reversed(requests):
            said = self._reply(request)
            logprobs = self._logprobs(request)
            if said == "(fail)":
                yield Response(request_key=request.key, error="HTTP 500")
            elif said != "(none)":
                yield Response(request_key=request.key, text=said, logprobs=logprobs)


def suite_of(*questions: str, repeats: int = 1) -> Suite:
    """Make a suite whose cases expect their own question back."""
    cases = tuple(Case(id=text, messages=(Message(role="user", content=text),), expected=text) for text in questions)
    return Suite(name="echo", cases=cases, sampling=Sampling(repeats=repeats), digest=digest_of_cases(cases))


def echoes(case: Case, response: Response) -> Score:
    """Right when the answer is the expected one."""
    return Score(value=float(response.text == case.expected))


def evaluation(folder: Path, engine: Fake, other: Fake | None = None, noise_sample: int = 0) -> Evaluation:
    """Base against adapter, on one engine or two."""
    return Evaluation(
        Contender(model=BASE, engine=engine),
        Contender(model=ADAPTER, engine=other or engine),
        Store(folder / "responses.sqlite"),
        lambda responses, _total: responses,
        noise_sample,
    )


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

    result = work.evaluate(suite, echoes)

    assert [(row.case_id, row.baseline, row.candidate) for row in result.rows] == [("x", 1, 1), ("y", 1, 0)]
    assert result.lost == ("y",)


def test_failed_and_missing_answers_are_unscored(tmp_path):
    """Neither a failed call nor a silently missing response becomes a wrong answer."""
    engine = Fake(lambda request: {"x": "(fail)", "y": "(none)"}.get(echo(request), echo(request)))
    work = evaluation(tmp_path, engine)
    suite = suite_of("x", "y", "z")
    work.ask([suite])

    result = work.evaluate(suite, echoes)

    assert set(result.unscored) == {"x", "y"}
    assert result.candidate_mean is not None
    assert result.candidate_mean.mean == 1.0


def test_each_repeat_is_asked_and_averaged_within_its_case(tmp_path):
    """Repeats make a case's value steadier; they don't make more cases."""
    engine = Fake(lambda request: echo(request) if request.repeat == 0 else "?")
    work = evaluation(tmp_path, engine)
    suite = suite_of("x", repeats=2)
    work.ask([suite])

    result = work.evaluate(suite, echoes)

    assert len(engine.asked) == 4
    assert [(row.baseline, row.candidate) for row in result.rows] == [(0.5, 0.5)]


def test_sides_from_unlike_engines_are_refused(tmp_path):
    """The first difference is named."""
    work = evaluation(tmp_path, Fake(echo, "vllm 1 float32"), Fake(echo, "vllm 1 bfloat16"))
    suite = suite_of("x")
    work.ask([suite])

    with pytest.raises(IncomparableRuns, match=r"engine.*float32.*bfloat16"):
        work.evaluate(suite, echoes)


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

    result = work.evaluate(suite, echoes)

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


def test_requests_of_one_model_with_a_common_start_stand_together(tmp_path):
    """Whichever suite they come from."""
    engine = Fake(echo)
    evaluation(tmp_path, engine).ask([suite_of("b1", "a1"), suite_of("b2", "a2")])

    assert [(request.model.name, request.case_id) for request in engine.asked] == [
        (name, case) for name in ("tiny", "mine") for case in ("a1", "a2", "b1", "b2")
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

    assert [(probe.adapter, probe.changed, probe.noise) for probe in work.probes()] == [("mine", 2, 0.0)]


def test_an_adapter_that_answers_like_its_base_is_found_out(tmp_path):
    """Though every answer came."""
    engine = Fake(echo)
    work = evaluation(tmp_path, engine)
    work.ask([suite_of("x", "y")], [(Contender(model=ADAPTER, engine=engine), BASE)])

    with pytest.raises(SilentAdapter, match="mine changes nothing"):
        work.probes()


def test_an_interrupted_run_knows_what_was_answered(tmp_path):
    """Ctrl-C half-way: the run folder gets the answers that came."""

    class Broken(Fake):
        def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
            yield Response(request_key=requests[0].key, text="x")
            raise KeyboardInterrupt

    work = evaluation(tmp_path, Broken(echo))
    with pytest.raises(KeyboardInterrupt):
        work.ask([suite_of("x", "y")])

    assert [answer.response.text for answer in work.answers()] == ["x"]
