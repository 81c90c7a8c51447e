"""What doesn't count when texts are compared."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScorerError
from harness.scorers.reading.normal import ORDER, checked_normal, normalized


@pytest.mark.parametrize(
    ("normal", "one", "other"),
    [
        ("NFC", "Caf\u00e9", "Cafe\u0301"),
        ("NFC", "\ud55c", "\u1112\u1161\u11ab"),
        ("NFKC", "\uff11\uff12\uff0c\uff21", "12,A"),
        ("NFKC", "\ufb01ne", "fine"),
        ("NFKC", "10\u00a0km", "10 km"),
        ("case", "STRASSE", "stra\u00dfe"),
        ("case", "\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"),
        ("case", "\u0130stanbul", "istanbul"),
        ("case", "CAFE\u0301", "caf\u00e9"),
        ("white space", "a \n\t b", "a b"),
        ("white space", "10\u00a0km\u2009/\u202fh\u3000", "10 km / h"),
        ("white space", "a\u200bb\ufeff\u00adc\u2060", "abc"),
    ],
)
def test_what_does_not_count_is_the_same_text(normal, one, other):
    """And counts where the suite doesn't say so."""
    chosen = checked_normal("exact_match", normal)

    assert normalized(one, chosen) == normalized(other, chosen)
    assert normalized(one, () if normal == "NFC" else ("NFC",)) != normalized(
        other, () if normal == "NFC" else ("NFC",)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("s\u0131n\u0131r", "sinir"),
        ("na\u00efve", "naive"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"),
        ("a b", "ab"),
        ("\u0661", "1"),
    ],
)
def test_what_counts_in_a_language_is_never_left_out(one, other):
    """A letter without its dot, an accent, a joiner, a space, and digits that NFKC keeps."""
    assert normalized(one, ORDER) != normalized(other, ORDER)


def test_nfc_goes_with_everything_unless_nothing_is_asked_for():
    """One order, so that the same choice has one name in comparisons."""
    assert checked_normal("x", "NFC") == ("NFC",)
    assert checked_normal("x", ("white space", "case")) == ("NFC", "case", "white space")
    assert checked_normal("x", ("case", "NFKC", "NFC")) == ("NFKC", "case")
    assert checked_normal("x", "NFC", ignore_case=True) == ("NFC", "case")
    assert checked_normal("x", ()) == ()


@pytest.mark.parametrize(
    ("normalize", "hint"),
    [
        ("nfc", "unknown 'nfc'; did you mean 'NFC'?"),
        (("NFC", "whitespace"), "unknown 'whitespace'; did you mean 'white space'?"),
        ("casefold", "unknown 'casefold'; did you mean 'case'?"),
        ("punctuation", "unknown 'punctuation'; it takes 'NFC', 'NFKC', 'case', 'white space'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(normalize, hint):
    """A misspelt one must not mean nothing."""
    with pytest.raises(ScorerError) as caught:
        checked_normal("contains", normalize)
    assert str(caught.value) == f"contains(normalize={normalize!r}): {hint}"


@given(st.text(), st.sets(st.sampled_from(ORDER)))
def test_a_normal_form_is_its_own_normal_form_and_that_of_other_encodings(text, names):
    """However the characters came."""
    normal = checked_normal("x", tuple(names))
    once = normalized(text, normal)

    assert normalized(once, normal) == once
    if normal:
        assert normalized(unicodedata.normalize("NFD", text), normal) == once
