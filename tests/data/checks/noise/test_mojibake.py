"""Wrongly decoded text is found with what was meant; right text in any script is left alone."""

import pytest

from harness.data.checks.noise.mojibake import mojibake_in


@pytest.mark.parametrize(
    ("text", "piece", "meant"),
    [
        ("a cafÃ© nearby", "Ã©", "é"),
        ("it doesnâ€™t work", "â€™", "\u2019"),
        ("first\nGrÃ¶ÃŸe", "Ã¶ÃŸ", "öß"),
        ("about 20 Â°C today", "Â°", "°"),
        ("lost \ufffd here", "\ufffd", ""),
    ],
)
def test_the_wrong_piece_and_what_was_meant_are_found(text, piece, meant):
    """On any line."""
    ((start, end), found) = mojibake_in(text)

    assert (text[start:end], found) == (piece, meant)


@pytest.mark.parametrize(
    "text",
    [
        "a café nearby",
        "Größe",
        "日本語のテキスト",
        "Привет, мир",
        "naïve — “quoted” … 5 €",
        "São Paulo",
        "مرحبا",
        "👍🏽 ok",
        "±¼½¾ÐÑ",
        "Ã",
    ],
)
def test_right_text_is_left_alone(text):
    """Also with rare letters."""
    assert mojibake_in(text) is None
