"""Attributes of spans: by their dotted names, or nested as these say."""

from collections.abc import Mapping

from harness.logs.fields import loose
from harness.records.record import Json

Attributes = dict[str, Json]
DEEPEST = 64
"""Levels of a value that are read."""


def flat(attributes: Mapping[str, Json]) -> Attributes:
    """Return attributes by their dotted names, also those that are nested in tables; lists stay.

    >>> flat({"llm": {"model_name": "m", "token_count": {"prompt": 3}}})
    {'llm.model_name': 'm', 'llm.token_count.prompt': 3}
    """
    made: Attributes = {}
    left = [("", attributes, 0)]
    while left:
        before, here, depth = left.pop()
        for key, value in here.items():
            if isinstance(value, dict) and value and depth < DEEPEST and not _is_free(f"{before}{key}"):
                left.append((f"{before}{key}.", value, depth + 1))
            else:
                made[f"{before}{key}"] = value
    return made


def nested(attributes: Attributes, prefix: str) -> Json:
    """Return what attributes under a prefix are together: ``a.0.b`` is the field ``b`` of the first one of a list.

    >>> nested({"p.0.role": "user", "p.0.content": "Hi", "q": 1}, "p")
    [{'role': 'user', 'content': 'Hi'}]
    """
    if prefix in attributes:
        return _deep(loose(attributes[prefix]), 0)
    start = f"{prefix}."
    found = {key[len(start) :]: value for key, value in attributes.items() if key.startswith(start)}
    return _deep(found, 0) if found else None


def _deep(value: Json, depth: int) -> Json:
    """Return a value in which dotted keys are tables, and tables with numbers as keys are lists."""
    if isinstance(value, list):
        return [_deep(one, depth + 1) for one in value]
    if not isinstance(value, dict) or depth > DEEPEST:
        return value
    made: dict[str, Json] = {}
    for key, one in value.items():
        here = made
        *steps, last = key.split(".")
        for step in steps:
            inner = here.get(step)
            if not isinstance(inner, dict):
                inner = here[step] = {}
            here = inner
        here[last] = one
    if made and all(map(str.isdecimal, made)):
        return [_deep(made[key], depth + 1) for key in sorted(made, key=int)]
    return {key: _deep(one, depth + 1) for key, one in made.items()}


def _is_free(key: str) -> bool:
    """Tell whether a table is a value of its own, such as the arguments of a call."""
    return key.endswith(("metadata", "arguments", "parameters", "json_schema"))
