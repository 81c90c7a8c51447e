"""How a change is told: with what it was and what it is, and nothing personal."""

from harness.data.clean.change import change_of


def told(kind: str, before: str, after: str) -> tuple[str, str, str]:
    """Return the words of a change."""
    one = change_of("a:1", kind, "the answer", before, after)
    return one.told, one.before, one.after


def test_what_differs_is_shown_with_what_is_around_it():
    """And no more."""
    long = "word " * 40

    assert told("mojibake", f"{long}MenÃ¼ {long}", f"{long}Menü {long}") == (
        "in the answer",
        "…" + ("word " * 40)[-27:] + "MenÃ¼ word word word word word word…",
        "…" + ("word " * 40)[-27:] + "Menü word word word word word word…",
    )


def test_white_space_is_counted():
    """There is nothing to see."""
    assert told("white-space", " yes\n", "yes") == ("2 characters at the ends of the answer", "", "")


def test_characters_that_can_not_be_seen_are_named():
    """And shown is the text without them."""
    assert told("invisible", "pay\u200bment", "payment") == (
        "in the answer: U+200B zero width space",
        "",
        "payment",
    )


def test_an_address_that_a_change_lays_open_is_shown_neither_before_nor_after():
    """Before it, no pattern knows it."""
    _, *pieces = told("html", "to ada.byron&#64;tidewell.io", "to ada.byron@tidewell.io")
    _, *unseen = told("invisible", "to ada.\u200bbyron@tidewell.io", "to ada.byron@tidewell.io")
    _, *masked = told("e-mail", "to ada.byron@tidewell.io", "to [E-MAIL]")

    assert pieces == ["…", "to ad…io"]
    assert unseen == ["", "to ad…io"]
    assert masked == ["to ad…io", "to [E-MAIL]"]


def test_of_a_text_that_is_too_long_to_look_at_nothing_is_shown():
    """An address could be anywhere in it."""
    long = "x" * 300_000

    assert told("mojibake", f"{long}Ã¼", f"{long}ü") == ("in the answer", "…", "…")
