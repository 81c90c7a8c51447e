"""What a schema is applied by: the schema, copies of its remote documents by URI, and whether formats are asserted."""

from collections.abc import Mapping
from urllib.parse import urldefrag, urljoin

import msgspec

from harness.records.record import Json, Record
from harness.text.visible import quoted

BASE = "https://schema.invalid/"
"""The URI of a schema that names none, so that relative references and ``remotes`` meet. Nothing is fetched from it."""
NEWEST = "https://json-schema.org/draft/2020-12/schema"
DRAFTS = {
    "http://json-schema.org/draft-04/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema",
    NEWEST,
}


class Rules(Record, frozen=True, kw_only=True):
    """All that decides whether an answer follows a schema; ``applying.compiled`` reads it as JSON."""

    schema: Json
    base: str
    """The URI against which ``$id`` and references of the schema are read."""
    remotes: Mapping[str, Json]
    """Documents by their absolute URI."""
    formats: bool
    """Whether ``format`` is asserted."""
    specification: bool = False
    """Whether a reference leads to the specification's own schemas."""
    patterns: Mapping[str, str] = {}
    """Patterns as the schema writes them, by what they are rewritten to."""


def rules_of(schema: Json, remotes: Mapping[str, Json], *, formats: bool) -> Rules:
    """Return the rules of a schema; ``remotes`` are by URI, relative to the schema's own ``$id`` or absolute.

    A document without ``$schema`` follows the schema's, and the schema without one follows the newest draft.

    Raises:
        ValueError: something here is neither an object nor true or false.
    """
    for place, document in (
        ("", schema),
        *((f"remotes[{quoted(uri)}]: ", content) for uri, content in remotes.items()),
    ):
        if not isinstance(document, dict | bool):
            raise ValueError(f"{place}a schema is an object, true or false")  # noqa: TRY004 - an error in a file
    dialect: Json = NEWEST
    own = BASE
    if isinstance(schema, dict):
        dialect = schema.get("$schema", NEWEST)
        name = schema.get("id" if isinstance(dialect, str) and "draft-04" in dialect else "$id", "")
        own = urljoin(BASE, name) if isinstance(name, str) else BASE
    by_uri = {urldefrag(urljoin(own, uri)).url: _with_dialect(content, dialect) for uri, content in remotes.items()}
    return Rules(schema=_with_dialect(schema, dialect), base=BASE, remotes=by_uri, formats=formats)


def draft_of(name: Json, remotes: Mapping[str, Json]) -> str:
    """Return the draft that a ``$schema`` names, itself or through a metaschema that is among the remote documents.

    Raises:
        ValueError: neither.
    """
    asked, seen = name, set[str]()
    while isinstance(name, str) and (uri := name.removesuffix("#")) not in seen:
        if uri in DRAFTS:
            return uri
        seen.add(uri)
        metaschema = remotes.get(uri)
        name = metaschema.get("$schema") if isinstance(metaschema, dict) else None
    raise ValueError(f"$schema: no draft is called {quoted(asked)}; {_meant(asked)}")


def _meant(name: Json) -> str:
    near = [each for each in DRAFTS if isinstance(name, str) and _bare(each) == _bare(name)]
    return f"did you mean {near[0]!r}?" if near else f"the newest known is {NEWEST!r}"


def _bare(uri: str) -> str:
    return uri.lower().partition("://")[2].removeprefix("www.").rstrip("#/")


def as_json(rules: Rules) -> str:
    """Return the rules as the process reads them that applies them, on one line."""
    return msgspec.json.Encoder(decimal_format="number").encode(rules).decode()


def shown(uri: str) -> str:
    """Return a URI as people wrote it: without the base that a schema without a URI is given."""
    return uri.removeprefix(BASE)


def _with_dialect(document: Json, dialect: Json) -> Json:
    return {"$schema": dialect, **document} if isinstance(document, dict) else document
