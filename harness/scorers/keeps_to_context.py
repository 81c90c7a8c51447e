"""The answer says what the case's context says: neither what the model remembers, nor what nobody told it."""

import re
from collections.abc import Sequence

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.contexts.passages import value_in_meta
from harness.scorers.contexts.unanswered import is_left_open
from harness.scorers.declines import ANSWERS, DECLINES
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import are_texts, checked_field, expected_texts, refuse
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.scorers.reading.words import words
from harness.text.visible import quoted

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[.,'\u2019\u202f](?=\d{3}(?!\d))")
"""What groups the digits of a number."""
MEMORY = "memory"
"""The field of ``meta`` with what is wrong here and was right in the context that a case was made of."""


def keeps_to_context(answerable: str = "answerable", *, read: Reader = whole) -> Scorer:
    """Make a scorer: does the answer say what the context says, and leave open what it doesn't?

    ``answerable`` is a field of ``meta``, true or false. Where it is true, the answer must have one of the ``expected``
    texts, word for word, whatever their capitals and marks, and none of those in ``memory`` of ``meta``, which may be
    left out: what the context said before `harness cases counterfactual` changed it. Where it is false, the answer must
    leave the question open, as for ``declines``. The score carries ``classes``, "answers" or "declines".

    Raises:
        ScorerError: the path has an empty step.
    """
    field = checked_field(answerable)
    call = written("keeps_to_context", read, None if field == "answerable" else field)
    return KeepsToContext(call=call, field=field, read=read)


class KeepsToContext(Called, kw_only=True, frozen=True):
    """See ``keeps_to_context``."""

    field: str
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        expected, memory = self.check(case)
        answer = read_answer(self.read, case, response)
        is_open = is_left_open(answer)
        wanted, found = ANSWERS if expected else DECLINES, DECLINES if is_open else ANSWERS
        if not answer.strip():
            return wrong("the answer is empty", "wrong answer" if expected else "did not decline")
        remembered = "" if is_open else next(filter(lambda text: holds(answer, text), memory), "")
        if remembered:
            return wrong(
                f"has {quoted(remembered)}, which the context does not say", "not from the context", (wanted, found)
            )
        if not expected:
            return (
                right((wanted, found))
                if is_open
                else wrong("answers what the context doesn't hold", "did not decline", (wanted, found))
            )
        said = [text for text in expected if holds(answer, text)]
        if said and not (is_open and is_left_open(_without(answer, said))):
            return right((wanted, ANSWERS))
        if is_open:
            return wrong("declines, though the context holds the answer", "declined needlessly", (wanted, found))
        return wrong(f"does not say {' or '.join(map(quoted, expected))}", "text not found", (wanted, found))

    def check(self, case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the accepted texts, none where the question must be left open, and those that are wrong.

        Raises:
            ScorerError: the case doesn't say, or lacks what is expected.
        """
        can_be_told = value_in_meta(case, self, self.field)
        if not isinstance(can_be_told, bool):
            refuse(case, self, f"the field `{self.field}` of `meta` to be true or false", can_be_told)
        memory = case.meta.get(MEMORY, [])
        if not isinstance(memory, list) or (memory and not are_texts(memory)):
            refuse(case, self, f"the field `{MEMORY}` of `meta` to be a list of texts", memory)
        expected = expected_texts(case, self) if can_be_told else ()
        return expected, tuple(text for text in memory if not any(holds(one, text) for one in expected))


def holds(answer: str, text: str) -> bool:
    """Tell whether a text's words are in an answer, in their order, one right after the other.

    >>> holds("It costs 1,250 euros a year.", "1250 Euros"), holds("It costs 12500 euros.", "1250 euros")
    (True, False)
    """
    long, short = _words(answer), _words(text)
    return any(long[start : start + len(short)] == short for start in range(len(long) - len(short) + 1))


def _without(answer: str, texts: Sequence[str]) -> str:
    """Return an answer without some texts: what is left says whether it leaves the question open all the same."""
    return re.sub("|".join(re.escape(text) for text in texts), "", answer, flags=re.IGNORECASE)


def _words(text: str) -> list[str]:
    return words(_BETWEEN_DIGITS.sub("", text))
