"""The answer is JSON at all."""

from harness.records.asked import Case, Response
from harness.records.record import Record
from harness.records.scored import Score, Scorer
from harness.scorers.reading.json_values import NotJson, parse_json
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, named, whole
from harness.scorers.reading.wording import written


def valid_json(*, read: Reader = whole) -> Scorer:
    """Make a scorer: is the answer strict JSON? Any value counts, a bare number too; ``matches_schema`` asks more."""
    return ValidJson(read=named(read))


class ValidJson(Record, kw_only=True, frozen=True):
    """See ``valid_json``."""

    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:  # noqa: ARG002 - every scorer is called with both
        """Score one answer."""
        try:
            parse_json(self.read(response.text))
        except NotJson as problem:
            return wrong(str(problem), "invalid JSON")
        return right()

    def __repr__(self) -> str:
        return written("valid_json", read=self.read)
