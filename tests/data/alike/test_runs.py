"""Words, and runs of words, of any script."""

import pytest

from harness.data.alike.runs import length_in_words, runs_of, words_in


@pytest.mark.parametrize(
    ("text", "words", "length"),
    [
        ("how do i pay", ["how", "do", "i", "pay"], 4),
        ("我的卡 pin 码", ["我", "的", "卡", "pin", "码"], 3),
        ("karte für münchen", ["karte", "für", "münchen"], 3),
        ("किताब कहाँ", ["किताब", "कहाँ"], 2),
        ("", [], 0),
    ],
)
def test_words_are_parted_by_spaces_or_are_characters(text, words, length):
    """Two characters of Chinese count as a word."""
    assert words_in(text) == words
    assert length_in_words(text) == length


def test_the_same_words_have_the_same_runs_wherever_they_are():
    """And the same in every version, since they are saved."""
    words = ["i", "was", "charged", "twice", "for", "my", "order"]

    assert runs_of(words, 3).tolist()[2:4] == runs_of(words[2:6], 3).tolist()
    assert len(set(runs_of(words, 3).tolist())) == 5
    assert runs_of(["charged", "twice"], 2).tolist() == [10712747541385244640]


def test_other_orders_and_lengths_are_other_runs():
    """A hash of the words alone would be too little."""
    assert runs_of(["a", "b"], 2).tolist() != runs_of(["b", "a"], 2).tolist()
    assert not set(runs_of(["a", "b", "c"], 2).tolist()) & set(runs_of(["a", "b", "c"], 3).tolist())


def test_too_few_words_have_no_run():
    """Nor has no word."""
    assert runs_of(["a"], 2).tolist() == []
    assert runs_of([], 8).tolist() == []
