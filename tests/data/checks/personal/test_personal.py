"""Personal data and secrets in rows: each kind once a row, and never shown whole."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from harness.data.checks.personal.hits import Hit, hidden, without
from harness.data.checks.personal.personal import KINDS, PersonalData, excerpt, masked
from harness.data.row import DataRow
from harness.records.messages import CalledFunction, Message, ToolCall
from tests.data.checks.made import problems, row

EMAIL = "ada.byron@tidewell.io"
KEY = "ghp_" + "aZ3kQ9mB7xR2vT5nW8cF1hJ4pL6sD0gYaZ3k"


@given(st.text(max_size=60))
def test_four_characters_are_shown_at_most(value):
    """Of short values one."""
    shown = hidden(value).replace("…", "", 1)

    assert len(shown) <= (4 if len(value) >= 12 else 1)


def test_what_overlaps_is_hidden_together():
    """Nothing of the longer one is left."""
    hits = [Hit(kind="a", called="a", start=2, end=8), Hit(kind="b", called="b", start=5, end=12)]

    assert without("xxSECRETmoreyy", hits) == "xxS……yy"


def test_each_kind_is_told_once_for_a_row_with_how_many_more_there_are():
    """And where the first one is."""
    found = problems(PersonalData(), [row(f"I am {EMAIL}, not bob.k@tidewell.io", f"Use {KEY}.")])

    assert [(one.kind, one.told) for one in found] == [
        ("e-mail", "an e-mail address in the user's turn, and 1 more"),
        ("secret", "a token of GitHub in the answer"),
    ]
    assert {one.kind for one in found} <= {kind.name for kind in KINDS}


def test_nothing_found_is_in_a_problem():
    """Neither the first piece nor what is around it."""
    text = f"{EMAIL} {KEY} +49 30 901820 DE12500105170648489890 81.2.69.142"

    found = problems(PersonalData(), [row(text, text)])

    told = " ".join(part for one in found for part in (one.told, *one.shown))
    assert len(found) == 5
    assert not any(value in told for value in (*text.split(), "901820", "byron", KEY[4:12]))


def test_system_prompts_are_told_once():
    """In the first row that has one; tools and arguments are read too."""
    calls = (ToolCall(function=CalledFunction(name="mail", arguments={"to": EMAIL})),)
    call = DataRow(file="rows.jsonl", line=3, messages=(Message(role="assistant", content=None, tool_calls=calls),))
    given_rows = [row("a", "b", line=line, system=f"Escalate to {EMAIL}.") for line in (1, 2)]

    found = problems(PersonalData(), [*given_rows, call])

    assert [one.places for one in found] == [("rows.jsonl:1",), ("rows.jsonl:3",)]


def test_a_piece_is_never_cut_through_what_is_hidden():
    """Also where it is longer than what is shown."""
    text = f"{KEY} {'x ' * 15}here {'y ' * 15}{KEY}"
    place = text.index("here")

    shown = excerpt(text, place, place + 4)

    assert "here" in shown
    assert KEY[:8] not in shown
    assert KEY[-8:] not in shown


def test_of_a_text_too_long_to_read_nothing_is_shown():
    """What could not be searched can hold anything."""
    assert masked(EMAIL + " " * 200_000) == "…"


def test_other_finders_can_be_added():
    """Such as that for names; what patterns find already is not told twice."""

    def find(text: str) -> Iterator[Hit]:
        yield Hit(kind="name", called="a person's name", start=text.index("Ada"), end=text.index("Ada") + 9)

    (found,) = problems(PersonalData(find), [row("My name is Ada Byron, hi", "Hello Ada Byron")])

    assert (found.kind, found.shown) == ("name", ("My name is A…, hi",))
