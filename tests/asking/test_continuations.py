"""Which texts a suite asks about, and what is refused before anything is asked."""

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.asking.continuations import with_continuations
from harness.asking.probe import plan_probe
from harness.asking.requests import plan_of, requests_again
from harness.engines.function import FunctionEngine
from harness.errors import CaseFileError
from harness.records.asked import Case, ModelRef, Sampling, digest_of_cases
from harness.records.engine import Contender
from harness.records.messages import Message
from harness.verdicts.fingerprint import fingerprint_of_side

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
SIDE = Contender(model=BASE, engine=FunctionEngine(lambda _request: "fine"))


def suite_of(*expected: object, **meta: object) -> Suite:
    """Return a suite of cases that expect something."""
    cases = tuple(
        Case(id=f"c{place}", messages=(Message(role="user", content="q"),), expected=one, meta=dict(meta))
        for place, one in enumerate(expected)
    )
    return Suite(name="s", cases=cases, sampling=Sampling(), digest=digest_of_cases(cases))


def asked(suite: Suite, given: object) -> list[tuple[str, ...]]:
    """Return the texts that each request of a suite asks about."""
    _, requests = plan_of(with_continuations(suite, given, "test_it.py::test"), SIDE)
    return [request.continuations for request in requests]


def test_the_expected_answer_is_asked_about():
    """As JSON where it is not a text, in the order of the case file."""
    suite = suite_of("Paris", {"queue": "bug", "who": "Zoë"}, 42)

    assert asked(suite, "expected") == [("Paris",), ('{"queue": "bug", "who": "Zoë"}',), ("42",)]


def test_options_are_the_suites_or_each_cases_own():
    """A function of a case says what neither does."""
    suite = suite_of("a", "b", options=["a", "b"])

    assert asked(suite, "options") == [("a", "b"), ("a", "b")]
    assert asked(suite, ["x", "y"]) == [("x", "y"), ("x", "y")]
    assert asked(suite, lambda case: f"It is {case.expected}.") == [("It is a.",), ("It is b.",)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("options", r"test_it.py::test: continuations: case 'c0' has no text for it, got None"),
        ("expekted", r'''continuations='expekted': write "expected", "options"'''),
        ([], "has no text for it"),
        (["a", "a"], "has the same text twice"),
        (["a", " "], "has ' ', which is not a text"),
        (["a", 3], "has 3, which is not a text"),
        (lambda _case: 7, "has no text for it, got 7"),
    ],
)
def test_a_case_without_texts_is_refused(given, words):
    """Before the first test runs."""
    with pytest.raises(CaseFileError, match=words):
        with_continuations(suite_of("a"), given, "test_it.py::test")


def test_a_case_that_expects_nothing_has_no_expected_answer():
    """Not the text "None"."""
    with pytest.raises(CaseFileError, match="has no text for it, got None"):
        with_continuations(suite_of(None), "expected", "t")


def test_requests_that_are_asked_again_ask_about_the_same_texts():
    """And the probes of adapters ask for a token, whatever the suite asks."""
    suite = with_continuations(suite_of("a"), ["x", "y"], "t")
    _, planned = plan_of(suite, SIDE)

    again = list(requests_again(suite.cases[0], suite, SIDE, 1))
    probe = plan_probe(planned, BASE, BASE)

    assert [request.continuations for request in again] == [("x", "y")]
    assert again[0].key != planned[0].key
    assert {request.continuations for request in probe.requests} == {()}


def test_other_texts_are_another_question():
    """Sides that were asked about other texts are not compared, nor with answers that were generated."""
    plain = suite_of("a")
    marks = (plain, with_continuations(plain, ["x", "y"], "t"), with_continuations(plain, ["x", "z"], "t"))

    told = [fingerprint_of_side(suite, SIDE)["sampling"] for suite in marks]

    assert len(set(told)) == 3
    assert told[1].startswith("likelihood of given texts, ")
    assert told[0] == msgspec.json.encode(Sampling(), order="sorted").decode()
