"""Where sentences end."""

import pytest

from harness.scorers.following.sentences import sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two. Three.", 3),
        ("no mark at its end", 1),
        ("all small. letters here. too.", 3),
        ("Mr. Jones met Dr. Who.", 1),
        ("The U.S. Army, e.g. its band, etc. and more.", 1),
        ("J. R. R. Tolkien wrote it. So did I. Then we left.", 3),
        ("At 5 p.m. Then we ate at 6 p.m. together.", 2),
        ("It costs 3.50 at example.com today.", 1),
        ("Wait... what? Really?! Yes.", 3),
        ("He said “Go.” She went.", 2),
        ("1. First\n2. Second", 1),
        ("1. First one.\n2. Second one.\nA. Third one.", 3),
        ("He was born in 1841. Then he left.", 2),
        ("Line one\nline two", 1),
        ("今日は。元気\uff1fはい\uff01", 3),
        ("यह है। वह है।", 2),
        ("هل هذا؟ نعم\u06d4", 2),
        ("Done. 🎉", 1),
        ('It ended.\n"', 1),
        ("...", 0),
        ("", 0),
    ],
)
def test_sentences_are_counted(text, count):
    """Titles, initials, list numbers and decimals end none."""
    assert len(sentences(text)) == count


def test_nothing_of_the_text_is_lost():
    """But white space and marks alone."""
    assert sentences("Is it? Dr. No left. Bye") == ["Is it?", "Dr. No left.", "Bye"]
