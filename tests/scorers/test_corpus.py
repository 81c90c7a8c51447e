"""macro_f1 and corpus_bleu: each answer is scored on its own, and its counts add up to the figure of all answers."""

from collections.abc import Sequence

import numpy as np
import pytest
import sacrebleu
from sklearn.metrics import f1_score

from harness import stats
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json
from harness.records.scored import FigureName, Score, Scorer
from harness.scorers import (
    bare_label,
    bleu,
    corpus_bleu,
    embedded_json,
    label_in_text,
    macro_f1,
    predicts_label,
    unfenced,
)

LABELS = ("bug", "billing", "account", "outage")
WORDS = ("the", "printer", "is", "on", "fire", "again", "please", "help")


def scored(scorer: Scorer, answers: Sequence[str], expected: Sequence[Json]) -> list[Score]:
    """The scores of some answers."""
    cases = [Case(id=f"c{place}", messages=(), expected=one) for place, one in enumerate(expected)]
    return [scorer(case, Response(request_key="k", text=text)) for case, text in zip(cases, answers, strict=True)]


def of_all(scores: Sequence[Score]) -> float:
    """The figure of all answers, from the sums of their counts."""
    (name,) = {score.counts.figure for score in scores}
    return float(stats.corpus_figure(name).value(np.array([score.counts.sums for score in scores]).sum(axis=0)))


@pytest.mark.parametrize("seed", range(20))
def test_macro_f1_is_that_of_scikit_learn(seed):
    """Answers that name no label are misses; the labels are those that the cases expect, in small samples not all."""
    chance = np.random.default_rng(seed)
    expected = [LABELS[chance.integers(4)] for _ in range((1, 3, 8, 200)[seed % 4])]
    answers = [one if chance.random() < 0.6 else (*LABELS, "no idea")[chance.integers(5)] for one in expected]

    found = of_all(scored(macro_f1(LABELS), answers, expected))

    asked = sorted(set(expected))
    assert found == pytest.approx(f1_score(expected, answers, labels=asked, average="macro"), abs=1e-12)


def test_with_every_label_expected_macro_f1_is_that_over_all_labels():
    """By hand: bug 2 of 3 with one false alarm, billing 1 of 1 with one false alarm, account 0 of 1."""
    expected = ["bug", "bug", "bug", "billing", "account"]
    answers = ["bug", "bug", "billing", "billing", "bug"]

    found = of_all(scored(macro_f1(["bug", "billing", "account"]), answers, expected))

    assert found == pytest.approx((4 / 6 + 2 / 3 + 0) / 3)
    assert found == pytest.approx(f1_score(expected, answers, labels=["bug", "billing", "account"], average="macro"))


def test_a_label_that_no_case_expects_is_left_out_also_where_it_was_predicted():
    """One of ten wrong answers names it: a miss for the expected label, and no second label with an F1 of 0."""
    scores = scored(macro_f1(LABELS), ["bug"] * 9 + ["outage"], ["bug"] * 10)

    assert of_all(scores) == pytest.approx(2 * 9 / (9 + 10))


def test_each_answer_is_scored_as_by_predicts_label():
    """Value, reason, category and classes, with a field and a reader."""
    expected = {"queue": "bug"}
    answers = ['```\n{"queue": "bug"}\n```', '{"queue": "billing"}', "{}", "bug"]
    options = {"field": "queue", "read": unfenced}

    found, plain = (scored(one(LABELS, **options), answers, [expected] * 4) for one in (macro_f1, predicts_label))

    assert [score.value for score in found] == [1, 0, 0, 0]
    for one, other in zip(found, plain, strict=True):
        assert (one.reason, one.category, one.classes) == (other.reason, other.category, other.classes)


@pytest.mark.parametrize(
    "options",
    [
        {"read": bare_label},
        {"read": label_in_text, "ignore_case": True},
        {"field": "queue", "read": (embedded_json, bare_label), "ignore_case": True},
        {"ignore_case": True},
    ],
)
def test_macro_f1_takes_all_that_predicts_label_takes(options):
    """The same scores, and the same call but for the name."""
    answers = ["bug", "**bug**", "It's a bug.", 'So: {"queue": "BUG."}', "BUG"]

    found, plain = (scored(one(LABELS, **options), answers, ["bug"] * 5) for one in (macro_f1, predicts_label))

    assert [(one.value, one.classes) for one in found] == [(one.value, one.classes) for one in plain]
    assert any(score.value for score in found[1:])
    assert repr(macro_f1(LABELS, **options)) == repr(predicts_label(LABELS, **options)).replace(
        "predicts_label", "macro_f1"
    )


def test_errors_of_macro_f1_name_it():
    """Whether the call or a case is wrong."""
    with pytest.raises(ScorerError, match=r"^macro_f1\(\['a', 'A'\]\): two labels"):
        macro_f1(["a", "A"], ignore_case=True)
    with pytest.raises(ScorerError, match=r"^macro_f1\(read=\.\.\.\): a tuple is"):
        macro_f1(LABELS, read=(bare_label, embedded_json))
    with pytest.raises(ScorerError, match=r"case 'c0': macro_f1\(.*needs `expected` to name one of its labels"):
        scored(macro_f1(LABELS), ["bug"], ["unknown"])


@pytest.mark.parametrize("seed", range(30))
def test_corpus_bleu_is_that_of_sacrebleu(seed):
    """Short answers, empty ones, orders without a match or without any n-gram, several references."""
    chance = np.random.default_rng(seed)
    texts = [[" ".join(chance.choice(WORDS, chance.integers(1, 9))) for _ in range(2)] for _ in range(seed % 7 + 1)]
    answers = [" ".join([*one[0].split()[: chance.integers(9)], *["fire"] * (seed % 2)]) for one in texts]

    found = of_all(scored(corpus_bleu(), answers, texts))

    references = [[one[place] for one in texts] for place in (0, 1)]
    assert found == pytest.approx(sacrebleu.corpus_bleu(answers, references).score / 100, abs=1e-12)


def test_each_answer_has_its_own_bleu():
    """As by the scorer ``bleu``; one without the field counts as an empty answer."""
    expected = {"text": "the printer is on fire"}
    answers = ['{"text": "the printer is on fire"}', '{"text": "the printer"}', "{}"]

    found, plain = (scored(one(field="text"), answers, [expected] * 3) for one in (corpus_bleu, bleu))

    assert [score.value for score in found] == [score.value for score in plain]
    assert found[2].counts.sums == (0,) * 9 + (5,)
    assert of_all(found[2:]) == 0


def test_an_answer_that_is_too_long_is_cut_for_both_figures():
    """The counts are of the part that was compared."""
    (score,) = scored(corpus_bleu(), ["fire " * 40_000], ["the printer is on fire"])

    assert score.counts.sums[8] == 20_000
    assert "by its first 100,000 of" in score.reason


def test_each_names_itself_fully():
    """Its repr is in the fingerprint."""
    assert [repr(one) for one in (macro_f1(["a", "b"], "x", read=unfenced), corpus_bleu(), corpus_bleu("y"))] == [
        "macro_f1(('a', 'b'), field='x', read=unfenced)",
        "corpus_bleu()",
        "corpus_bleu(field='y')",
    ]


def test_scorers_made_by_the_same_call_are_equal():
    """So that a test that evaluates twice finds its saved scores, and two tests share them."""
    assert macro_f1(LABELS, "queue") == macro_f1(list(LABELS), "queue")
    assert macro_f1(LABELS) != macro_f1(LABELS[:2])
    assert corpus_bleu() == corpus_bleu()


def test_labels_that_are_none_and_cases_without_one_are_refused():
    """As by ``predicts_label``: never a 0."""
    with pytest.raises(ScorerError, match="labels"):
        macro_f1(["a", "a"])
    with pytest.raises(ScorerError, match="case 'c0'"):
        scored(macro_f1(LABELS), ["bug"], ["rain"])
    with pytest.raises(ScorerError, match="case 'c0'"):
        scored(corpus_bleu(), ["bug"], [None])


@pytest.mark.parametrize("name", ["macro F1", "BLEU"])
def test_no_answer_at_all_makes_a_figure_of_0(name: FigureName):
    """Not a division by zero, which a resample could meet."""
    assert stats.corpus_figure(name).value(np.zeros((2, 12 if name == "macro F1" else 10))).tolist() == [0, 0]


def test_the_tokenizer_is_that_of_bleu():
    """Chinese by characters, also in the name; the same figure as sacrebleu's."""
    references, answers = ["打印机着火了", "请重置我的密码"], ["打印机坏了", "请重置密码"]
    scorer = corpus_bleu(tokenize="zh")

    found = of_all(scored(scorer, answers, references))

    assert repr(scorer) == "corpus_bleu(tokenize='zh')"
    assert found == pytest.approx(sacrebleu.corpus_bleu(answers, [references], tokenize="zh").score / 100, abs=1e-12)
    with pytest.raises(ScorerError, match="the tokenizers are"):
        corpus_bleu(tokenize="klingon")
