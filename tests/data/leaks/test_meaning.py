"""Leaks by meaning, with a model that is a function."""

import numpy as np

from harness.data.leaks.meaning import MeaningLeaks
from harness.data.leaks.units import units_of_row
from tests.data.made_rows import case, row, talk
from tests.data.meaning.fake import embed


def leaks(some, suites):
    """Return what is found in rows."""
    finder = MeaningLeaks(suites, (), embed)
    units = [(one.place, unit) for one in some for unit in units_of_row(one, ()) if unit.where == "input"]
    finder.take(units, embed([unit.plain for _, unit in units]))
    return list(finder.found())


def test_a_case_in_other_words_is_a_leak_told_once_with_its_nearest_row():
    """With its cosine, and the pair side by side."""
    some = [row("they billed me again", "x", 1), row("my package is late", "x", 2), row("billed for it all", "x", 3)]

    (leak,) = leaks(some, {"s": [case("a", "i was charged twice")]})

    assert (leak.case, leak.nearest, leak.count, leak.similarity) == ("a", "train.jsonl:1", 2, 1)
    assert leak.places == ["train.jsonl:1", "train.jsonl:3"]
    assert (leak.case_text, leak.row_text) == ("i was charged twice", "they billed me again")


def test_other_numbers_are_no_leak():
    """Models take them for the same."""
    assert leaks([row("they billed me 3 times", "x")], {"s": [case("a", "i was charged 2 times")]}) == []


def test_what_is_found_by_characters_is_not_told_again():
    """The same text, nearly the same, and a passage of it."""
    asked = "i was charged for the same order two times and nobody answers my mails about it"
    near, longer = f"{asked} now", f"hello there, {asked}, which is why i write to you here in this chat once more"

    assert leaks([row(asked, "x"), row(near, "x"), row(longer, "x")], {"s": [case("a", asked)]}) == []


def test_a_later_turn_counts_and_its_conversation_not_twice():
    """Each question of a conversation is compared."""
    some = [talk("where is it", "on its way", "they billed me for it twice", "sorry")]

    (leak,) = leaks(some, {"s": [case("a", "i was charged two times over")]})

    assert (leak.count, leak.places) == (1, ["train.jsonl:1"])


def test_without_cases_nothing_is_found():
    """Nor embedded: a model may refuse no texts."""
    finder = MeaningLeaks({}, (), embed)

    finder.take([], np.zeros((0, 2), dtype=np.float32))

    assert list(finder.found()) == []
