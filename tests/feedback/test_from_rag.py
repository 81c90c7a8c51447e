"""Cases of logs that hold what a retriever found."""

import msgspec

from harness.data.checks.problem import Problem
from harness.feedback.from_rag import cases_of_logs
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.records.record import Json

FEE = [{"id": "terms", "text": "The fee is 5 euros."}]


def logged(question: str = "What is the fee?", context: Json = FEE, **more: object) -> Logged:
    """Return a request with passages."""
    asked = (Message(role="user", content=question),)
    return Logged(place="logs.jsonl:1", messages=asked, text="6", meta={"context": context}, **more)


def test_a_request_with_passages_is_a_case():
    """With its day and its place; what the model answered is not what is expected."""
    made = cases_of_logs([logged(time=1_795_000_000.0, tags=("web",))])

    (case,) = made.cases
    assert (case.messages[0].text, case.expected) == ("What is the fee?", None)
    assert case.meta == {"context": FEE, "logged": {"place": "logs.jsonl:1"}}
    assert case.tags == ("web", "from-logs", "logged-2026-11-18")


def test_what_a_person_wrote_instead_is_expected():
    """An answer that leaves the question open says that the passages don't hold it."""
    made = cases_of_logs([logged(corrected="5 euros"), logged("Who sets it?", corrected="The document does not say.")])

    assert [(case.expected, case.meta["answerable"]) for case in made.cases] == [("5 euros", True), (None, False)]


def test_the_same_question_of_other_passages_is_another_case():
    """And of the same ones it is the same; the request with a person's answer is taken."""
    other = [{"id": "terms", "text": "The fee is 7 euros."}]
    made = cases_of_logs([logged(), logged(context=other), logged(corrected="5 euros")])

    assert (len(made.cases), made.repeated) == (2, 1)
    assert made.cases[0].expected == "5 euros"


def test_what_can_be_no_case_is_counted():
    """No passages, no question, or not readable."""
    broken = Problem(kind="unread", places=("logs.jsonl:9",), told="can't be read")
    with_tool = msgspec.structs.replace(logged(), messages=(Message(role="tool", content="5", tool_call_id="1"),))
    made = cases_of_logs([logged(context=[]), logged(" "), with_tool, broken])

    assert (made.cases, made.read, made.without) == ((), 3, 3)
    assert made.problems == ("logs.jsonl:9: can't be read",)


def test_passages_that_the_messages_have_already_are_told():
    """A prompt= would show them twice."""
    assert cases_of_logs([logged("The fee is 5 euros.\nWhat is the fee?"), logged()]).in_messages == 1


def test_cases_with_a_system_message_of_their_own_are_told():
    """A suite that sets one too could not be read."""
    system = (Message(role="system", content="Be brief."), Message(role="user", content="Who?"))

    assert cases_of_logs([msgspec.structs.replace(logged(), messages=system), logged()]).with_system == 1
