"""Figures of all answers together: each answer is scored on its own, and counts for macro F1 or for corpus BLEU."""

from collections.abc import Sequence

import msgspec

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Counts, FigureName, Score, Scorer
from harness.scorers.labels import Read, label_scorer
from harness.scorers.overlap import LONGEST_COMPARED, Overlap, Tokenize, sacrebleu_tokenizer, sentence_bleu
from harness.scorers.reading.expected import checked_field, expected_texts
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written


def macro_f1(
    labels: Sequence[str], field: str | None = None, *, ignore_case: bool = False, read: Read = whole
) -> Scorer:
    """Make a scorer whose figure is macro F1: the mean of the F1 of each label, so that rare labels count like others.

    An answer is right when it names the expected label; all arguments are those of ``predicts_label``.
    The figure is scikit-learn's f1_score(average="macro") of all answers, over the labels that some case expects. In a
    slice these are the labels that its cases expect.

    Raises:
        ScorerError: as ``predicts_label``.
    """
    answers = label_scorer("macro_f1", labels, field, ignore_case=ignore_case, read=read)
    return MacroF1(call=answers.call, labels=answers.labels, answers=answers)


def corpus_bleu(field: str | None = None, *, tokenize: Tokenize = "13a", read: Reader = whole) -> Scorer:
    """Make a scorer whose figure is the BLEU of all answers together, sacrebleu's ``corpus_bleu``, from 0 to 1.

    References, ``field`` and ``tokenize`` are those of ``bleu``, whose score each single answer has.

    Raises:
        ScorerError: as ``bleu``.
    """
    by = None if sacrebleu_tokenizer(tokenize) == "13a" else tokenize
    call = written("corpus_bleu", read, field=field, tokenize=by)
    path = field and checked_field(field)
    sentence = Overlap(call=call, measure="bleu", field=path, tokenize=tokenize, read=read)
    return CorpusBleu(call=call, sentence=sentence)


class MacroF1(Called, kw_only=True, frozen=True):
    """See ``macro_f1``. ``answers`` scores one answer."""

    labels: tuple[str, ...]
    answers: Scorer
    figure: FigureName = "macro F1"

    def __call__(self, case: Case, response: Response) -> Score | float:
        """Score one answer, and count it."""
        score = self.answers(case, response)
        if not isinstance(score, Score) or score.value is None or score.classes is None:
            return score
        expected, predicted = score.classes
        sums = tuple(
            int(one)
            for label in self.labels
            for one in (
                label == expected == predicted,
                label == predicted != expected,
                label == expected != predicted,
            )
        )
        return msgspec.structs.replace(score, counts=Counts(figure=self.figure, sums=sums))


class CorpusBleu(Called, kw_only=True, frozen=True):
    """See ``corpus_bleu``. ``sentence`` scores one answer."""

    sentence: Overlap
    figure: FigureName = "BLEU"

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer, and count its n-grams; one without the field counts as empty."""
        score = self.sentence(case, response)
        if score.value is None:
            return score
        try:
            answer = self.sentence.answer(case, response)[:LONGEST_COMPARED]
        except LookupError:
            answer = ""
        found = sentence_bleu(self.sentence.tokenize)(answer, expected_texts(case, self, self.sentence.field))
        sums = (*found.counts, *found.totals, found.sys_len, found.ref_len)
        return msgspec.structs.replace(score, counts=Counts(figure=self.figure, sums=sums))
