"""Characters that can't be seen: told where nothing needs them, and left alone where a script or an emoji does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data.checks.noise.unseen import named, unprintable_in, unseen_in, without_unseen

NEEDED = {
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0628\u0631\u0648\u0645",
    "Hindi": "क्\u200dष",
    "Malayalam": "അവന്\u200d",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ\u180e\u1820",
    "Thai": "ภาษา\u200bไทย",
    "Khmer": "ភាសា\u200bខ្មែរ",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a scientist with a skin": "\U0001f469\U0001f3fd\u200d\U0001f52c",
    "a rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "a heart in colour": "\u2764\ufe0f",
    "a sign as text": "\u260e\ufe0e",
    "a keycap": "1\ufe0f\u20e3",
    "the flag of Scotland": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a variant of a name": "葛\U000e0100",
    "a mark in Hebrew": "אני גר ב-USA\u200f.",
    "a mark in Arabic": "\u061c\u0647\u0627\u062a\u0641",
    "an isolate in Hebrew": "הקובץ \u2068report.pdf\u2069 נפתח",
    "an embedding in Arabic": "\u0645\u0644\u0641 \u202areport.pdf\u202c \u0647\u0646\u0627",
    "old Hangul": "\u1100\u1160",
    "Hebrew with a joiner of marks": "א\u034f\u05b7",
}
NEEDLESS = {
    "a space without width": ("pay\u200b me", [3]),
    "a soft hyphen": ("in\u00advoice", [2]),
    "a byte-order mark inside": ("\ufeffHello", [0]),
    "a joiner between letters": ("a\u200db", [1]),
    "a non-joiner between letters": ("Auf\u200clage", [3]),
    "a word joiner": ("a\u2060b", [1]),
    "a mark among letters from left to right": ("+49\u200e 30", [3]),
    "an override": ("invoice\u202efdp.exe\u202c", [7, 15]),
    "an override in Hebrew": ("\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c", [5, 9]),
    "an embedding that nobody closes": ("\u05e9\u05dc\u05d5\u05dd \u202babc", [5]),
    "an end that nobody opened": ("\u05e9\u05dc\u05d5\u05dd \u2069", [5]),
    "Hebrew in another line": ("\u05e9\u05dc\u05d5\u05dd\nabc\u200f", [8]),
    "an isolate among letters from left to right": ("a \u2066b\u2069", [2, 4]),
    "hidden text in tags": ("Hi\U000e0068\U000e0069", [2, 3]),
    "a flag that is none": ("\U0001f3f4\U000e0067\U000e0062", [1, 2]),
    "a second selector": ("\u2764\ufe0f\ufe0f", [2]),
    "a selector behind a letter": ("a\ufe0f\U000e0101", [1, 2]),
    "a filler": ("\u3164", [0]),
    "a digit in colour": ("1\ufe0f", [1]),
    "what pads previews of mail": ("Hi \u034f \u200c \u034f", [3, 5, 7]),
    "an anchor of an annotation": ("a\ufff9b", [1]),
    "a joiner at the end of an emoji": ("\U0001f469\u200d", [1]),
}


@pytest.mark.parametrize("text", NEEDED.values(), ids=NEEDED)
def test_what_is_needed_is_left_alone(text):
    """By a script, by a direction, by an emoji."""
    assert unseen_in(text) == []
    assert without_unseen(text) == text


@pytest.mark.parametrize(("text", "places"), NEEDLESS.values(), ids=NEEDLESS)
def test_what_nothing_needs_is_found_and_taken_out(text, places):
    """And nothing else of the text."""
    assert unseen_in(text) == places
    assert without_unseen(text) == "".join(one for place, one in enumerate(text) if place not in places)


@given(
    st.text(
        st.sampled_from(
            "a1\n\u05e9\u0647😀\u200d\u200c\u200b\u200f\u202e\u202a\u202c\u2067\u2069\ufe0f\u034f\U000e0061"
        )
    )
)
def test_after_it_nothing_is_left_to_find(text):
    """Also where one character made another one needed; what can be seen stays in its order."""
    left = without_unseen(text)

    assert unseen_in(left) == []
    assert [one for one in left if one in "a1\n\u05e9\u0647😀"] == [one for one in text if one in "a1\n\u05e9\u0647😀"]


def test_control_codes_and_private_characters_are_apart():
    """Tabs and ends of lines are none of them."""
    assert unprintable_in("a\tb\r\n") == []
    assert unprintable_in("\x1b[31m\x00\x85\uf0b7\U000f0000") == [0, 5, 6, 7, 8]
    assert unseen_in("\x1b\uf0b7") == []


def test_the_most_frequent_three_are_named():
    """With how many there are of each, and their names where they have one."""
    text = "\u200b\u200b\u00ad\x1b\x1b\x1b\ufeff"

    assert named(text, range(len(text))) == "U+001B (3), U+200B zero width space (2), U+00AD soft hyphen, ..."
