"""How much of a reference text the answer shares: ROUGE by rouge-score, BLEU and chrF by sacrebleu, each in [0, 1]."""

import functools
import re
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from harness.errors import ScorerError
from harness.records.asked import Case, Response
from harness.records.scored import Score, Scorer
from harness.scorers.reading.expected import checked_field, expected_texts, refuse
from harness.scorers.reading.json_values import NotJson, look_up, parse_json
from harness.scorers.reading.outcome import graded, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written

LONGEST_COMPARED = 100_000
"""Characters of an answer. The work grows with both lengths; the score's reason says when an answer was cut."""

LARGEST_TABLE = 20_000_000
"""Cells. ROUGE-L compares each word of the answer with each of the references, in some seconds and 160 MB."""

RougeKind = Literal["rouge1", "rouge2", "rougeL"]
_WORD = re.compile(r"[a-z0-9]+")
OverlapKind = Literal[RougeKind, "bleu", "chrf"]
Measure = Callable[[str, Sequence[str]], float]
"""(answer, references) -> value in [0, 1]."""


def rouge(kind: RougeKind, field: str | None = None, *, read: Reader = whole) -> Scorer:
    """Make a scorer: the F-measure of ROUGE-1, ROUGE-2 or ROUGE-L (Lin 2004), without stemming.

    The reference is ``expected``, a text, or a list of texts of which the closest counts. With ``field`` it is that
    field of ``expected``; an answer that is a JSON object is compared by its field too, any other by its text. ROUGE
    counts words of a-z and 0-9, so a reference without any is an error.

    Raises:
        ScorerError: there is no such kind.
    """
    if kind not in get_args(RougeKind):
        raise ScorerError(f"rouge({kind!r}): the kinds are {', '.join(get_args(RougeKind))}")
    return _overlap(written("rouge", read, kind, field=field), kind, field, read)


def bleu(field: str | None = None, *, read: Reader = whole) -> Scorer:
    """Make a scorer: sentence BLEU of sacrebleu with effective order; references and ``field`` as in ``rouge``."""
    return _overlap(written("bleu", read, field=field), "bleu", field, read)


def chrf(field: str | None = None, *, read: Reader = whole) -> Scorer:
    """Make a scorer: sentence chrF (Popović 2015) of sacrebleu; references and ``field`` as in ``rouge``."""
    return _overlap(written("chrf", read, field=field), "chrf", field, read)


def _overlap(call: str, measure: OverlapKind, field: str | None, read: Reader) -> Scorer:
    return Overlap(call=call, measure=measure, field=field and checked_field(field), read=read)


class Overlap(Called, kw_only=True, frozen=True):
    """See ``rouge``, ``bleu`` and ``chrf``."""

    measure: OverlapKind
    field: str | None
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        references = expected_texts(case, self, self.field)
        itself = _measure("rouge1" if self.measure == "rougeL" else self.measure)  # it takes no table
        if not any(itself(reference, [reference]) for reference in references):
            need = "a reference with something to count (ROUGE counts words of a-z and 0-9, rouge2 pairs of them)"
            refuse(case, self, need, references[0])
        try:
            answer = self._answer(response)
        except LookupError as problem:
            return wrong(f"{problem} with a text in the answer", "missing field")
        if self.measure == "rougeL" and (table := _cells(answer[:LONGEST_COMPARED], references)) > LARGEST_TABLE:
            reason = f"{self!r} gave up: its table has {table:,} cells, more than {LARGEST_TABLE:,}"
            return Score(value=None, reason=f"{reason}; compare shorter texts, or use rouge2", category="took too long")
        value = _measure(self.measure)(answer[:LONGEST_COMPARED], references)
        cut = f" by its first {LONGEST_COMPARED:,} of {len(answer):,} characters" * (len(answer) > LONGEST_COMPARED)
        return graded(value, f"{self.measure} {value:.3f}{cut}")

    def _answer(self, response: Response) -> str:
        answer = self.read(response.text)
        if self.field is None:
            return answer
        try:
            value = parse_json(answer)
        except NotJson:
            return answer
        found = look_up(value, self.field) if isinstance(value, dict) else answer
        if not isinstance(found, str):
            raise LookupError(f"no field `{self.field}`")  # noqa: TRY004 - to a scorer, the same as no field
        return found


def _cells(answer: str, references: Sequence[str]) -> int:
    """Return how many pairs of words there are, as rouge-score splits words."""
    return _words(answer) * sum(map(_words, references))


def _words(text: str) -> int:
    return len(_WORD.findall(text.lower()))


@functools.cache
def _measure(name: str) -> Measure:
    if name.startswith("rouge"):
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer([name])
        return lambda answer, references: float(scorer.score_multi(references, answer)[name].fmeasure)
    from sacrebleu.metrics import BLEU, CHRF

    metric = BLEU(effective_order=True) if name == "bleu" else CHRF()
    return lambda answer, references: float(metric.sentence_score(answer, references).score) / 100
