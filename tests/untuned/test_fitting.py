"""Which scorers of the suites score rows."""

import json
from pathlib import Path

import pytest

from harness.asking.cases import Suite
from harness.cases.passable import UsedSuite
from harness.data.row import DataRow
from harness.records.answered import Response
from harness.records.asked import Case, Sampling
from harness.records.messages import CalledFunction, Message, ToolCall
from harness.scorers import (
    any_right,
    calls_tool,
    exact_match,
    field_equals,
    latency,
    matches_regex,
    number_equals,
    predicts_label,
    rouge,
    valid_json,
)
from harness.scorers.scoring import describe, score_one
from harness.untuned.cases import case_of
from harness.untuned.fitting import exact, fit, is_right
from tests.data.checks.made import row, rows

QUEUES = ("bug", "billing", "account", "outage")
TICKETS = [
    row(f"Ticket {n}", json.dumps({"summary": f"about {n}", "queue": QUEUES[n % 4]}), line=n) for n in range(1, 21)
]
LABELS = rows((f"Ticket {n}", QUEUES[n % 4]) for n in range(20))


def used(*scorers: object, name: str = "triage") -> UsedSuite:
    """Return a suite that tests use with these scorers."""
    suite = Suite(name=name, cases=(), sampling=Sampling(), digest="")
    return UsedSuite(path=Path("cases.jsonl"), suite=suite, scorers=scorers)


def test_a_field_of_json_answers_is_scored_as_the_suite_does():
    """Together with the form that the suite wants; degrees, quantities and what is not met don't count."""
    suite = used(valid_json(), predicts_label(QUEUES, field="queue"), rouge("rougeL"), latency(), field_equals("team"))

    found = fit(TICKETS, [suite])

    assert found.suite == suite.suite
    assert describe(found.scorer) == f"{valid_json()!r} and {predicts_label(QUEUES, field='queue')!r}"
    assert set(found.expected) == {one.place for one in TICKETS}
    assert found.expected["rows.jsonl:1"] == {"summary": "about 1", "queue": "billing"}


@pytest.mark.parametrize(
    ("answer", "right"),
    [('{"queue": "billing"}', True), ('{"queue": "bug"}', False), ("billing", False)],
)
def test_an_answer_is_right_where_every_scorer_says_so(answer, right):
    """The queue, in JSON."""
    found = fit(TICKETS, [used(valid_json(), predicts_label(QUEUES, field="queue"))])
    case = case_of(TICKETS[0], found.expected["rows.jsonl:1"])

    assert is_right(score_one(found.scorer, case, Response(request_key="", text=answer))) == right


@pytest.mark.parametrize(
    "scorers",
    [(), (valid_json(),), (field_equals("team"),), (matches_regex("."),), (lambda _case, _response: True,)],
    ids=["none", "form", "misfit", "pattern", "always right"],
)
def test_what_tells_no_answer_from_another_does_not_count(scorers):
    """Then the exact text is compared."""
    found = fit(TICKETS, [used(*scorers)])

    assert found.suite is None
    assert describe(found.scorer) == describe(exact_match())
    assert found.expected["rows.jsonl:1"] == TICKETS[0].output


def test_labels_are_scored_by_a_suite_of_labels_the_first_that_fits():
    """Also one that scores several answers to a case: here there is one."""
    found = fit(LABELS, [used(field_equals("queue"), name="json"), used(any_right(exact_match()), name="labels")])

    assert found.suite is not None
    assert found.suite.name == "labels"
    assert found.expected["rows.jsonl:1"] == "bug"


def test_a_scorer_of_ones_own_counts_and_rows_that_it_finds_wrong_are_not_asked():
    """One wrong row in twenty: the scorer still fits."""

    def right_queue(case: Case, response: Response) -> bool:
        return response.text == case.expected and response.text in QUEUES

    found = fit([*LABELS[:19], row("Ticket", "nonsense", line=20)], [used(right_queue)])

    assert "right_queue" in describe(found.scorer)
    assert "rows.jsonl:20" not in found.expected
    assert len(found.expected) == 19


def test_calls_are_scored_by_the_suites_scorer_of_calls():
    """With their arguments."""

    def calling(n: int) -> DataRow:
        call = ToolCall(function=CalledFunction(name="find", arguments=json.dumps({"id": n})))
        last = Message(role="assistant", content=None, tool_calls=(call,))
        return DataRow(file="rows.jsonl", line=n, messages=(Message(role="user", content=f"Find {n}"), last))

    found = fit([calling(n) for n in range(1, 11)], [used(calls_tool())])

    assert found.suite is not None
    assert found.expected["rows.jsonl:3"] == [{"name": "find", "arguments": {"id": 3}}]


def test_numbers_at_the_end_of_long_answers_are_scored_by_a_suite_of_numbers():
    """As those of gsm8k: the row's own answer says how it comes to it."""
    solved = rows((f"What is {n} and 2?", f"There are {n}, and 2 more. The answer is {n + 2}.") for n in range(20))

    found = fit(solved, [used(number_equals())])

    assert found.suite is not None
    assert found.expected["rows.jsonl:6"] == "7"


def test_a_scorer_that_is_named_leaves_out_rows_whose_own_answer_it_finds_wrong():
    """There is no number in one."""
    found = exact(rows([("How many?", "There are 12."), ("Who?", "Nobody.")]), number_equals())

    assert set(found.expected) == {"rows.jsonl:1"}
