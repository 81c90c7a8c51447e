"""What filters leave of the answer is the expected text, as by exact_match of lm-evaluation-harness."""

import re
import string
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json, Record
from harness.records.scored import Score, Scorer
from harness.scorers.reading.expected import are_texts, expected_value, refuse
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.wording import Called, written_call
from harness.text.visible import quoted

NO_MATCH = "[invalid]"
"""What a pattern that finds nothing leaves, unless it says otherwise."""
ADVICE = "write repeats that can't share characters, as (a++)++b for (a+)+b"
Function = Literal["regex", "lowercase", "uppercase", "remove_whitespace", "take_first"]


class FilterStep(Record, frozen=True, kw_only=True):
    """A filter as a task of lm-evaluation-harness writes it; the last three fields are for ``regex``."""

    function: Function
    regex_pattern: str = r"#### (\-?[0-9\.\,]+)"
    group_select: int = 0
    fallback: str = NO_MATCH


class Ignored(Record, frozen=True, kw_only=True):
    """What doesn't count in the comparison, in answer and expected text alike."""

    patterns: tuple[str, ...] = ()
    case: bool = False
    punctuation: bool = False
    numbers: bool = False

    def left_of(self, text: str) -> str:
        """Return what is compared of a text."""
        for pattern in self.patterns:
            text = re.sub(pattern, "", text)
        text = text.lower() if self.case else text
        dropped = string.punctuation * self.punctuation + string.digits * self.numbers
        return text.translate(str.maketrans("", "", dropped))


def matches_filtered(
    filters: Sequence[Mapping[str, Json]] = (),
    *,
    regexes_to_ignore: Sequence[str] = (),
    ignore_case: bool = False,
    ignore_punctuation: bool = False,
    ignore_numbers: bool = False,
) -> Scorer:
    r"""Make a scorer: is what filters leave of the answer the expected text, or one of several?

    It scores as lm-evaluation-harness does by ``exact_match`` behind a filter list, and its options are those of a task
    there. Nothing else is forgiven, not even white space at the ends. ``filters`` are used one after the other:
    ``{"function": "regex", "regex_pattern": ..., "group_select": -1, "fallback": ...}``, ``lowercase``, ``uppercase``,
    ``remove_whitespace`` (at the ends) and ``take_first``, which changes nothing of one answer.

    Raises:
        ScorerError: a filter is unknown, or a pattern is not a regular expression.
    """
    steps = tuple(_step(one) for one in filters)
    ignored = Ignored(
        patterns=tuple(regexes_to_ignore), case=ignore_case, punctuation=ignore_punctuation, numbers=ignore_numbers
    )
    for pattern in (*(one.regex_pattern for one in steps if one.function == "regex"), *ignored.patterns):
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as problem:
            raise ScorerError(f"matches_filtered: {quoted(pattern)} is not a regular expression: {problem}") from None
    call = written_call(
        "matches_filtered",
        "",
        [dict(one) for one in filters] or None,
        regexes_to_ignore=list(regexes_to_ignore) or None,
        ignore_case=ignore_case,
        ignore_punctuation=ignore_punctuation,
        ignore_numbers=ignore_numbers,
    )
    return MatchesFiltered(call=call, steps=steps, ignored=ignored)


class MatchesFiltered(Called, frozen=True, kw_only=True):
    """See ``matches_filtered``."""

    steps: tuple[FilterStep, ...]
    ignored: Ignored

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        accepted = self._accepted(case)
        try:
            return within_limit(lambda: self._scored(response.text, accepted))
        except TookTooLong:
            return unfinished(self, "filtering this answer", ADVICE)

    def _scored(self, text: str, accepted: tuple[str, ...]) -> Score:
        for step in self.steps:
            text = _filtered(step, text)
        if self.ignored.left_of(text) in map(self.ignored.left_of, accepted):
            return right()
        patterns = [one for one in self.steps if one.function == "regex"]
        missing = any(text == one.fallback for one in patterns)
        told = f"{quoted(text)} is left of the answer, expected {quoted(accepted[0])}"
        return wrong(told, "pattern not found" if missing else "wrong answer")

    def _accepted(self, case: Case) -> tuple[str, ...]:
        expected = expected_value(case, self)
        texts = expected if isinstance(expected, list) else [expected]
        if not are_texts(texts):
            refuse(case, self, "`expected` to be a string or a list of strings, none of them blank", expected)
        return tuple(str(text) for text in texts)


def _step(given: Mapping[str, Json]) -> FilterStep:
    try:
        return msgspec.convert(dict(given), FilterStep)
    except msgspec.ValidationError as problem:
        raise ScorerError(f"matches_filtered: the filter {quoted(dict(given))} is not known: {problem}") from None


def _filtered(step: FilterStep, text: str) -> str:
    match step.function:
        case "regex":
            return _found(step, text)
        case "lowercase":
            return text.lower()
        case "uppercase":
            return text.upper()
        case "remove_whitespace":
            return text.strip()
        case "take_first":
            return text


def _found(step: FilterStep, text: str) -> str:
    """Return the chosen match, of several groups the first that is not empty."""
    matches = re.findall(step.regex_pattern, text)
    if not -len(matches) <= step.group_select < len(matches):
        return step.fallback
    chosen = matches[step.group_select]
    groups = (chosen,) if isinstance(chosen, str) else chosen
    first: str = next(filter(None, groups), "" if isinstance(chosen, str) else step.fallback)
    return first.strip()
