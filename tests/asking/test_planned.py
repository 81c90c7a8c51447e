"""Questions that are made anew each time that they are read, and what is known of them without making any."""

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.asking.left import ManyQuestions, keyed
from harness.asking.planned import InTurn
from harness.asking.requests import Plan, plan_of, plans_for
from harness.engines.function import FunctionEngine
from harness.records.asked import Case, ModelRef, Request, Sampling, digest_of_cases
from harness.records.engine import Contender
from harness.records.messages import Message

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
TUNED = msgspec.structs.replace(BASE, adapter="a", adapter_digest="d")
SIDES = [Contender(model=model, engine=FunctionEngine(lambda _request: "fine")) for model in (BASE, TUNED)]


def plans_of(*texts: str, repeats: int = 1) -> list[Plan]:
    """Return the plan of each side for a suite with a case for each text."""
    cases = tuple(Case(id=f"c{text}", messages=(Message(role="user", content=text),)) for text in texts)
    suite = Suite(name="s", cases=cases, sampling=Sampling(repeats=repeats), digest=digest_of_cases(cases))
    return plans_for(suite, SIDES, lambda _: None)


def questions_of_two_suites() -> ManyQuestions:
    """Return what both sides are asked in two suites, and one request before them."""
    in_turn = InTurn([plans_of("b", "a", repeats=2), plans_of("c")])
    _, request = next(iter(InTurn([plans_of("first")])))
    return ManyQuestions([[(SIDES[0].engine, request)], in_turn])


def test_sides_that_are_planned_together_have_the_plans_that_each_has_alone():
    """Also of repeats; what the last side is asked is seen on the way."""
    seen: list[Request] = []
    suite = plans_of("b", "a", repeats=2)[0].suite
    alone = [plan_of(suite, side) for side in SIDES]

    assert plans_for(suite, SIDES, seen.append) == [plan for plan, _ in alone]
    assert seen == alone[-1][1]


def test_each_question_is_known_by_its_engine_its_model_and_its_key():
    """Of all suites and repeats, and of both sides."""
    questions = questions_of_two_suites()

    made = [(id(engine), request.model.name, request.key) for engine, request in questions]

    assert len(made) == len(questions) == 11
    assert sorted((id(engine), model.name, key) for engine, model, key in keyed(questions)) == sorted(made)


def test_no_request_is_made_for_it(monkeypatch: pytest.MonkeyPatch):
    """There can be millions, and each would be made once more."""
    questions = questions_of_two_suites()
    monkeypatch.delattr(Plan, "maker")

    assert len(list(keyed(questions))) == 11
