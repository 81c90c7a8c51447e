"""Words and their neighbours, in any script."""

import pytest

from harness.verdicts.phrases import stretches


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want a REFUND, now", [["i", "want", "a", "refund"], ["now"]]),
        ("line one\nline two", [["line", "one"], ["line", "two"]]),
        ("don't, don\N{RIGHT SINGLE QUOTATION MARK}t", [["don't"], ["don't"]]),
        ("'quoted' and __init__", [["quoted", "and", "init"]]),
        ("charge-back", [["charge", "back"]]),
        ("Stra\N{LATIN SMALL LETTER SHARP S}e", [["strasse"]]),
        ("मुझे धनवापसी चाहिए।", [["मुझे", "धनवापसी", "चाहिए"]]),
        ("كلمة في", [["كلمة", "في"]]),
        ("환불 요청", [["환불", "요청"]]),
        ("退款吧", [["退款"], ["款吧"]]),
        ("请refund我", [["请"], ["refund"], ["我"]]),
        ("please \N{WAVING HAND SIGN} help", [["please"], ["help"]]),
        ("?! -- ''", []),
        ("", []),
    ],
)
def test_words_are_found_in_stretches(text, found):
    """Without case and punctuation; two characters at a time where a script has no blanks."""
    assert list(stretches(text)) == found
