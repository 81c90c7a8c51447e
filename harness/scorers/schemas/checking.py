"""Read a whole schema before any answer: broken references, patterns, formats and loops are refused with their place.

Everything that the schema can reach is read, in its remote documents too, so nothing comes up when answers are paid.
"""

import copy
import difflib
import functools
import graphlib
from typing import TYPE_CHECKING

import msgspec

from harness.records.record import Json
from harness.scorers.schemas.patterns import Pattern, read_pattern
from harness.scorers.schemas.rules import DRAFTS, Rules, as_json, draft_of, shown
from harness.scorers.schemas.walking import Spot, pointer, reachable
from harness.text.visible import for_terminal, quoted

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

LONGEST_MESSAGE = 200
"""Characters of the library's own words, which quote the schema or the answer."""
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
FORMATS = (
    *("date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"),
    *("uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer"),
    *("relative-json-pointer", "regex"),
)
"""Those of draft 2020-12; earlier drafts have fewer."""


def checked(given: Rules) -> Rules:
    """Return rules by which every answer can be scored, their patterns written so that the engines read them alike.

    Raises:
        ValueError: one of the documents is not a schema, or something that the schema can reach is broken; the text
            says what, with a JSON pointer.
    """
    from jsonschema_rs import ValidationError

    from harness.scorers.schemas.applying import compiled

    rules = copy.deepcopy(given)
    for uri, document in {**rules.remotes, rules.base: rules.schema}.items():
        if isinstance(document, dict):
            _refuse_invalid(rules, uri, document)
    reached = list(reachable(rules))
    same_value = {id(one.spot.schema): {id(other.schema) for other in one.same_value} for one in reached}
    try:
        graphlib.TopologicalSorter(same_value).prepare()
    except graphlib.CycleError as circle:
        place = next(one.spot.place for one in reached if id(one.spot.schema) == circle.args[1][0])
        raise ValueError(f"{for_terminal(place)}: leads back to itself without end") from None
    patterns = dict[str, str]()
    for one in reached:
        _refuse_format(one.spot, rules)
        patterns |= _write_patterns(one.spot, rules)
    rules = msgspec.structs.replace(rules, specification=any(one.specification for one in reached), patterns=patterns)
    try:
        compiled(as_json(rules))
    except ValidationError as problem:
        raise _told(problem, "") from problem
    return rules


def _refuse_invalid(rules: Rules, uri: str, document: dict[str, Json]) -> None:
    """Refuse what is not a schema by its own metaschema."""
    from jsonschema_rs import ValidationError, meta

    from harness.scorers.schemas.applying import compiled

    try:
        draft_of(document["$schema"], rules.remotes)
    except ValueError as problem:
        raise ValueError(f"{for_terminal(shown(uri))}#/{problem}") from None
    try:
        if _follows_a_draft(document):
            meta.validate(document)
        else:
            compiled(as_json(msgspec.structs.replace(rules, schema=document, base=uri, formats=False)))
    except ValidationError as problem:
        if type(problem.kind).__name__ != "Referencing":  # the walk says where the reference is
            raise _told(problem, shown(uri)) from problem


def _refuse_format(spot: Spot, rules: Rules) -> None:
    name = spot.schema.get("format") if isinstance(spot.schema, dict) else None
    if rules.formats and isinstance(name, str) and not _is_format(name, spot.draft.name):
        known = ", ".join(each for each in FORMATS if _is_format(each, spot.draft.name))
        raise ValueError(
            f"{for_terminal(spot.place)}/format: {spot.draft.name} has no format {quoted(name)}, so formats=True can't "
            f"assert it; it has {known}"
        )


def _write_patterns(spot: Spot, rules: Rules) -> dict[str, str]:
    """Write the patterns of a subschema anew, in its place; return what was rewritten, by what it is now."""
    from harness.scorers.schemas.applying import BACKTRACKED

    schema = spot.schema
    rewritten = dict[str, str]()
    if not isinstance(schema, dict):
        return rewritten
    if BACKTRACKED in schema:
        raise ValueError(f"{for_terminal(spot.place)}: the harness itself uses the keyword {BACKTRACKED}; rename it")
    if isinstance(schema.get("pattern"), str):
        pattern = _pattern(spot, schema["pattern"], "pattern")
        rewritten[pattern.text] = schema["pattern"]
        if pattern.linear:
            schema["pattern"] = pattern.text
        elif all(map(_follows_a_draft, (rules.schema, *rules.remotes.values()))):
            del schema["pattern"]
            schema[BACKTRACKED] = pattern.text
        else:
            raise ValueError(
                f"{for_terminal(spot.place)}/pattern: in a schema with a metaschema of its own, patterns can have no "
                f"look-around, no back-reference, no \\b and no repeats of thousands: {quoted(rewritten[pattern.text])}"
            )
    if isinstance(properties := schema.get("patternProperties"), dict):
        schema["patternProperties"] = {
            _linear(spot, name, "patternProperties", name).text: inner for name, inner in properties.items()
        }
    return rewritten


def _linear(spot: Spot, written: str, *steps: str) -> Pattern:
    pattern = _pattern(spot, written, *steps)
    if not pattern.linear:
        raise ValueError(
            f"{for_terminal(spot.place + pointer(*steps))}: patternProperties can have no look-around, no "
            f"back-reference, no \\b and no repeats of thousands; write {quoted(written)} without, or use propertyNames"
        )
    return pattern


def _pattern(spot: Spot, written: str, *steps: str) -> Pattern:
    try:
        return read_pattern(written)
    except ValueError as problem:
        raise ValueError(f"{for_terminal(spot.place + pointer(*steps))}: {quoted(written)} {problem}") from None


def _follows_a_draft(document: Json) -> bool:
    return not isinstance(document, dict) or str(document["$schema"]).removesuffix("#") in DRAFTS


@functools.cache
def _is_format(name: str, draft: str) -> bool:
    import jsonschema_rs

    drafts = {
        "draft-04": jsonschema_rs.Draft4Validator,
        "draft-06": jsonschema_rs.Draft6Validator,
        "draft-07": jsonschema_rs.Draft7Validator,
        "draft2019-09": jsonschema_rs.Draft201909Validator,
        "draft2020-12": jsonschema_rs.Draft202012Validator,
    }
    try:
        drafts[draft]({"format": name}, validate_formats=True, ignore_unknown_formats=False)
    except ValueError:
        return False
    return True


def _told(problem: "ValidationError", document: str) -> ValueError:
    place = f"{document}#{pointer(*problem.instance_path)}"
    if problem.instance_path[-1:] == ["type"] and (unknown := _unknown_type(problem.instance)):
        near = difflib.get_close_matches(unknown, TYPES, n=1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        known = ", ".join(TYPES)
        return ValueError(f"{for_terminal(place)}: no type is called {quoted(unknown)}{meant}; the types are {known}")
    return ValueError(f"{for_terminal(place)}: {for_terminal(problem.message, LONGEST_MESSAGE)}")


def _unknown_type(names: object) -> str | None:
    every = names if isinstance(names, list) else [names]
    return next((name for name in every if isinstance(name, str) and name not in TYPES), None)
