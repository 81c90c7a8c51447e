"""Rows as cases, and which rows are examples for others."""

import msgspec
import pytest

from harness.asking.cases import LONGEST_ID, check_case
from harness.records.asked import Sampling
from harness.records.messages import Message
from harness.untuned.cases import LEAST, MOST, examples_for, id_of, suite_of, with_examples
from tests.data.checks.made import row, rows

ASKED = rows(
    [
        ("Where is my card?", "delivery"),
        ("I was charged twice for one order", "billing"),
        ("How do I close the account of a colleague?", "account"),
        ("The app shows an empty page", "bug"),
    ]
)


def test_a_case_asks_what_the_row_asks_and_expects_what_it_answers():
    """All turns but the last, as a case file could have them."""
    suite = suite_of([row("Where?", "Here.", system="Be brief.")])

    [case] = suite.cases
    check_case(case, "here")
    assert [(message.role, message.text) for message in case.messages] == [("system", "Be brief."), ("user", "Where?")]
    assert (case.id, case.expected) == ("rows.jsonl:1", "Here.")


@pytest.mark.parametrize(("answer", "tokens"), [("yes", LEAST), ("x" * 400, 200), ("x" * 10_000, MOST)])
def test_the_model_has_room_for_twice_the_longest_answer(answer, tokens):
    """At four bytes a token, within limits."""
    assert suite_of([row("Why?", answer)]).sampling.max_tokens == tokens


def test_a_suite_says_how_answers_are_drawn_once_each():
    """As its own cases are asked."""
    like = msgspec.structs.replace(suite_of(ASKED), sampling=Sampling(max_tokens=7, repeats=3), reasoning="think-tags")

    suite = suite_of(ASKED, like)

    assert suite.sampling == Sampling(max_tokens=7, repeats=1)
    assert suite.reasoning == "think-tags"


def test_ids_of_long_or_hidden_places_are_those_of_cases_and_differ():
    """A place can be any path."""
    long = [msgspec.structs.replace(ASKED[0], file=f"{folder * 150}/rows.jsonl") for folder in "ab"]
    hidden = msgspec.structs.replace(ASKED[0], file="a\nb.jsonl")

    ids = [id_of(one) for one in (*long, hidden, ASKED[0])]

    assert len(set(ids)) == 4
    assert all(0 < len(one) <= LONGEST_ID and one.isprintable() for one in ids)


def test_examples_are_other_rows_the_same_for_most_and_each_with_its_answer():
    """Never the row that is asked."""
    found = examples_for(ASKED, 2, seed=0)

    assert set(found) == {one.place for one in ASKED}
    for one in ASKED:
        texts = [message.text for message in found[one.place]]
        assert one.input not in texts
        assert [message.role for message in found[one.place]] == ["user", "assistant"] * 2
        answers = {other.input: other.output for other in ASKED}
        assert texts[1::2] == [answers[asked] for asked in texts[::2]]
    assert len({found[one.place] for one in ASKED}) == 3
    assert found == examples_for(ASKED, 2, seed=0) != examples_for(ASKED, 2, seed=1)


def test_a_copy_of_a_row_is_no_example_for_it():
    """The answer would be given away."""
    copies = [*ASKED[:2], row("where is my CARD", "delivery", line=5), row("Where is my card??", "other", line=6)]

    found = examples_for(copies, 1, seed=0)

    assert [message.text for message in found["rows.jsonl:1"]] == ["I was charged twice for one order", "billing"]
    assert "where is my CARD" not in [message.text for message in found["rows.jsonl:6"]]


def test_examples_share_the_system_prompt_and_too_few_are_none():
    """Rows of another task would mislead."""
    mixed = [*ASKED, row("Hello there, how are you?", "Fine.", line=9, system="Chat.")]

    found = examples_for(mixed, 3, seed=0)

    assert "rows.jsonl:9" not in found
    assert all("Hello there, how are you?" not in str(turns) for turns in found.values())
    assert examples_for(ASKED, 4, seed=0) == {}


def test_examples_come_after_the_system_prompt():
    """As in a prompt that is used."""
    system, asked = Message(role="system", content="Be brief."), Message(role="user", content="Where?")
    example = (Message(role="user", content="Who?"), Message(role="assistant", content="Me."))

    assert with_examples((system, asked), example) == (system, *example, asked)
    assert with_examples((asked,), example) == (*example, asked)
