"""Find every subschema that a schema can reach, in its remote documents too, and where each reference leads."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urldefrag, urljoin

from harness.records.record import Json
from harness.scorers.schemas.rules import NEWEST, Rules, draft_of, shown
from harness.text.visible import for_terminal, quoted

if TYPE_CHECKING:
    from referencing import Specification
    from referencing._core import Resolver

_IN_VALUE = {
    *("additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not"),
    *("propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"),
}
_IN_LIST = {"allOf", "anyOf", "items", "oneOf", "prefixItems"}
_IN_OBJECT = {"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"}
_SAME_VALUE = {
    *("$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies", "dependentSchemas"),
}
"""Keywords whose subschemas are applied to the very value that the schema is applied to."""
_DYNAMIC = {"draft2020-12": "$dynamicRef", "draft2019-09": "$recursiveRef"}
_REF_ALONE = {"draft-04", "draft-06", "draft-07"}
"""Drafts in which nothing beside ``$ref`` counts."""


class Spot(NamedTuple):
    """A subschema: where it is, its draft, and what reads its references."""

    schema: Json
    place: str
    draft: "Specification[Json]"
    resolver: "Resolver[Json]"


class Reached(NamedTuple):
    """A subschema that is an object, and what it leads to."""

    spot: Spot
    same_value: tuple[Spot, ...]
    specification: bool
    """Whether it refers to the specification's own schemas, which are sound and are not walked."""


def reachable(rules: Rules) -> Iterator[Reached]:
    """Yield each subschema once: those written inside one another first, then those that references lead to.

    Raises:
        ValueError: a reference leads nowhere; the text says where it is.
    """
    inside, referred, seen = [_root(rules)], list[Spot](), set[int]()
    while inside or referred:
        spot = inside.pop() if inside else referred.pop()
        if not isinstance(spot.schema, dict) or id(spot.schema) in seen:
            continue
        seen.add(id(spot.schema))
        alone = spot.draft.name in _REF_ALONE and "$ref" in spot.schema
        children = [] if alone else list(_children(spot, rules.remotes))
        found = [(keyword, _target(spot, keyword, rules)) for keyword in _references(spot)]
        targets = [(keyword, target) for keyword, target in found if target]
        same_value = [other for keyword, other in (*children, *targets) if keyword in _SAME_VALUE]
        yield Reached(spot, tuple(same_value), specification=len(targets) < len(found))
        inside += [child for _, child in reversed(children)]
        referred += [target for _, target in targets]


def _root(rules: Rules) -> Spot:
    from jsonschema_specifications import REGISTRY

    documents = {**rules.remotes, rules.base: rules.schema}
    drafts = {uri: _draft(document, rules.remotes) for uri, document in documents.items()}
    own = drafts[rules.base].create_resource(rules.schema)
    copies = [(uri, drafts[uri].create_resource(document)) for uri, document in rules.remotes.items()]
    registry = REGISTRY.with_resources([*copies, (rules.base, own)]).crawl()  # once, not at each reference
    resolver = registry.resolver(rules.base).in_subresource(own)
    return Spot(rules.schema, "#", drafts[rules.base], resolver)


def _draft(document: Json, remotes: Mapping[str, Json]) -> "Specification[Json]":
    from referencing.jsonschema import specification_with

    return specification_with(draft_of(document["$schema"] if isinstance(document, dict) else NEWEST, remotes))


def _children(spot: Spot, remotes: Mapping[str, Json]) -> Iterator[tuple[str, Spot]]:
    for keyword, value in spot.schema.items():  # type: ignore[union-attr]
        if keyword in _IN_VALUE and isinstance(value, dict):
            yield keyword, _child(spot, value, remotes, keyword)
        elif keyword in _IN_LIST and isinstance(value, list):
            for number, one in enumerate(value):
                yield keyword, _child(spot, one, remotes, keyword, str(number))
        elif keyword in _IN_OBJECT and isinstance(value, dict):
            for name, one in value.items():
                if not isinstance(one, list):  # of names, which "dependencies" can hold
                    yield keyword, _child(spot, one, remotes, keyword, name)


def _child(spot: Spot, schema: Json, remotes: Mapping[str, Json], *steps: str) -> Spot:
    place = spot.place + pointer(*steps)
    draft = spot.draft
    if isinstance(schema, dict) and "$schema" in schema and ("$id" in schema or "id" in schema):
        try:
            draft = _draft(schema, remotes)
        except ValueError as problem:
            raise ValueError(f"{for_terminal(place)}/{problem}") from None
    return Spot(schema, place, draft, spot.resolver.in_subresource(draft.create_resource(schema)))


def _references(spot: Spot) -> list[str]:
    known = ("$ref", _DYNAMIC.get(spot.draft.name, "$ref"))
    return [keyword for keyword in dict.fromkeys(known) if isinstance(spot.schema.get(keyword), str)]  # type: ignore[union-attr]


def _target(spot: Spot, keyword: str, rules: Rules) -> Spot | None:
    """Return where a reference leads; None for the specification's own schemas."""
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import NoSuchAnchor, Unresolvable

    reference: str = spot.schema[keyword]  # type: ignore[index, call-overload]
    uri, fragment = urldefrag(urljoin(spot.resolver._base_uri, reference))  # noqa: SLF001
    document = quoted(shown(uri)) if shown(uri) else "this schema"
    try:
        found = spot.resolver.lookup(reference)
    except NoSuchAnchor:
        reason = f"no $anchor in {document} is called {quoted(fragment)}"
    except Unresolvable as problem:
        reason = (
            f"no document has the URI {document}; give a local copy of it in remotes="
            if type(problem) is Unresolvable
            else f"there is nothing at {quoted(fragment)} in {document}"
        )
    except (LookupError, TypeError, ValueError):
        reason = f"there is nothing at {quoted(fragment)} in {document}"
    else:
        if uri in REGISTRY:
            return None
        if isinstance(found.contents, dict | bool):
            draft = _draft(rules.remotes[uri], rules.remotes) if uri in rules.remotes else spot.draft
            return Spot(found.contents, f"{shown(uri)}#{fragment}", draft, found.resolver)
        reason = "a schema is an object, true or false"
    raise ValueError(f"{for_terminal(spot.place)}: {keyword} {quoted(reference)} leads to no schema: {reason}")


def pointer(*steps: object) -> str:
    """Return a JSON pointer (RFC 6901).

    >>> pointer("properties", "a/b", 0)
    '/properties/a~1b/0'
    """
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
