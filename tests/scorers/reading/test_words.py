"""Words of any script, and how many of them two texts share in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import _lcs_table
from rouge_score.tokenize import tokenize

from harness.scorers.reading.words import LONGEST_RUN, common_in_order, composed, for_mecab, is_unspaced, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ваш заказ №123, ёлка!", ["ваш", "заказ", "123", "ёлка"]),
        ("ΑΒΓ αβγ", ["αβγ", "αβγ"]),
        ("هذا كتاب", ["هذا", "كتاب"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("我有55个iPhone15。", ["我", "有", "55", "个", "iphone15"]),
        ("ラーメン", ["ラ", "ー", "メ", "ン"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("Straße, naïve, cafe\u0301", ["straße", "naïve", "café"]),
        ("hy\u00adphen", ["hyphen"]),
        ("क्\u200dष", ["क्ष"]),
        ("🙂 ... —", []),
        ("", []),
    ],
)
def test_words_are_letters_and_digits_of_any_script(text, found):
    """Characters where a script has no spaces, a letter with its marks as one."""
    assert words(text) == found


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_ascii_text_has_the_words_of_rouge_score(text):
    """So English figures are the published ones."""
    assert words(text) == tokenize(text, None)


@given(st.lists(st.sampled_from("abcd"), max_size=30), st.lists(st.sampled_from("abce"), max_size=30))
def test_the_common_words_in_order_are_those_of_the_table(first, second):
    """The table of rouge-score."""
    assert common_in_order(first, second) == _lcs_table(first, second)[-1][-1]


def test_an_endless_run_of_marks_is_cut():
    """Honest letters keep all of theirs."""
    assert composed("e\u0301") == "\u00e9"
    assert len(composed("a" + "\u0327\u0301" * 50_000)) <= 31
    assert composed("plain") == "plain"


@pytest.mark.parametrize(
    ("text", "unspaced"),
    [
        ("我今天去学校", True),
        ("今日は行く", True),
        ("วันนี้", True),
        ("腾讯 is a company", False),
        ("오늘 간다", False),
        ("12", False),
    ],
)
def test_a_text_is_unspaced_by_most_of_its_letters(text, unspaced):
    """A name in another script changes nothing."""
    assert is_unspaced(text) == unspaced


def test_mecab_gets_no_text_that_it_breaks_or_hangs_over():
    """It stops at a NUL, raises at half a character, and takes a run of letters in quadratic time."""
    assert for_mecab("今日\x00は\ud800行く cafe\u0301") == "今日 は 行く café"
    assert max(map(len, for_mecab("a!" * 1_000).split())) == LONGEST_RUN
    assert max(map(len, for_mecab("가" * 1_000 + "あ" * 1_000).split())) == LONGEST_RUN
    assert for_mecab("今日は" * 1_000) == "今日は" * 1_000
