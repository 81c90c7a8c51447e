"""JSON schemas that no value follows, as far as that can be seen; and values that plainly break one."""

from collections.abc import Mapping

from harness.records.record import Json

LIMITS = (
    ("string", "minLength", "maxLength"),
    ("array", "minItems", "maxItems"),
    ("object", "minProperties", "maxProperties"),
    ("number", "minimum", "maximum"),
    ("integer", "minimum", "maximum"),
)
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
    "number": (int, float),
    "integer": (int, float),
}


def never(schema: Json, place: str = "$") -> str | None:
    """Return why no value at all follows a schema; None where one could. References and conditions are not looked at.

    >>> never({"type": "object", "required": ["a"], "properties": {"a": {"enum": []}}})
    '$.a: enum is empty'
    """
    if schema is False:
        return f"{place}: the schema is false"
    if not isinstance(schema, dict):
        return None
    if schema.get("enum") == []:
        return f"{place}: enum is empty"
    return _never_limited(schema, place) or _never_object(schema, place) or _never_combined(schema, place)


def breaks(schema: Json, value: Mapping[str, Json]) -> str | None:
    """Return how a field of an object breaks a schema; None where that can't be seen. Missing fields are no matter."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or not isinstance(properties, dict):
        return None
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    for key, one in value.items():
        if key not in properties:
            if closed:
                return f"has the field `{key}`, which the schema doesn't allow"
            continue
        if problem := _breaks(properties[key], one):
            return f"has {problem} in the field `{key}`"
    return None


def _breaks(schema: Json, value: Json) -> str | None:
    if not isinstance(schema, dict):
        return None
    allowed = schema.get("enum")
    if isinstance(allowed, list) and isinstance(value, str) and value not in allowed:
        return f"a value that is not among the schema's ({value!r})"
    kinds = schema.get("type")
    names = [kinds] if isinstance(kinds, str) else _list(kinds)
    known = [TYPES[name] for name in names if name in TYPES]
    if len(known) < len(names) or not known or any(_is_a(value, one) for one in known):
        return None
    return f"a value of another type than the schema's ({' or '.join(map(str, names))})"


def _is_a(value: Json, types: tuple[type, ...]) -> bool:
    return (bool in types) if isinstance(value, bool) else isinstance(value, types)


def _never_limited(schema: Mapping[str, Json], place: str) -> str | None:
    for name, low, high in LIMITS:
        least, most = schema.get(low), schema.get(high)
        if (
            schema.get("type") == name
            and _is_number(least)
            and _is_number(most)
            and float(str(least)) > float(str(most))
        ):
            return f"{place}: {low} {least} is above {high} {most}"
    return None


def _never_combined(schema: Mapping[str, Json], place: str) -> str | None:
    if problem := next(filter(None, (never(one, place) for one in _list(schema.get("allOf")))), None):
        return problem
    for name in ("anyOf", "oneOf"):
        ways = [never(one, place) for one in _list(schema.get(name))]
        if ways and all(ways):
            return f"{place}: nothing follows any part of {name}"
    return None


def _never_object(schema: Mapping[str, Json], place: str) -> str | None:
    if schema.get("type") != "object":
        return None
    properties = schema.get("properties")
    fields = properties if isinstance(properties, dict) else {}
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    for name in _list(schema.get("required")):
        if name in fields:
            if problem := never(fields[name], f"{place}.{name}"):
                return problem
        elif closed:
            return f"{place}: `{name}` is required, and additionalProperties doesn't allow it"
    return None


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
