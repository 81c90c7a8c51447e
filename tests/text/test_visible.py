"""Foreign text made safe for a terminal, for Markdown and for a spreadsheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text.visible import LONGEST, for_terminal, quoted

ANYTHING = st.text(st.characters(exclude_categories=()))


@given(ANYTHING, st.integers(min_value=4, max_value=50))
def test_a_terminal_gets_one_harmless_line_of_bounded_length(text: str, limit: int):
    """Lone surrogates, escape codes and bidi marks among it."""
    shown = for_terminal(text, limit)

    assert shown.isprintable()
    assert len(shown) <= limit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain  words", "plain  words"),
        ("Grüße, 世界", "Grüße, 世界"),
        ("one\r\n\n   two\u2028three", "one two three"),
        ("\x1b]8;;http://evil\x07x\u202edlo", r"\x1b]8;;http://evil\x07x\u202edlo"),
        ("a\tb\ud800", r"a\tb\ud800"),
        ("i" * 200, "i" * 117 + "..."),
    ],
)
def test_what_a_terminal_could_obey_is_an_escape(text: str, shown: str):
    """Everything else stays as it is; a long text says that it continues."""
    assert for_terminal(text) == shown
    assert len(shown) <= LONGEST


@given(ANYTHING)
def test_a_quoted_value_is_one_harmless_line(text: str):
    """Alone or within a list, which JSON writes."""
    assert quoted(text).isprintable()
    assert quoted([text]).isprintable()
    assert quoted(text, None) == repr(text)
