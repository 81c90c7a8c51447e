"""Which training rows are nearest to a case: by signatures, and exactly by the rows."""

import pytest

from harness.data.leaks.near import nearest_meant, nearest_rows, nearest_signed
from harness.data.leaks.signed import sign
from tests.data.made_rows import case, row, rows, talk

ROWS = rows(
    ("where is my parcel from last week", "delivery"),
    ("i was charged twice for my order", "billing"),
    ("i was charged twice for my order in may", "bug"),
    ("why was i charged for two orders", "billing"),
)
ASKED = case("c", "I was charged twice for my order!")


def by_signatures(some, cases, count=2, suite=None):
    """Look by signatures."""
    return nearest_signed(sign(some), cases, suite or cases, count)


def by_rows(some, cases, count=2, suite=None):
    """Look by rows, which can be read once only."""
    return nearest_rows(iter(some), cases, suite or cases, count)


@pytest.mark.parametrize("look", [by_signatures, by_rows])
def test_the_nearest_rows_come_first(look):
    """Each once; punctuation and case don't count."""
    (found,) = look(ROWS, [ASKED])

    assert [one.place for one in found] == ["train.jsonl:2", "train.jsonl:3"]
    assert found[0].similarity == 1


def test_with_the_rows_the_similarity_is_exact_and_the_row_is_there():
    """Jaccard similarity of character 5-grams: 28 of 35."""
    (found,) = by_rows(ROWS, [ASKED])

    assert found[1].similarity == 28 / 35
    assert found[1].row == ROWS[2]
    assert by_signatures(ROWS, [ASKED])[0][1].row is None


@pytest.mark.parametrize("look", [by_signatures, by_rows])
def test_what_shares_nothing_is_not_near_and_what_is_too_short_is_not_known(look):
    """The two are not the same: nobody can say of "Hello" what is near."""
    nothing = case("a", "高山流水 高山流水 高山流水")

    assert look(ROWS, [nothing, case("b", "Hello")]) == [(), None]
    assert look([], [ASKED]) == [()]
    assert look(ROWS, []) == []


@pytest.mark.parametrize("look", [by_signatures, by_rows])
def test_turns_are_compared_too(look):
    """A case with any user's turn of a row, from eight words on; a row of two such turns comes once."""
    asked = "i was charged twice for my order in may again"
    some = [talk("hello there my friend", "hi", asked, "sorry", line=7), ROWS[0]]

    (found,) = look(some, [case("c", asked)])

    assert [one.place for one in found][:1] == ["train.jsonl:7"]
    assert found[0].similarity == 1
    assert len({one.place for one in found}) == len(found)


@pytest.mark.parametrize("look", [by_signatures, by_rows])
def test_what_most_inputs_begin_with_does_not_make_them_near(look):
    """The suite's frame, of all its cases, also where one of them is looked for; and the rows' own."""
    frame = "Say which team of ours answers this ticket of a customer. The ticket: "
    words = ["parcel", "invoice", "login", "colour", "window", "garden", "engine", "letter", "music", "river"]
    suite = [case(word, f"{frame}{word} {word}s {word}") for word in words]
    others = [row(f"{frame}{word}ing by {word}", "x", line) for line, word in enumerate(reversed(words))]

    (found,) = look(others, [suite[0]], 1, suite)

    assert found[0].similarity < 0.5
    assert found[0].place == "train.jsonl:9"


def test_many_rows_are_read_in_portions():
    """The nearest is found wherever it is."""
    some = [row(f"question number {n} about the parcel of customer {n}", "x", n) for n in range(2_500)]
    some[2_100] = row("i was charged twice for my order", "y", 2_100)

    (found,) = by_rows(some, [ASKED], 1)

    assert [one.place for one in found] == ["train.jsonl:2100"]


def by_topic(texts):
    """Embed by what a text is about, as a model of meanings would."""
    import numpy as np

    topics = {"charged": (1.0, 0.0, 0.0), "parcel": (0.0, 1.0, 0.0), "paid": (0.95, 0.0, 0.312)}
    found = [next((vector for word, vector in topics.items() if word in text), (0.0, 0.0, 1.0)) for text in texts]
    return np.array(found, dtype=np.float32)


def test_rows_that_ask_the_same_in_other_words_are_found_by_meaning():
    """From a cosine of .9 on, the nearest first; how alike their characters are is told beside it."""
    asked = ("my parcel", "paid double, want one back", "was i charged again for this order")
    said = rows(*((text, "billing") for text in asked))

    found, nothing = nearest_meant(said, [ASKED, case("d", "Open on Sundays?")], [ASKED], by_topic, 2)

    assert [(one.place, round(one.meaning, 2)) for one in found] == [("train.jsonl:3", 1.0), ("train.jsonl:2", 0.95)]
    assert found[1].similarity < 0.1
    assert found[1].row == said[1]
    assert nothing == ()
