"""Foreign text made safe for a terminal, for Markdown and for a spreadsheet."""

import ast
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text.shown import PLENTY, fitting, show
from harness.text.visible import LONGEST, for_csv, for_terminal, quoted

FORMULAS = [*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
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
    assert ast.literal_eval(quoted(text, None)) == text


UNSEEN = {
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "variation selectors": "\ufe00\ufe0d\ufe0e\ufe0f\U000e0100\U000e01ef",
    "Mongolian selectors": "\u180b\u180c\u180d\u180f",
    "vowels of Khmer": "\u17b4\u17b5",
    "grapheme joiner": "\u034f",
    "tags": "\U000e0001\U000e0020\U000e007f",
    "not assigned": "\u2065\ufff0\U000e0000\U000e0080\U000e0fff",
}


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
def test_characters_that_leave_no_mark_are_named(text: str):
    """On a page, in the terminal, and between quotes."""
    codes = "".join(f"⟨U+{ord(character):04X}⟩" for character in text)
    escapes = text.encode("unicode_escape").decode()

    assert show(f"a{text}z").text == f"a{codes}z"
    assert for_terminal(f"a{text}z") == f"a{escapes}z"
    assert quoted(f"a{text}z", None) == f"'a{escapes}z'"


@pytest.mark.parametrize("text", ["❤️", "☎︎ 1️⃣ #️⃣", "‼️ \u2139️ ↔️ ©️", "🏳️", "世界 한글 ᠮᠣᠩ"])
def test_how_an_emoji_looks_is_not_a_hidden_character(text: str):
    """One selector after a symbol or inside a keycap; scripts stay as they are."""
    assert show(text).text == text
    assert for_terminal(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("1\ufe0f2", "1⟨U+FE0F⟩2"),
        ("\ufe0f", "⟨U+FE0F⟩"),
        ("❤\ufe0f\ufe0f\ufe0e", "❤\ufe0f⟨U+FE0F⟩⟨U+FE0E⟩"),
        ("❤\ufe00", "❤⟨U+FE00⟩"),
        ("😀\U000e0141", "😀⟨U+E0141⟩"),
    ],
)
def test_selectors_that_carry_something_else_are_named(text: str, shown: str):
    """After a letter, a digit that is in no keycap, nothing, or a second time."""
    assert show(text).text == shown


def test_hidden_characters_count_at_the_size_of_their_names():
    """A page of fillers is no larger than it may be."""
    assert fitting("\u3164" * 1000, PLENTY) == 1000
    assert fitting("\u3164" * 1000, 4_800) == 100


@pytest.mark.parametrize("start", FORMULAS)
def test_a_cell_that_starts_like_a_formula_is_quoted(start: str):
    """In full width too, which spreadsheets take for the same."""
    assert for_csv(f"{start}1+1") == f"'{start}1+1"
    assert for_csv(f"a{start}") == f"a{start}"


@given(ANYTHING)
def test_a_cell_has_no_control_character_and_starts_no_formula(text: str):
    """It can always be written, and says which characters it had; everything else is there."""
    cell = for_csv(text)

    assert not any(
        (character < " " and character not in "\t\r\n") or "\x7f" <= character <= "\x9f" for character in cell
    )
    assert not cell.startswith(tuple(FORMULAS))
    csv.writer(io.StringIO()).writerow([cell.encode().decode()])


def test_control_characters_of_a_cell_are_named():
    """Neither a terminal that prints the file obeys them, nor does a reader stop at them."""
    assert for_csv("a\x1b[2J\x00=1\x9b\ud800") == "a⟨ESC⟩[2J⟨NUL⟩=1⟨U+009B⟩⟨U+D800⟩"
    assert for_csv("\x00=1+1") == "⟨NUL⟩=1+1"
