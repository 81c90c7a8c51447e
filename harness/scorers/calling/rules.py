"""What a case accepts for an argument: a value as it is, or a rule, an object whose keys begin with a dollar sign."""

import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from harness.records.record import Json
from harness.scorers.reading.json_values import on_one_line, same_value
from harness.scorers.reading.outcome import Symptom
from harness.text.visible import LONGEST_EXCERPT, for_terminal, quoted

RuleName = Literal["$any_of", "$equals", "$type", "$min", "$max", "$optional"]
RULES: tuple[RuleName, ...] = ("$any_of", "$equals", "$type", "$min", "$max", "$optional")
TYPES: Mapping[str, Callable[[Json], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: is_number(value),  # noqa: PLW0108 - it is defined below
    "integer": lambda value: is_number(value) and value == math.floor(value),  # type: ignore[arg-type]
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
Same = Callable[[str, str], bool]
"""Whether two texts count as the same."""


class Mismatch(NamedTuple):
    """What differs from what is expected: the symptom, and a sentence with the place."""

    symptom: Symptom
    words: str


def is_rule(expected: Json) -> bool:
    """Tell whether something is a rule, not a value."""
    return isinstance(expected, dict) and any(key.startswith("$") for key in expected)


def is_optional(expected: Json) -> bool:
    """Tell whether what this stands for can be left out."""
    return is_rule(expected) and isinstance(expected, dict) and expected.get("$optional") is True


def problem_in(expected: Json) -> str | None:
    """Say what is wrong with the rules inside of an expected value; None when nothing is."""
    return next(_problems_in(expected), None)


def mismatches(expected: Json, found: Json, place: str, same: Same) -> Iterator[Mismatch]:
    """Yield how a value differs from what is expected of it; nothing when it is accepted.

    1 and 1.0 are the same, true and 1 are not. Lists must have the same length and order.
    """
    if isinstance(expected, dict) and is_rule(expected):
        yield from _by_rule(expected, found, place, same)
    elif isinstance(expected, dict) and isinstance(found, dict):
        yield from by_name(expected, found, f"{place}.", same)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from mismatches(one, other, f"{place}[{number}]", same)
    elif isinstance(expected, str) and isinstance(found, str):
        if not same(expected, found):
            yield _wrong(place, found, quoted(expected))
    elif not same_value(expected, found):
        yield _wrong(place, found, quoted(expected))


def by_name(expected: Mapping[str, Json], found: Mapping[str, Json], prefix: str, same: Same) -> Iterator[Mismatch]:
    """Yield how named values differ from those expected: missing ones, unexpected ones, wrong ones."""
    for name, value in expected.items():
        if name not in found and not is_optional(value):
            yield Mismatch("missing argument", f"`{prefix}{name}` is missing")
    for name, value in found.items():
        if name not in expected:
            yield Mismatch("unexpected argument", f"`{prefix}{quoted(name)[1:-1]}` is not expected")
        else:
            yield from mismatches(expected[name], value, f"{prefix}{name}", same)


def is_number(value: object) -> bool:
    """Tell whether a JSON value is a number."""
    return not isinstance(value, bool | str | list | dict) and value is not None


def _by_rule(rule: Mapping[str, Json], found: Json, place: str, same: Same) -> Iterator[Mismatch]:
    allowed = rule.get("$any_of")
    if isinstance(allowed, list) and not any(_accepts(one, found, same) for one in allowed):
        yield _wrong(place, found, f"one of {quoted(allowed)}")
    if "$equals" in rule:
        yield from _literal(rule["$equals"], found, place, same)
    types = rule.get("$type", [])
    names = types if isinstance(types, list) else [types]
    if names and not any(TYPES[str(name)](found) for name in names):
        yield _wrong(place, found, f"of type {' or '.join(map(str, names))}")
    least, most = rule.get("$min"), rule.get("$max")
    if (least is not None or most is not None) and not _in_range(found, least, most):
        yield _wrong(place, found, _range(least, most))


def _literal(expected: Json, found: Json, place: str, same: Same) -> Iterator[Mismatch]:
    """Yield how a value differs from one in which keys with a dollar sign are ordinary ones."""
    if isinstance(expected, str) and isinstance(found, str):
        equal = same(expected, found)
    else:
        equal = same_value(expected, found)
    if not equal:
        yield _wrong(place, found, quoted(expected))


def _accepts(expected: Json, found: Json, same: Same) -> bool:
    return next(mismatches(expected, found, "", same), None) is None


def _in_range(found: Json, least: Json, most: Json) -> bool:
    if not is_number(found):
        return False
    return (least is None or found >= least) and (most is None or found <= most)  # type: ignore[operator]


def _range(least: Json, most: Json) -> str:
    if least is None:
        return f"a number of at most {most}"
    return f"a number of at least {least}" if most is None else f"a number from {least} to {most}"


def _wrong(place: str, found: Json, wanted: str) -> Mismatch:
    shown = quoted(found) if isinstance(found, str) else for_terminal(on_one_line(found), LONGEST_EXCERPT)
    return Mismatch("wrong value", f"`{place}` is {shown}, expected {wanted}")


def _problems_in(expected: Json) -> Iterator[str]:
    if isinstance(expected, list):
        for one in expected:
            yield from _problems_in(one)
    elif isinstance(expected, dict) and is_rule(expected):
        yield from _problems_of_rule(expected)
    elif isinstance(expected, dict):
        for one in expected.values():
            yield from _problems_in(one)


def _problems_of_rule(rule: Mapping[str, Json]) -> Iterator[str]:
    for name in rule:
        if name not in RULES:
            near = difflib.get_close_matches(name, RULES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"rules are {', '.join(RULES)}"
            yield f'unknown rule {quoted(name)}; {hint} (a value with such a key is written {{"$equals": ...}})'
    if "$any_of" in rule:
        allowed = rule["$any_of"]
        if not isinstance(allowed, list) or not allowed:
            yield f"$any_of takes a list of accepted values, got {quoted(allowed)}"
        yield from _problems_in(allowed)
    yield from _problems_of_types(rule)
    yield from _problems_of_range(rule)
    if not isinstance(rule.get("$optional", True), bool):
        yield f"$optional is true or false, got {quoted(rule['$optional'])}"


def _problems_of_types(rule: Mapping[str, Json]) -> Iterator[str]:
    types = rule.get("$type", [])
    if "$type" in rule and types == []:
        yield "$type names no type"
    for one in types if isinstance(types, list) else [types]:
        if not isinstance(one, str) or one not in TYPES:
            yield f"$type takes names of JSON types ({', '.join(TYPES)}), got {quoted(one)}"


def _problems_of_range(rule: Mapping[str, Json]) -> Iterator[str]:
    for name in ("$min", "$max"):
        if name in rule and not is_number(rule[name]):
            yield f"{name} takes a number, got {quoted(rule[name])}"
    least, most = rule.get("$min"), rule.get("$max")
    if is_number(least) and is_number(most) and least > most:  # type: ignore[operator]
        yield f"no number is at least {least} and at most {most}: $min is above $max"
