"""The answer is JSON at all."""

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.json_values import parse_json
from harness.scorers.reading.outcome import NotReadable, right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written


def valid_json(*, read: Reader = whole) -> Scorer:
    """Make a scorer: is the answer strict JSON? Any value counts, a bare number too; ``matches_schema`` asks more."""
    return ValidJson(call=written("valid_json", read), read=read)


class ValidJson(Called, kw_only=True, frozen=True):
    """See ``valid_json``."""

    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        try:
            parse_json(read_answer(self.read, case, response))
        except NotReadable as problem:
            return wrong(str(problem), problem.symptom)
        return right()
