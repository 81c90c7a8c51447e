"""Which texts are nearly the same: nothing is missed, and the figures are those of the definition."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data.alike.likeness import NearIndex, grams, near_among, near_earlier, similarity, told, worded

ASKED = "I was charged twice for my order in May and want my money back"
TEXTS = st.lists(st.text(alphabet="ab ", max_size=14), max_size=12)


def by_hand(one: str, other: str) -> float:
    """Return the similarity of two texts by its definition."""
    left, right = grams(one), grams(other)
    return len(left & right) / len(left | right)


@given(TEXTS, TEXTS, st.sampled_from([0.3, 0.5, 0.7, 0.75, 0.8, 1.0]))
def test_the_index_finds_every_similar_text_and_no_other(texts, asked, threshold):
    """Exactly those that comparing each with each finds."""
    sets = [grams(text) for text in texts]
    index = NearIndex(threshold, sets)
    for one in sets:
        index.add(one)

    for text in asked:
        found = {near.place: near.similarity for near in index.near(grams(text))}
        assert found == {
            place: by_hand(text, known) for place, known in enumerate(texts) if by_hand(text, known) >= threshold
        }


@given(TEXTS, st.sampled_from([0.3, 0.6, 0.8]))
def test_a_text_is_told_exactly_when_an_earlier_one_is_similar(texts, threshold):
    """With one that is."""
    found = dict(near_earlier(texts, threshold))

    alike = {
        place
        for place, text in enumerate(texts)
        if any(by_hand(text, earlier) >= threshold for earlier in texts[:place])
    }
    assert set(found) == alike
    assert all(near.place < place for place, near in found.items())


def test_case_width_and_white_space_do_not_count():
    """As letters of one font are read as one text."""
    assert similarity(grams(ASKED), grams(f"  {ASKED.upper()}\n")) == 1
    assert grams("\uff21\uff22\uff23") == grams("abc")


@pytest.mark.parametrize(
    ("other", "is_near"),
    [
        (ASKED.replace("May", "June"), True),
        (f"{ASKED}!", True),
        ("I was charged twice", False),
        ("Where is my order? It was due in May", False),
    ],
)
def test_a_word_that_differs_is_near_and_another_question_is_not(other, is_near):
    """With the similarity that suites are checked with."""
    assert bool(list(near_earlier([ASKED, other], 0.7))) is is_near


def test_texts_are_found_among_others():
    """By their places in both lists; the most similar one is told."""
    others = ["something else", f"{ASKED} now please", ASKED]

    ((place, near),) = near_among(["How?", f"{ASKED}."], others, 0.7)

    assert (place, near.place) == (1, 2)


def test_many_copies_are_compared_a_few_times_each(monkeypatch):
    """Not each with each, which for ten thousand of them would be fifty million times."""
    compared = 0

    def counted(one: frozenset[int], other: frozenset[int]) -> float:
        nonlocal compared
        compared += 1
        return similarity(one, other)

    monkeypatch.setattr("harness.data.alike.likeness.similarity", counted)
    texts = [f"{ASKED} {random.Random(n).randrange(10)}" for n in range(300)]  # noqa: S311 - no secret

    found = list(near_earlier(texts, 0.8))

    assert len(found) == 299
    assert compared < 300 * 10


@pytest.mark.parametrize("threshold", [0, 1.1, float("nan")])
def test_a_threshold_is_a_share(threshold):
    """0 would call everything alike."""
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        list(near_earlier(["x"], threshold))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Top-up, please?! (Now)", "top up please now"),
        ("?!", "?!"),
        ("  ", ""),
        ("नमस्ते दुनिया!", "नमस्ते दुनिया"),
        ("snake_case(x)", "snake_case x"),
    ],
)
def test_punctuation_does_not_count_unless_there_is_nothing_else(text, plain):
    """Marks that belong to letters are no punctuation."""
    assert worded(text) == plain


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Refund: 5 EUR.", "refund 5 eur", True),
        ("top-up", "top up", True),
        ("5 - 3", "5 + 3", False),
        ("$5", "£5", False),
        ("1.5", "15", False),
        ("5 \u00d7 3", "5 * 3", False),
    ],
)
def test_signs_beside_numbers_count(one, other, is_same):
    """They change what is told."""
    assert (told(one) == told(other)) is is_same


def test_what_cant_be_seen_does_not_count():
    """A soft hyphen or a zero-width space inside of a word, and what turns the direction around it."""
    hidden = "\u202eI was char\u00adged tw\u200bice"

    assert worded(hidden) == worded("I was charged twice")
    assert grams(hidden) == grams("I was charged twice")
