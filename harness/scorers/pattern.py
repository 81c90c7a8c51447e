"""The answer matches a regular expression."""

import re

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import expected_value, refuse
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import quoted

LONGEST_SEARCHED = 100_000
"""Characters. An answer can be a megabyte long; the score's reason says when it was cut."""

ADVICE = "write repeats that can't share characters, as (a++)++b for (a+)+b"


def matches_regex(pattern: str | None = None, *, flags: re.RegexFlag = re.NOFLAG, read: Reader = whole) -> Scorer:
    """Make a scorer: is the pattern found in the answer? None takes the pattern from ``expected``.

    Patterns are Python's and are searched, not anchored. Lines of the answer that end in a carriage return and a line
    feed are read as if they ended in the line feed alone. A pattern with nested repeats, such as ``(a+)+b``, takes
    exponential time on an answer that almost matches, which leaves that answer unscored: write ``(a++)++b``.

    Raises:
        ScorerError: the pattern is not a regular expression.
    """
    call = written("matches_regex", read, pattern, flags=re.RegexFlag(flags))
    scorer = MatchesRegex(call=call, pattern=pattern, flags=int(flags), read=read)
    if pattern is not None:
        _compiled(pattern, flags, repr(scorer))
    return scorer


class MatchesRegex(Called, kw_only=True, frozen=True):
    """See ``matches_regex``."""

    pattern: str | None
    """None: the pattern comes from the case."""
    flags: int
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        pattern = self.pattern if self.pattern is not None else self._expected(case)
        regex = _compiled(pattern, self.flags, f"case {case.id!r}: {self!r}")
        answer = read_answer(self.read, case, response).replace("\r\n", "\n")
        if not answer.strip():
            return wrong("nothing is left of the answer", "pattern not found")
        cut = f" in the first {LONGEST_SEARCHED:,} of {len(answer):,} characters" * (len(answer) > LONGEST_SEARCHED)
        try:
            found = within_limit(lambda: regex.search(answer[:LONGEST_SEARCHED]))
        except TookTooLong:
            return unfinished(self, f"searching for {quoted(pattern)}{cut}", ADVICE)
        if found:
            return Score(value=1.0, reason=f"found{cut}") if cut else right()
        return wrong(f"{quoted(pattern)} was not found{cut}", "pattern not found")

    def _expected(self, case: Case) -> str:
        pattern = expected_value(case, self)
        if not isinstance(pattern, str) or not pattern:
            refuse(case, self, "`expected` to be a regular expression", pattern)
        return pattern


def _compiled(pattern: str, flags: int, place: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError, ValueError) as problem:
        raise ScorerError(f"{place}: {quoted(pattern)} is not a regular expression: {problem}") from problem
