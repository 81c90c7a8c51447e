"""The answer says that the context doesn't hold the answer, where it doesn't; and answers where it does."""

from collections.abc import Sequence

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.contexts.passages import value_in_meta
from harness.scorers.contexts.unanswered import is_left_open
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import are_texts, checked_field, refuse
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written

ANSWERS, DECLINES = "answers", "declines"


def declines(
    answerable: str = "answerable", *, says: str | Sequence[str] | None = None, read: Reader = whole
) -> Scorer:
    """Make a scorer: does the answer decline where the context doesn't hold it, and answer where it does?

    ``answerable`` is a field of ``meta``, true or false. An answer declines when it says that the context doesn't tell,
    or that it doesn't know, in ten languages; a refusal counts too. ``says`` are texts that the prompt asks for, such
    as "NOT FOUND": an answer that holds one declines. Whether an answer is right otherwise is not asked. The score
    carries what was expected and found as ``classes``, "answers" or "declines".

    Raises:
        ScorerError: a text is blank, or the path has an empty step.
    """
    texts = () if says is None else (says,) if isinstance(says, str) else tuple(says)
    if says is not None and not are_texts(texts):
        raise ScorerError(f"declines(says={says!r}): name at least one text, none of them blank")
    field = checked_field(answerable)
    call = written("declines", read, None if field == "answerable" else field, says=texts or None)
    return Declines(call=call, field=field, says=texts, read=read)


class Declines(Called, kw_only=True, frozen=True):
    """See ``declines``."""

    field: str
    says: tuple[str, ...]
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        expected = ANSWERS if self.check(case) else DECLINES
        answer = read_answer(self.read, case, response)
        found = DECLINES if is_left_open(answer, self.says) else ANSWERS
        if not answer.strip():
            return wrong("the answer is empty", "did not decline" if expected == DECLINES else "wrong answer")
        if found == expected:
            return right((expected, found))
        if found == DECLINES:
            return wrong("declines, though the context holds the answer", "declined needlessly", (expected, found))
        return wrong("answers what the context doesn't hold", "did not decline", (expected, found))

    def check(self, case: Case) -> bool:
        """Return whether the context of a case holds the answer.

        Raises:
            ScorerError: the case doesn't say.
        """
        found = value_in_meta(case, self, self.field)
        if not isinstance(found, bool):
            refuse(case, self, f"the field `{self.field}` of `meta` to be true or false", found)
        return found
