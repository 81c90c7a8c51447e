"""The answer names the expected label; a list of such answers also gives figures per class."""

from collections.abc import Sequence

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import are_texts, checked_field, expected_value, refuse
from harness.scorers.reading.json_values import look_up, parse_json
from harness.scorers.reading.label_readers import AmbiguousLabel, LabelReader, whole_label
from harness.scorers.reading.normal import Normal, checked_normal, normalized
from harness.scorers.reading.outcome import NotReadable, right, wrong
from harness.scorers.reading.readers import Reader, named, whole
from harness.scorers.reading.wording import Called, written_call
from harness.stats.classes import NO_LABEL
from harness.text.visible import quoted

Read = Reader | LabelReader | tuple[Reader, LabelReader]


def predicts_label(
    labels: Sequence[str], field: str | None = None, *, ignore_case: bool = False, read: Read = whole
) -> Scorer:
    """Make a scorer: is the answer the label that ``expected`` says?

    The answer's label is the whole text, or ``field`` of a JSON answer; the expected one is ``expected``, or that field
    of it. The score carries both as ``classes``; an answer that is none of the labels predicts ``(none)``. Texts are
    compared in Unicode's form NFC.

    ``read`` is a reader, a reader of labels (``bare_label``, ``label_in_text``), or both: with ``field``,
    ``read=(embedded_json, bare_label)`` reads the answer by the first and the field by the second.

    Raises:
        ScorerError: a label is blank, given twice, or ``(none)``; or there is none; or ``read`` is not as described.
    """
    return label_scorer("predicts_label", labels, field, ignore_case=ignore_case, read=read)


def label_scorer(
    name: str, labels: Sequence[str], field: str | None, *, ignore_case: bool, read: Read
) -> "PredictsLabel":
    """Make the scorer of a list of labels for the function called ``name``, which its errors and its call name.

    Raises:
        ScorerError: as ``predicts_label``.
    """
    texts = () if isinstance(labels, str) else tuple(labels)
    if not are_texts(texts) or len(set(texts)) < len(texts) or NO_LABEL in texts:
        raise ScorerError(f"{name}({labels!r}): name a list of different labels, none blank or {NO_LABEL!r}")
    normal = checked_normal(name, "NFC", ignore_case=ignore_case)
    if len({normalized(text, normal) for text in texts}) < len(texts):
        without = "leave out ignore_case" if ignore_case else "some differ only in how their characters are encoded"
        raise ScorerError(f"{name}({labels!r}): two labels can't be told apart; {without}")
    part, label = _split(name, read)
    path = None if field is None else checked_field(field)
    call = written_call(name, _named(part, label), texts, field=path, ignore_case=ignore_case)
    return PredictsLabel(call=call, labels=texts, field=path, normal=normal, read=part, read_label=label)


class PredictsLabel(Called, kw_only=True, frozen=True):
    """See ``predicts_label``."""

    labels: tuple[str, ...]
    field: str | None
    normal: tuple[Normal, ...]
    read: Reader
    read_label: LabelReader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        expected = expected_value(case, self, self.field)
        if not isinstance(expected, str) or expected not in self.labels:
            refuse(case, self, "`expected` to name one of its labels", expected)
        try:
            found = self._found(case, response)
            predicted = self._label(found)
        except NotReadable as problem:
            return wrong(str(problem), problem.symptom, (expected, NO_LABEL))
        except LookupError as problem:
            return wrong(f"{problem} in the answer", "missing field", (expected, NO_LABEL))
        except AmbiguousLabel as problem:
            return wrong(f"{problem}; expected {quoted(expected)}", "ambiguous label", (expected, NO_LABEL))
        if predicted == expected:
            return right((expected, predicted))
        reason = f"got {quoted(found)}, expected {quoted(expected)}"
        return wrong(reason, "not in the labels" if predicted == NO_LABEL else "wrong label", (expected, predicted))

    def _found(self, case: Case, response: Response) -> Json:
        answer = read_answer(self.read, case, response)
        return answer.strip() if self.field is None else look_up(parse_json(answer), self.field)

    def _label(self, found: Json) -> str:
        if not isinstance(found, str):
            return NO_LABEL
        labels = {normalized(label, self.normal): label for label in self.labels}
        label = self.read_label(normalized(found, self.normal), labels)
        return NO_LABEL if label is None else labels[label]


def _split(name: str, read: Read) -> tuple[Reader, LabelReader]:
    """Return how the answer is read, and how the label in it or in its field is.

    Raises:
        ScorerError: a tuple is not a reader and a reader of labels.
    """
    if isinstance(read, LabelReader):
        return whole, read
    if not isinstance(read, tuple):
        return read, whole_label
    if len(read) != 2 or isinstance(read[0], LabelReader) or not isinstance(read[1], LabelReader):
        raise ScorerError(f"{name}(read=...): a tuple is a reader, then bare_label or label_in_text")
    return read


def _named(part: Reader, label: LabelReader) -> str:
    names = [named(part).__name__] * (part is not whole) + [label.name] * (label is not whole_label)
    return f"({', '.join(names)})" if len(names) == 2 else "".join(names)
