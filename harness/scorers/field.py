"""One field of a JSON answer has the expected value."""

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import checked_field, expected_value
from harness.scorers.reading.json_values import look_up, parse_json, same_value
from harness.scorers.reading.outcome import NotReadable, right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import quoted


def field_equals(field: str, *, read: Reader = whole) -> Scorer:
    """Make a scorer: has ``field`` of the JSON answer the value that it has in ``expected``?

    The field is a dotted path: ``queue``, ``customer.name``, ``lines.0.price``. An ``expected`` that is not an object
    is the value itself. Values are compared as JSON: 1 is 1.0, true is not 1, letters' case counts, and how a letter
    and its accent are encoded does not (Unicode's form NFC).

    Raises:
        ScorerError: the path has an empty step.
    """
    return FieldEquals(call=written("field_equals", read, field), field=checked_field(field), read=read)


class FieldEquals(Called, kw_only=True, frozen=True):
    """See ``field_equals``."""

    field: str
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        expected = expected_value(case, self, self.field)
        try:
            found = look_up(parse_json(read_answer(self.read, case, response)), self.field)
        except NotReadable as problem:
            return wrong(str(problem), problem.symptom)
        except LookupError as problem:
            return wrong(f"{problem} in the answer, expected {quoted(expected)}", "missing field")
        if same_value(found, expected):
            return right()
        return wrong(f"`{self.field}` is {quoted(found)}, expected {quoted(expected)}", "wrong field")
