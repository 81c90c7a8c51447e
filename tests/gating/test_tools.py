"""Tools and reasoning on the whole way: asked, stored, read as the suite says, scored, saved, replayed."""

import msgspec

from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.store import Store
from harness.engines.function import FunctionEngine
from harness.engines.replay import ReplayEngine
from harness.gating.asked import Asked
from harness.gating.evaluate import Evaluation
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Sampling, digest_of_cases
from harness.records.engine import Contender
from harness.records.messages import Called, Message, Tools
from harness.scorers import calls_tool, exact_match

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
ADAPTER = msgspec.structs.replace(BASE, adapter="mine", adapter_digest="a")
TOOLS = Tools(functions=({"type": "function", "function": {"name": "f"}},), choice="auto")


def suite_of(expected: object, **changed: object) -> Suite:
    """Return a suite of one case."""
    cases = (Case(id="c", messages=(Message(role="user", content="Weather?"),), expected=expected),)
    suite = Suite(name="s", cases=cases, sampling=Sampling(), digest=digest_of_cases(cases))
    return msgspec.structs.replace(suite, **changed)


def asked_of(folder, engine, suite: Suite) -> Asked:
    """Ask both sides, and keep the answers."""
    asked = Asked(
        Contender(model=BASE, engine=engine),
        Contender(model=ADAPTER, engine=engine),
        Asking(Store(folder / "answers.sqlite"), lambda responses, _total: responses),
        noise_sample=1,
    )
    asked.ask([suite])
    return asked


def compared(asked: Asked, suite: Suite, scorer: object):
    """Compare both sides."""
    return Evaluation(asked, lambda _name: None, accepted=()).compared("t", suite, scorer)


def calling(request: Request) -> Response:
    """Call the only tool of the request; the adapter does it with an argument."""
    name = request.tools.functions[0]["function"]["name"]
    arguments = "{}" if request.model.adapter is None else '{"n": 1}'
    return Response(
        request_key=request.key,
        finish_reason="tool_calls",
        tool_calls=(Called(name=name, arguments=arguments),),
        reasoning="hm",
    )


def test_calls_are_scored_kept_and_replayed(tmp_path):
    """A second run finds them in the store, and a saved run answers with them."""
    suite = suite_of({"name": "f", "arguments": {"n": 1}}, tools=TOOLS)
    engine = FunctionEngine(calling, "fake")
    (other := tmp_path / "other").mkdir()

    first = asked_of(tmp_path, engine, suite)
    again = asked_of(tmp_path, engine, suite)
    replayed = asked_of(other, ReplayEngine(first.answers(), "fake"), suite)

    assert compared(first, suite, calls_tool()).won == ("c",)
    assert len(engine.asked) == 3  # both sides, and the baseline once more to measure noise
    assert [one.response for one in again.answers()] == [one.response for one in first.answers()]
    assert {one.response.reasoning for one in replayed.answers()} == {"hm"}
    assert compared(again, suite, calls_tool()).rows == compared(replayed, suite, calls_tool()).rows


def test_thinking_between_tags_is_scored_and_saved_apart_from_the_answer(tmp_path):
    """In the first asking, in the noise sample, in pinned cases, and in what the run folder keeps."""
    suite = suite_of("sunny", reasoning="think-tags")
    thoughts = iter(f"<think>{number}</think>sunny" for number in range(9))
    asked = asked_of(tmp_path, FunctionEngine(lambda _: next(thoughts), "fake"), suite)

    result = compared(asked, suite, exact_match())

    assert [(row.baseline, row.candidate) for row in result.rows] == [(1, 1)]
    assert (result.noise.asked, result.noise.answers_changed) == (1, 0)
    assert asked.candidates_answer(suite, suite.cases[0]).text == "sunny"
    assert {(one.response.text, one.response.reasoned) for one in asked.answers()} == {("sunny", True)}
    assert {one.response.reasoning for one in asked.answers()} <= {"0", "1", "2"}


def test_thinking_stays_in_the_answer_where_the_suite_does_not_name_it(tmp_path):
    """Nothing is stripped unless the suite says so."""
    suite = suite_of("sunny")
    asked = asked_of(tmp_path, FunctionEngine(lambda _: "<think>hm</think>sunny", "fake"), suite)

    assert [row.candidate for row in compared(asked, suite, exact_match()).rows] == [0]
    assert {one.response.text for one in asked.answers()} == {"<think>hm</think>sunny"}
