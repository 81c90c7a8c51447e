"""An answer is a case's only where question and expected answer are the same."""

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.errors import DataError
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text
from harness.exchange.pairing import first_difference, pair_rows
from harness.exchange.saved import contender_of
from harness.records.asked import Case, Rendering, Sampling
from harness.records.messages import Message, Tools

BY = AskedBy(tool="plain JSON Lines", model="old")
SIDE = contender_of(BY, ())
SYSTEM = Message(role="system", content="Be brief.")


def suite_of(*cases: Case, **more: object) -> Suite:
    """Return a suite of cases."""
    return Suite(name="queues", cases=cases, sampling=Sampling(), digest="d" * 64, **more)


def case_of(name: str = "a", text: str = "How many?", expected: object = "7", **more: object) -> Case:
    """Return a case that asks one thing."""
    return Case(id=name, messages=asked_in_text(text), expected=expected, **more)


def row_of(text: str = "How many?", **more: object) -> ImportedRow:
    """Return an answer."""
    return ImportedRow(**{"place": "file:1", "by": BY, "prompt": asked_in_text(text), "text": "7", **more})


def refusal(rows, suite: Suite, side=SIDE) -> str:
    """Return why rows can't be paired."""
    with pytest.raises(DataError) as refused:
        pair_rows(rows, [suite], side)
    return str(refused.value)


def test_an_answer_is_found_by_its_question_alone():
    """Where the file has no id, or one of its own."""
    pairing = pair_rows([row_of(id="17")], [suite_of(case_of(), case_of("b", "How much?"))], SIDE)

    assert [(one.case.id, one.row.text) for one in pairing.paired] == [("a", "7")]
    assert pairing.missing == ("b",)


def test_a_cases_id_with_another_question_is_refused():
    """The first difference is said."""
    told = refusal([row_of("How much?", id="a")], suite_of(case_of(), case_of("b", "How much?")))

    assert told == (
        "file:1: not the question of case 'a': message 1 (user) differs at character 6: 'uch?' in the file, 'any?' in "
        "the case"
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "said"),
    [
        ((("user", "a"),), (("system", "b"), ("user", "a")), "message 1 is of role 'user' in the file, 'system'"),
        ((("user", "a"),), (("user", "a"), ("assistant", "b"), ("user", "c")), "1 messages in the file, 3 in the case"),
        ((("user", "ab"),), (("user", "a"),), "message 1 (user) differs at character 2: 'b' in the file, '' in the"),
    ],
)
def test_the_first_difference_is_of_role_text_or_number(theirs, ours, said):
    """Whichever comes first."""
    assert first_difference(theirs, ours).startswith(said)


def test_a_system_message_is_part_of_the_question():
    """A case that has one is not asked without it."""
    case = msgspec.structs.replace(case_of(), messages=(SYSTEM, *asked_in_text("How many?")))

    assert "message 1 is of role 'user' in the file, 'system' in the case" in refusal([row_of()], suite_of(case))


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (("7",), "7"),
        (("7",), 7),
        ((7,), "7"),
        (('{"queue": "bug"}',), {"queue": "bug"}),
        (("x", "7"), "7"),
        (("x", "7"), ["x", "7"]),
        (None, "7"),
    ],
)
def test_what_is_expected_can_be_written_in_several_ways(targets, expected):
    """As text or as a value, one of several, or all that are accepted; a file need not say it."""
    assert pair_rows([row_of(targets=targets)], [suite_of(case_of(expected=expected))], SIDE).paired


@pytest.mark.parametrize(
    ("targets", "expected"), [(("8",), "7"), ((1,), True), (("7",), None), (("a", "b"), ["a"]), ((None,), "7")]
)
def test_another_expected_answer_is_refused(targets, expected):
    """The case asks the same, but means something else."""
    told = refusal([row_of(targets=targets)], suite_of(case_of(expected=expected)))

    assert told.startswith("file:1: asks the same as case 'a', but expects ")


def test_two_answers_to_one_question_are_refused():
    """Which one is meant is not known; the same answer twice is one, and repeats are told apart."""
    suite = suite_of(case_of())
    other = msgspec.structs.replace(row_of(), text="8", place="file:2")
    twice, repeats = [row_of(), other], [row_of(), msgspec.structs.replace(other, repeat=1)]

    assert refusal(twice, suite).startswith("file:2: answers the same question as file:1 with something else")
    assert len(pair_rows(repeats, [suite], SIDE).paired) == 2
    assert len(pair_rows([row_of(), row_of()], [suite], SIDE).paired) == 1


def test_an_answer_that_is_there_twice_is_checked_twice():
    """What the second row expects is not what the case expects, though both answered the same."""
    told = refusal([row_of(targets=("7",)), row_of(place="file:2", targets=("8",))], suite_of(case_of()))

    assert told == "file:2: asks the same as case 'a', but expects '8', where the case expects '7'"


def test_two_cases_with_one_question_get_the_row_that_expects_what_they_do():
    """Both rows have the same answer; each case gets it once."""
    rows = [row_of(targets=(one,)) for one in ("7", "8", "7")]

    pairing = pair_rows(rows, [suite_of(case_of(), case_of("b", expected="8"))], SIDE)

    assert [(one.case.id, one.row) for one in pairing.paired] == [("a", rows[0]), ("b", rows[1])]
    assert pairing.missing == ()


def test_one_answer_serves_every_suite_that_asks_the_same():
    """Each with its own case."""
    suites = [suite_of(case_of()), suite_of(case_of(tags=("x",)))]

    assert [one.suite for one in pair_rows([row_of()], suites, SIDE).paired] == suites


def test_no_answer_of_any_case_is_an_error():
    """A run of nothing would be inconclusive later; this says why now."""
    told = refusal([row_of("Who?")], suite_of(case_of()))

    assert told.startswith("no answer belongs to a case of the suites. file:1: asks what no case asks; of case 'a', ")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tools": Tools(functions=({"type": "function", "function": {"name": "f"}},))}, "case 'a' has tools"),
        ({"continuations": {"a": ("7",)}}, "asks how likely texts are"),
        ({"rendering": Rendering(format="raw")}, "the files' answers are of chats in a template that is not known"),
        ({"rendering": Rendering(template="{{ messages }}")}, "it sets how messages become text"),
    ],
)
def test_a_suite_that_asks_in_a_way_no_file_shows_is_refused(more, said):
    """Tools, likelihoods, templates."""
    told = refusal([row_of()], suite_of(case_of(), **more))

    assert told.startswith("suite queues: ")
    assert said in told


def test_plain_text_fits_a_suite_that_sends_plain_text():
    """Both send the text alone."""
    side = contender_of(AskedBy(tool="t", model="m", format="raw"), ())

    assert pair_rows([row_of()], [suite_of(case_of(), rendering=Rendering(format="raw"))], side).paired
