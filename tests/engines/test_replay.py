"""A saved run answers the same requests in the same way."""

import msgspec
import pytest

from harness.engines.openai import hosted_model
from harness.engines.replay import ReplayEngine, answers_of_then, by_question, model_then
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.saved import Answer
from tests.engines.fakes import make_request


def answer_to(request, **response: object):
    """Return one saved answer."""
    case = Case(id=request.case_id, messages=(Message(role="user", content="hello"),))
    return Answer(side="baseline", case=case, request=request, response=Response(request_key=request.key, **response))


def test_a_saved_answer_comes_back_whole():
    """With its tokens and times, so that the report is the same."""
    request = make_request()
    saved = answer_to(request, text="hi", tokens_out=2, seconds=1.5)
    engine = ReplayEngine([saved], "vllm 1")

    assert list(engine.generate([request, request])) == [saved.response, saved.response]
    assert engine.identity == "vllm 1"


def test_a_saved_error_stays_an_error():
    """A replay must not turn a failure into a pass."""
    request = make_request()
    engine = ReplayEngine([answer_to(request, error="HTTP 500")], "vllm 1")

    [response] = engine.generate([request])

    assert response.error == "HTTP 500"


@pytest.mark.parametrize("reason", ["abort", "content_filter"])
def test_what_the_server_broke_off_is_an_error(reason):
    """Version 0.1 saved it as an answer."""
    request = make_request()
    engine = ReplayEngine([answer_to(request, text="bi", finish_reason=reason)], "vllm 1")

    [response] = engine.generate([request])

    assert (response.text, response.error) == ("", f"the server ended the answer with finish_reason '{reason}'")


def test_what_was_never_asked_is_an_error_response():
    """Each request that differs in anything that can change the answer counts as never asked."""
    request = make_request("hello", 1)
    engine = ReplayEngine([answer_to(request, text="hi")], "vllm 1")
    others = [
        make_request("hello!", 1),
        make_request("hello", 1, max_tokens=9),
        msgspec.structs.replace(request, engine="vllm 2"),
    ]

    responses = list(engine.generate(others))

    assert [one.request_key for one in responses] == [other.key for other in others]
    assert all("not in the saved run: case 'case-1' as asked of tiny" in one.error for one in responses)
    assert {one.text for one in responses} == {""}


def test_an_empty_run_answers_nothing():
    """Nothing asked, nothing answered; no request is left out."""
    assert list(ReplayEngine([], "x").generate([])) == []
    assert len(list(ReplayEngine([], "x").generate([make_request()]))) == 1


def test_what_a_hosted_model_answered_then_is_apart_from_what_it_answers_today():
    """The same question has another key, and only that model's answers are taken; a failure stays one."""
    today = hosted_model("gpt-x")
    then = model_then(today, "0007-2026-11-22-1f3c")
    said, failed, base = (
        make_request("x", model=today),
        make_request("y", model=today),
        make_request("x"),
    )
    saved = [answer_to(said, text="then"), answer_to(failed, error="HTTP 500"), answer_to(base, text="base")]
    engine = ReplayEngine(answers_of_then(saved, today, then), "openai")

    again = [msgspec.structs.replace(request, model=then) for request in (said, failed)]
    responses = list(engine.generate([*again, said, base]))

    assert (then.name, then.is_hosted) == ("gpt-x", True)
    assert [one.request_key for one in responses] == [request.key for request in (*again, said, base)]
    assert [one.text for one in responses] == ["then", "", "", ""]
    assert responses[1].error == "HTTP 500"
    assert "not in the saved run" in responses[2].error


def test_another_tools_answer_is_found_by_its_question_whatever_the_sampling():
    """How that tool drew it is no part of the request; everything else of the question is."""
    request = make_request("hello", 1)
    engine = ReplayEngine([answer_to(request, text="hi")], request.engine, by_question)
    asked = [make_request("hello", 1, max_tokens=9), make_request("hello!", 1)]

    found, other = engine.generate(asked)

    assert (found.text, found.request_key) == ("hi", asked[0].key)
    assert "not in the saved run" in (other.error or "")
