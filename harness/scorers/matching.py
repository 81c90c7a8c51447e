"""The whole answer is one of the accepted texts."""

from collections.abc import Sequence

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import comparable, expected_texts
from harness.scorers.reading.normal import Normal, checked_normal, normalized, written_normal
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import quoted


def exact_match(
    *, ignore_case: bool = False, normalize: Normal | Sequence[Normal] = "NFC", read: Reader = whole
) -> Scorer:
    """Make a scorer: is the answer what ``expected`` says, a string or a list of accepted strings?

    White space at the ends does not count. Both are compared in Unicode's form NFC. ``normalize`` takes one or several
    of "NFC", "NFKC", "case" (the same as ``ignore_case``) and "white space"; ``()`` compares characters as they are.

    Raises:
        ScorerError: ``normalize`` holds an unknown name.
    """
    normal = checked_normal("exact_match", normalize, ignore_case=ignore_case)
    return ExactMatch(call=written("exact_match", read, **written_normal(normal)), normal=normal, read=read)


class ExactMatch(Called, kw_only=True, frozen=True):
    """See ``exact_match``."""

    normal: tuple[Normal, ...]
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        accepted = expected_texts(case, self)
        answer = read_answer(self.read, case, response)
        if self._compared(answer) in comparable(case, self, accepted, self._compared):
            return right()
        return wrong(f"got {quoted(answer)}, expected {quoted(accepted[0])}", "wrong answer")

    def _compared(self, text: str) -> str:
        return normalized(text.strip(), self.normal)
