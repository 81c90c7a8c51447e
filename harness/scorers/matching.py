"""The whole answer is one of the accepted texts."""

from harness.records.asked import Case, Response
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import expected_texts
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import quoted


def exact_match(*, ignore_case: bool = False, read: Reader = whole) -> Scorer:
    """Make a scorer: is the answer what ``expected`` says, a string or a list of accepted strings?

    White space at the ends does not count.
    """
    return ExactMatch(call=written("exact_match", read, ignore_case=ignore_case), ignore_case=ignore_case, read=read)


class ExactMatch(Called, kw_only=True, frozen=True):
    """See ``exact_match``."""

    ignore_case: bool
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        accepted = expected_texts(case, self)
        answer = read_answer(self.read, case, response)
        if self._compared(answer) in map(self._compared, accepted):
            return right()
        return wrong(f"got {quoted(answer)}, expected {quoted(accepted[0])}", "wrong answer")

    def _compared(self, text: str) -> str:
        return text.strip().casefold() if self.ignore_case else text.strip()
