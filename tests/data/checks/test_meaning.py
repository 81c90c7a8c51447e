"""Copies, contradictions and leaks by meaning, told as problems; the model is a function."""

import pytest

from harness.data.checks import meaning
from harness.data.checks.meaning import KINDS, Meaning
from tests.data.made_rows import case, row, rows
from tests.data.meaning.fake import embed


def problems(some, suites=None):
    """Return what the check finds."""
    check = Meaning(suites or {}, embed, lambda text: text.replace("Ada", "A…a"))
    return [*(problem for one in some for problem in check.see(one)), *check.finish()]


def kinds(found):
    """Return the kind of each problem and the lines of its rows."""
    return [(one.kind, [int(place.rpartition(":")[2]) for place in one.places]) for one in found]


def test_rows_that_ask_the_same_in_other_words_are_one_cluster():
    """With the least cosine, how many outputs there are, and both side by side, masked."""
    some = rows(("I was charged, says Ada", "billing"), ("why am i billed", "billing"), ("my parcel is late", "parcel"))

    (found,) = problems(some)

    assert kinds([found]) == [("same-meaning", [1, 2])]
    assert found.told == "2 rows ask the same in other words (cosine 1.00 or more), and have the same output"
    assert found.shown == ("I was charged, says A…a → billing", "why am i billed → billing")


def test_other_labels_for_the_same_question_contradict():
    """From .95 on; below, or where many answers are right, the rows only ask the same."""
    near = problems(rows(("i was charged again", "billing"), ("why am i billed", "account")))
    far = problems(rows(("i was charged again", "billing"), ("why am i nearly billed", "account")))
    free = "You can see each charge in the app, under your name and then under payments."
    prose = problems(rows(("i was charged again", free), ("why am i billed", free.replace("app", "shop"))))

    assert kinds(near) == [("meaning-contradiction", [1, 2])]
    assert (kinds(far), kinds(prose)) == ([("same-meaning", [1, 2])],) * 2
    assert far[0].told == "2 rows ask the same in other words (cosine 0.93 or more), and have 2 different outputs"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I was charged twice!", "i was charged twice"),
        ("i was charged twice for my order in may", "i was charged twice for my order in june"),
        ("please say who charged 40 for it", "please say who charged 50 for it"),
        ("they charged me 3 times", "i was billed 2 times"),
        ("was charged", "am billed"),
    ],
    ids=["the same", "nearly the same", "a template", "other numbers", "too short"],
)
def test_what_characters_show_or_meanings_do_not_is_left_out(one, other):
    """It is told as copies, or by nobody."""
    assert problems(rows((one, "billing"), (other, "billing"))) == []


def test_other_system_prompts_make_other_rows():
    """They decide what the right output is."""
    some = [row("i was charged again", "a", 1, system="One."), row("why am i billed", "a", 2, system="Two.")]

    assert problems(some) == []


def test_a_case_in_other_words_is_a_leak():
    """Its row first, then the case, then the other rows."""
    some = rows(("why am i billed", "x"), ("nobody knows it yet", "y"), ("they billed me over and over", "x"))

    found = problems(some, {"s": [case("7", "i was charged again", "x")]})

    assert kinds(found) == [("meaning-leak", [1, 7, 3]), ("same-meaning", [1, 3])]
    assert found[0].told.startswith("2 rows ask the same in other words as case '7' of s")
    assert found[0].shown == ("why am i billed", "i was charged again")


def test_instructions_around_each_question_make_no_two_alike():
    """A model would take all rows for the same, since most of their words are."""
    asked = ["parcel", "charged", "refund", *(f"number {word}" for word in "abcdefghi")]
    some = rows(*((f"Say near which team this ticket belongs, please: the {one} again", "x") for one in asked))

    assert problems(some) == []


def test_rows_are_taken_in_portions(monkeypatch):
    """So that a file of any size takes the same memory."""
    monkeypatch.setattr(meaning, "AT_ONCE", 2)
    some = rows(*[("i was charged again", "x"), ("nobody knows it yet", "y"), ("why am i billed", "x")] * 2)

    assert kinds(problems(some)) == [("same-meaning", [1, 3])]


def test_no_rows_have_no_problems():
    """And rows without a question neither."""
    assert problems([]) == []
    assert problems([row("", "i was charged again", 1), row("", "why am i billed", 2)]) == []


def test_each_kind_can_be_switched_off():
    """By its name."""
    assert [kind.name for kind in KINDS] == ["meaning-leak", "same-meaning", "meaning-contradiction"]
