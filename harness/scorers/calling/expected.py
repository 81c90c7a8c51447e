"""What a case expects to be called: one call, several in any order, none, or one of several ways to do it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from harness.records.record import Json
from harness.scorers.calling.rules import is_rule, problem_in
from harness.text.visible import quoted

SHAPE = (
    '{"name": "...", "arguments": {...}}, a list of such calls that must all be made, [] for no call, or '
    '{"$any_of": [...]} of these'
)


class Wanted(NamedTuple):
    """One expected call; each argument is a value or a rule."""

    name: str
    arguments: Mapping[str, Json]


class BadExpected(ValueError):
    """``expected`` is not of the shape that calls have; the message says what is wrong."""


def wanted_of(expected: Json) -> list[list[Wanted]]:
    """Return each accepted way: the calls that must all be made, none for no call.

    Raises:
        BadExpected: it is of another shape.
    """
    if isinstance(expected, dict) and is_rule(expected):
        ways = expected.get("$any_of")
        if set(expected) != {"$any_of"} or not isinstance(ways, list) or not ways:
            raise BadExpected(f'of {quoted(expected)} only {{"$any_of": [...]}} has a meaning around calls')
        return [_way(one) for one in ways]
    return [_way(expected)]


def expected_from_bfcl(ground_truth: Json) -> Json:
    """Return ``expected`` for a ``ground_truth`` of the Berkeley Function-Calling Leaderboard.

    There each call is ``{"name": {"argument": [accepted, ...]}}``, and "" among the accepted values means that the
    argument can be left out. Objects hold such lists again. Dots in names become underscores, which OpenAI's API needs.
    BFCL compares texts without their case, spaces and some punctuation: ``normalize=("NFKC", "case", "white space")``
    comes near it.

    >>> expected_from_bfcl([{"math.gcd": {"a": [12], "b": [18, 18.0]}}])
    [{'name': 'math_gcd', 'arguments': {'a': 12, 'b': {'$any_of': [18, 18.0]}}}]

    Raises:
        BadExpected: it is of another shape.
    """
    if not isinstance(ground_truth, list):
        raise BadExpected(f"BFCL's ground_truth is a list of calls, got {quoted(ground_truth)}")
    return [dict(_from_bfcl(one)) for one in ground_truth]


def _way(expected: Json) -> list[Wanted]:
    calls = expected if isinstance(expected, list) else [expected]
    return [_call(one) for one in calls]


def _call(expected: Json) -> Wanted:
    if not isinstance(expected, dict) or not expected.keys() <= {"name", "arguments"} or "name" not in expected:
        raise BadExpected(f"a call is an object with `name` and `arguments`, got {quoted(expected)}")
    name, arguments = expected["name"], expected.get("arguments", {})
    if not isinstance(name, str) or not name:
        raise BadExpected(f"`name` is the function's name, got {quoted(name)}")
    if not isinstance(arguments, dict) or is_rule(arguments):
        raise BadExpected(f"`arguments` of {name} is an object with values or rules in it, got {quoted(arguments)}")
    if problem := problem_in(arguments):
        raise BadExpected(f"`arguments` of {name}: {problem}")
    return Wanted(name, arguments)


def _from_bfcl(call: Json) -> Iterator[tuple[str, Json]]:
    if not isinstance(call, dict) or len(call) != 1:
        raise BadExpected(f"a call of BFCL is an object with one function's name, got {quoted(call)}")
    ((name, arguments),) = call.items()
    if not isinstance(arguments, dict):
        raise BadExpected(f"the arguments of {quoted(name)} are an object, got {quoted(arguments)}")
    yield "name", name.replace(".", "_")
    yield "arguments", {key: _accepted(value, f"{name}.{key}") for key, value in arguments.items()}


def _accepted(values: Json, place: str) -> Json:
    if not isinstance(values, list) or not values:
        raise BadExpected(f"{place}: BFCL gives a list of accepted values, got {quoted(values)}")
    kept = [_nested(value, place) for value in values if value != ""] or [""]
    optional: dict[str, Json] = {"$optional": True} if "" in values else {}
    return kept[0] if len(kept) == 1 and not optional else {"$any_of": kept, **optional}


def _nested(value: Json, place: str) -> Json:
    if isinstance(value, dict):
        return {key: _accepted(inner, f"{place}.{key}") for key, inner in value.items()}
    return [_nested(one, place) for one in value] if isinstance(value, list) else value
