"""The answer calls the expected functions, with arguments that are accepted."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Called as ToolCalled
from harness.records.record import Json
from harness.records.scored import Score, Scorer
from harness.scorers.calling.expected import SHAPE, BadExpected, Wanted, wanted_of
from harness.scorers.calling.rules import Mismatch, by_name
from harness.scorers.calling.written import is_written, written_calls
from harness.scorers.reading.expected import expected_value, refuse
from harness.scorers.reading.json_values import NotJson, parse_json_exactly
from harness.scorers.reading.normal import Normal, checked_normal, normalized, written_normal
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.wording import Called, written_call
from harness.text.visible import quoted

MOST_TOLD = 3
"""Problems that a reason names."""
MOST_COUNTED = 20
"""Problems of one call that are counted, to find the expected call that is nearest to it."""


def calls_tool(*, ignore_case: bool = False, normalize: Normal | Sequence[Normal] = "NFC") -> Scorer:
    """Make a scorer: does the answer call what ``expected`` says, and nothing else? Its text doesn't matter.

    ``expected`` is a call, ``{"name": "get_weather", "arguments": {"city": "Paris"}}``; a list of calls that must all
    be made, in any order; ``[]`` where nothing must be called; or ``{"$any_of": [...]}`` of these. An argument is the
    value itself or a rule: ``{"$any_of": [...]}``, ``{"$min": 1, "$max": 5}``, ``{"$type": "string"}``,
    ``{"$equals": ...}``, each also with ``"$optional": true``.

    5 and 5.0 are equal, "5" and 5 are not. Texts are compared as in ``exact_match``, but for white space at their ends.

    Raises:
        ScorerError: ``normalize`` holds an unknown name.
    """
    normal = checked_normal("calls_tool", normalize, ignore_case=ignore_case)
    return CallsTool(call=written_call("calls_tool", "", **written_normal(normal)), normal=normal)


class _Made(NamedTuple):
    """A call of an answer, its arguments read; ``problem`` says why they can't be."""

    name: str
    arguments: Mapping[str, Json]
    problem: str = ""


class CallsTool(Called, kw_only=True, frozen=True):
    """See ``calls_tool``."""

    normal: tuple[Normal, ...]

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        try:
            ways = wanted_of(expected_value(case, self))
        except BadExpected as problem:
            refuse(case, self, f"`expected` to be {SHAPE} ({problem})", case.expected)
        if not response.tool_calls and is_written(response.text):
            return _unread(response.text, needed=all(ways))
        made = [_read(call) for call in response.tool_calls]
        found = [self._problems(way, made) for way in ways]
        least = min(found, key=len)
        if not least:
            return right()
        told = "; ".join(one.words for one in least[:MOST_TOLD])
        more = f"; and {len(least) - MOST_TOLD} more" if len(least) > MOST_TOLD else ""
        return wrong(f"{told}{more}", least[0].symptom)

    def _problems(self, way: Sequence[Wanted], made: Sequence[_Made]) -> list[Mismatch]:
        """Return what is wrong with the calls of an answer; nothing when they are those of this way."""
        if way and not made:
            names = ", ".join(one.name for one in way)
            return [Mismatch("no call", f"nothing is called, expected {names}")]
        pairs = self._matched(way, made)
        left = [one for place, one in enumerate(made) if place not in pairs.values()]
        problems: list[Mismatch] = []
        for place, wanted in enumerate(way):
            if place not in pairs:
                problems += self._nearest(wanted, left)
        return problems + [Mismatch("needless call", f"{quoted(one.name)} is called needlessly") for one in left]

    def _matched(self, way: Sequence[Wanted], made: Sequence[_Made]) -> dict[int, int]:
        """Return a call for as many of the expected ones as possible, by augmenting paths (Kuhn 1955)."""
        accepted = [[n for n, one in enumerate(made) if not self._differences(wanted, one, 1)] for wanted in way]
        taken: dict[int, int] = {}

        def find(place: int, tried: set[int]) -> bool:
            for n in accepted[place]:
                if n not in tried:
                    tried.add(n)
                    if n not in taken or find(taken[n], tried):
                        taken[n] = place
                        return True
            return False

        for place in range(len(way)):
            find(place, set())
        return {place: n for n, place in taken.items()}

    def _nearest(self, wanted: Wanted, left: list[_Made]) -> list[Mismatch]:
        """Take the call that is nearest to an expected one out of those that are left, and say how it differs."""
        if not left:
            return [Mismatch("missing call", f"{wanted.name} is not called")]
        alike = [one for one in left if one.name == wanted.name]
        if not alike:
            other = left.pop(0)
            return [Mismatch("wrong function", f"called {quoted(other.name)}, expected {wanted.name}")]
        differences = [self._differences(wanted, one, MOST_COUNTED) for one in alike]
        nearest = min(range(len(alike)), key=lambda place: len(differences[place]))
        left.remove(alike[nearest])
        return differences[nearest]

    def _differences(self, wanted: Wanted, made: _Made, most: int) -> list[Mismatch]:
        if made.name != wanted.name:
            return [Mismatch("wrong function", f"called {quoted(made.name)}, expected {wanted.name}")]
        if made.problem:
            return [Mismatch("invalid JSON", f"the arguments of {made.name}: {made.problem}")]
        return list(islice(by_name(wanted.arguments, made.arguments, f"{made.name}.", self._same), most))

    def _same(self, one: str, other: str) -> bool:
        return normalized(one, self.normal) == normalized(other, self.normal)


def _read(call: ToolCalled) -> _Made:
    if not call.arguments.strip():  # so some servers write a call without arguments
        return _Made(call.name, {})
    try:
        arguments = parse_json_exactly(call.arguments)
    except NotJson as problem:
        return _Made(call.name, {}, str(problem))
    if not isinstance(arguments, dict):
        return _Made(call.name, {}, f"expected an object, got {quoted(call.arguments)}")
    return _Made(call.name, arguments)


def _unread(text: str, *, needed: bool) -> Score:
    """Score a call that is written in the text, and was not read as one: it is broken, or the server reads none."""
    if not needed:
        return wrong("a call begins in the text, expected none", "needless call")
    if written_calls(text)[1]:
        return wrong(
            "a call is written in the text, but the server did not read it as one; start it with --tool-call-parser",
            "no call",
        )
    return wrong("a call begins in the text, and is not JSON with a name and arguments", "invalid JSON")
