"""An engine made of a function, and what a suite's author tests with it."""

from collections.abc import Callable
from pathlib import Path

from harness.asking.cases import load_suite
from harness.asking.requests import requests_of
from harness.engines.function import FunctionEngine
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.engine import Contender
from harness.records.scored import Scorer
from harness.scorers import exact_match
from harness.scorers.scoring import score_one
from tests.engines.fakes import make_requests

NOBODY = ModelRef(base="nobody", base_digest="", template_digest="")


def test_each_request_gets_the_functions_answer():
    """In order, under its own key; the engine remembers what it was asked."""
    requests = make_requests(3)
    engine = FunctionEngine(lambda request: request.messages[-1].content.upper(), "made up")

    responses = list(engine.generate(requests))

    assert responses == [
        Response(request_key=request.key, text=f"Q{number}") for number, request in enumerate(requests)
    ]
    assert engine.asked == requests
    assert engine.identity == "made up"
    assert engine.notes == ()


def test_a_function_can_give_a_whole_response():
    """Such as a failed call, or one that took its time."""
    (request,) = make_requests(1)
    failed = Response(request_key=request.key, error="HTTP 500", seconds=2.0)

    assert list(FunctionEngine(lambda _: failed).generate([request])) == [failed]


def test_a_stopped_function_answers_nothing_more():
    """And the next requests as ever."""
    engine = FunctionEngine(lambda request: request.case_id)
    stream = engine.generate(make_requests(3))
    next(stream)

    engine.stop()

    assert list(stream) == []
    assert len(list(engine.generate(make_requests(2)))) == 2


def scores(folder: Path, scorer: Scorer, answer: Callable[[Request], str]) -> list[float | None]:
    """Ask a function every case, and score its answers: what docs/suites.md shows."""
    engine = FunctionEngine(answer)
    suite = load_suite(folder / "cases.jsonl", Sampling())
    asked = list(requests_of(suite, Contender(model=NOBODY, engine=engine)))
    responses = engine.generate([request for _, request in asked])
    return [score_one(scorer, case, response).value for (case, _), response in zip(asked, responses, strict=True)]


def test_a_suite_is_tested_without_a_model(tmp_path):
    """A perfect answer gets the full score from each case, a useless one from none."""
    (tmp_path / "cases.jsonl").write_text(
        '{"id": "a", "messages": [{"role": "user", "content": "2+2?"}], "expected": "4"}\n'
        '{"id": "b", "messages": [{"role": "user", "content": "3+3?"}], "expected": "6"}\n'
    )
    expected = {"a": "4", "b": "6"}

    assert scores(tmp_path, exact_match(), lambda request: expected[request.case_id]) == [1.0, 1.0]
    assert scores(tmp_path, exact_match(), lambda _: "I don't know") == [0.0, 0.0]
