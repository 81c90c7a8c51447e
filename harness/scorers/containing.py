"""The answer contains a text."""

from collections.abc import Sequence

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import are_texts, comparable, expected_texts
from harness.scorers.reading.normal import Normal, checked_normal, normalized, written_normal
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import quoted


def contains(
    text: str | Sequence[str] | None = None,
    *,
    ignore_case: bool = False,
    normalize: Normal | Sequence[Normal] = "NFC",
    read: Reader = whole,
) -> Scorer:
    """Make a scorer: does the answer contain ``text``, or any of several texts? None takes them from ``expected``.

    ``normalize`` is as in ``exact_match``.

    Raises:
        ScorerError: a text is blank, or there is none; or ``normalize`` holds an unknown name.
    """
    normal = checked_normal("contains", normalize, ignore_case=ignore_case)
    texts = () if text is None else (text,) if isinstance(text, str) else tuple(text)
    if text is not None and not (are_texts(texts) and all(normalized(each, normal).strip() for each in texts)):
        raise ScorerError(f"contains({text!r}): name at least one text, none of them blank")
    one_or_all = texts[0] if len(texts) == 1 else texts or None
    call = written("contains", read, one_or_all, **written_normal(normal))
    return Contains(call=call, texts=texts, normal=normal, read=read)


class Contains(Called, kw_only=True, frozen=True):
    """See ``contains``."""

    texts: tuple[str, ...]
    """Empty: the texts come from the case."""
    normal: tuple[Normal, ...]
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        texts = self.texts or expected_texts(case, self)
        answer = self._compared(read_answer(self.read, case, response))
        if any(text in answer for text in comparable(case, self, texts, self._compared)):
            return right()
        return wrong(f"does not contain {' or '.join(map(quoted, texts))}", "text not found")

    def _compared(self, text: str) -> str:
        return normalized(text, self.normal)
