"""Leaks by meaning, with a model that is a function."""

import numpy as np

from harness.data.leaks.meaning import leaks_by_meaning
from tests.data.made_rows import case, row

MEANINGS = {"charged": 0, "billed": 0, "parcel": 1, "package": 1}


def embed(texts):
    """Return a vector for each text that counts its meanings."""
    return np.array([[sum(MEANINGS.get(word) == place for word in text.split()) for place in (0, 1)] for text in texts])


def test_a_case_in_other_words_is_a_leak():
    """With its cosine, and the pair side by side."""
    some = [row("they billed me again", "x", 1), row("my package is late", "x", 2), row("nothing of that sort", "x", 3)]

    (leak,) = leaks_by_meaning(some, {"s": [case("a", "i was charged twice")]}, embed, 0.9)

    assert (leak.case, leak.place, leak.how, leak.similarity) == ("a", "train.jsonl:1", "meaning", 1)
    assert (leak.case_text, leak.row_text) == ("i was charged twice", "they billed me again")


def test_other_numbers_and_short_texts_are_no_leak():
    """Models take them for the same."""
    some = [row("they billed me 3 times", "x"), row("billed", "x")]

    assert (
        list(leaks_by_meaning(some, {"s": [case("a", "i was charged 2 times"), case("b", "charged")]}, embed, 0.9))
        == []
    )


def test_without_rows_or_cases_nothing_is_embedded():
    """A model may refuse no texts."""

    def refuses(texts: list[str]) -> np.ndarray:
        assert texts
        return embed(texts)

    assert list(leaks_by_meaning([], {"s": [case("a", "i was charged twice")]}, refuses, 0.9)) == []
    assert list(leaks_by_meaning([row("", "x")], {"s": [case("a", "i was charged twice")]}, refuses, 0.9)) == []
    assert list(leaks_by_meaning([row("they billed me", "x")], {}, refuses, 0.9)) == []
