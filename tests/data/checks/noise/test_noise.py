"""Noise in rows: each kind with its place, judged by the other rows where one alone can't tell."""

import pytest

from harness.data.checks.noise.noise import KINDS, Noise
from tests.data.checks.made import kinds, problems, row, rows

TEXT = "The order was sent on Monday from our store, and the carrier has had it since"
REFUSAL = "I'm sorry, but I can't help with that."


def plain(count: int) -> list[tuple[str, str]]:
    """Return pairs without any noise."""
    return [(f"Where is order {number}?", f"{TEXT} day {number}.") for number in range(count)]


@pytest.mark.parametrize(
    ("kind", "asked", "answer"),
    [
        ("html", "<p>Where is it?</p>", "On its way."),
        ("html", "Where is it?", "On its way.&nbsp;Bye."),
        ("signature", "Where is it?\nSent from my iPhone", "On its way."),
        ("quoted-mail", "Hi\n-----Original Message-----\nHello", "On its way."),
        ("mojibake", "Where is the cafÃ©?", "Left."),
        ("truncated", "Where is it?", '{"place": "Brem'),
        ("truncated", "Where is it?", f"{TEXT} and the"),
        ("as-an-ai", "Where is it?", "As an AI language model, I see it in Bremen."),
        ("refusal", "Where is it?", REFUSAL),
        ("thinking", "Where is it?", "Okay, so the user wants a place. Bremen."),
    ],
)
def test_each_kind_is_found_in_the_row_that_has_it(kind, asked, answer):
    """With its place, and a piece of the row."""
    found = problems(Noise(), [*rows(plain(30)), row(asked, answer, line=31)])

    assert [(one.kind, one.places, len(one.shown)) for one in found] == [(kind, ("rows.jsonl:31",), 1)]


def test_every_kind_has_a_remedy():
    """Under a name that is used once."""
    assert len({kind.name for kind in KINDS}) == len(KINDS) == 9
    assert all(kind.remedy for kind in KINDS)


def test_what_is_shown_is_masked():
    """A signature has an address in it."""
    signed = "Late.\nKind regards,\nAda Byron\nada.byron@tidewell.io"

    (found,) = problems(Noise(), [row(signed, "Sorry to hear that.")])

    assert found.kind == "signature"
    assert "byron@" not in " ".join(found.shown)


def test_refusals_by_design_are_told_once():
    """Where a fifth of the answers refuse."""
    refused = [(f"Do harm {number}", REFUSAL) for number in range(10)]

    (found,) = problems(Noise(), rows([*plain(30), *refused]))

    assert found.told == "10 of 40 (25 %) answers refuse: such data teaches to refuse"
    assert len(found.places) == 10


def test_an_answer_without_a_last_mark_is_cut_only_where_the_others_have_one():
    """One in thirty is; half of them are not."""
    without = [(asked, answer.rstrip(".0123456789") + " so we wait for it") for asked, answer in plain(30)]

    assert kinds(Noise(), rows([*plain(30), without[0]])) == ["truncated"]
    assert kinds(Noise(), rows([*plain(30), *without])) == []
    assert kinds(Noise(), rows(without[:1])) == []


def test_thinking_in_tags_is_judged_by_the_other_rows():
    """A few with it are leftovers; where nearly all have it, those without are the oversight."""
    thought = [(asked, f"<think>hm</think>{answer}") for asked, answer in plain(30)]

    few = problems(Noise(), rows([*plain(30), thought[0]]))
    most = problems(Noise(), rows([*thought, plain(1)[0]]))

    assert [one.told for one in few] == ["the answer has thinking between tags"]
    assert [one.told for one in most] == [
        "the answer has no thinking, and 30 of 31 (97 %) answers have some between tags"
    ]
    assert most[0].places == ("rows.jsonl:31",)


def test_boilerplate_names_its_rows():
    """All of them in one problem."""
    closed = [(asked, f"{answer} Let me know if you need anything else.") for asked, answer in plain(10)]

    (found,) = problems(Noise(), rows([*plain(10), *closed, *closed]))

    assert (found.kind, len(found.places)) == ("boilerplate", 20)
    assert "20 of 20 (100 %) answers have the same sentence" in found.told


def test_system_prompts_and_results_of_tools_can_be_marked_up():
    """They are not what users write."""
    assert kinds(Noise(), [row("Where is it?", "There.", system="<p>Be kind.</p><p>Be short.</p>")]) == []
