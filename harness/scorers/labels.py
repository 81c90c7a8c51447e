"""The answer names the expected label; a list of such answers also gives figures per class."""

from collections.abc import Sequence

from harness.errors import ScorerError
from harness.records.asked import Case, Response
from harness.records.record import Json
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import are_texts, checked_field, expected_value, refuse
from harness.scorers.reading.json_values import NotJson, look_up, parse_json
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.stats.classes import NO_LABEL
from harness.text.visible import quoted


def predicts_label(labels: Sequence[str], field: str | None = None, *, read: Reader = whole) -> Scorer:
    """Make a scorer: is the answer the label that ``expected`` says?

    The answer's label is the whole text, or ``field`` of a JSON answer; the expected one is ``expected``, or that field
    of it. The score carries both as ``classes``; an answer that is none of the labels predicts ``(none)``.

    Raises:
        ScorerError: a label is blank, given twice, or ``(none)``; or there is none.
    """
    texts = () if isinstance(labels, str) else tuple(labels)
    if not are_texts(texts) or len(set(texts)) < len(texts) or NO_LABEL in texts:
        raise ScorerError(f"predicts_label({labels!r}): name a list of different labels, none blank or {NO_LABEL!r}")
    path = None if field is None else checked_field(field)
    call = written("predicts_label", read, texts, field=path)
    return PredictsLabel(call=call, labels=texts, field=path, read=read)


class PredictsLabel(Called, kw_only=True, frozen=True):
    """See ``predicts_label``."""

    labels: tuple[str, ...]
    field: str | None
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        expected = expected_value(case, self, self.field)
        if not isinstance(expected, str) or expected not in self.labels:
            refuse(case, self, "`expected` to name one of its labels", expected)
        try:
            found = self._found(case, response)
        except NotJson as problem:
            return wrong(str(problem), problem.symptom, (expected, NO_LABEL))
        except LookupError as problem:
            return wrong(f"{problem} in the answer", "missing field", (expected, NO_LABEL))
        predicted = found if isinstance(found, str) and found in self.labels else NO_LABEL
        if predicted == expected:
            return right((expected, predicted))
        reason = f"got {quoted(found)}, expected {quoted(expected)}"
        return wrong(reason, "not in the labels" if predicted == NO_LABEL else "wrong label", (expected, predicted))

    def _found(self, case: Case, response: Response) -> Json:
        answer = read_answer(self.read, case, response)
        return answer.strip() if self.field is None else look_up(parse_json(answer), self.field)
