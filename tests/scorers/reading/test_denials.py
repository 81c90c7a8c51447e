"""Whether a clause denies what it names, and whether it asks."""

import pytest

from harness.scorers.reading.denials import REACH, find_denials, is_asked, is_denied, is_perhaps_asked


def denied(text: str) -> bool:
    """Whether the word "spam" is denied."""
    start = text.index("spam")
    return is_denied(text, find_denials(text), start, start + len("spam"))


@pytest.mark.parametrize("bound", [". ", "! ", "? ", "; ", ", ", ": ", "\n\n", "\n- ", " but ", " sondern ", "\u3002"])
def test_a_denial_reaches_to_the_end_of_its_clause(bound):
    """And through any words until there."""
    text = f"This is not about money or the like{bound}spam"

    assert not denied(text)
    assert denied(text.replace(bound, " or "))


def test_a_line_break_inside_a_sentence_ends_no_clause():
    """Long lines are wrapped."""
    text = "I would not say that this is\nspam"

    assert denied(text)


def test_a_denial_far_away_is_not_looked_for():
    """The clause is followed over some lines, so that a long answer is read quickly."""
    text = f"not {'x' * REACH} spam"

    assert not denied(text)


@pytest.mark.parametrize(
    ("text", "asked", "perhaps"),
    [
        ("spam?", True, True),
        ("spam, or what?", False, True),
        ("spam. Is it?", False, False),
        ("spam: is it?", False, False),
    ],
)
def test_a_question_mark_asks_for_what_is_in_its_sentence(text, asked, perhaps):
    """For certain where no comma is between them."""
    assert (is_asked(text, 4), is_perhaps_asked(text, 4)) == (asked, perhaps)
