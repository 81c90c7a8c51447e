"""What of a schema is refused before any answer, and where it is."""

import pytest

from harness.errors import InputError
from harness.scorers import matches_schema

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"
OWN = "https://example.com/metaschema"


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (
            {"items": {"$ref": "#/$defs/a"}},
            r"#/items: \$ref '#/\$defs/a' leads to no schema: there is nothing at '/\$defs/a'",
        ),
        (
            {"$defs": {"a/b": {"$ref": "#c"}}},
            r"#/\$defs/a~1b: \$ref '#c' leads to no schema: no \$anchor in this schema",
        ),
        (
            {"not": {"$ref": "other.json#/a"}},
            r"#/not: \$ref 'other.json#/a' .*: no document has the URI 'other.json'; give",
        ),
        (
            {"type": "object", "anyOf": [{"$ref": "#/type"}]},
            r"#/anyOf/0: \$ref '#/type' .* a schema is an object, true or",
        ),
        ({"$defs": {"a": {"type": "null", "$ref": "#/$defs/a/type/0"}}}, r"#/\$defs/a: \$ref .* leads to no schema"),
        ({"enum": [{}], "items": {"$ref": "#/enum/x"}}, r"#/items: \$ref '#/enum/x' leads to no schema"),
        ({"items": {"$dynamicRef": "#node"}}, r"#/items: \$dynamicRef '#node' leads to no schema"),
        ({"x-parts": {"a": {"not": {"$ref": "#b"}}}, "items": {"$ref": "#/x-parts/a"}}, r"#/x-parts/a/not: \$ref '#b'"),
        ({"$id": "https://example.com/a", "items": {"$ref": "b"}}, "no document has the URI 'https://example.com/b'"),
    ],
)
def test_a_broken_reference_is_named_with_its_place(schema, reason):
    """Also where no answer may ever lead to it."""
    with pytest.raises(InputError, match=reason):
        matches_schema(schema)


def test_what_only_looks_like_a_reference_is_left_alone(score):
    """In values, in names of properties, and beside a reference of draft 7."""
    schema = {"const": {"$ref": "#/none"}, "default": {"$ref": "#/none"}, "properties": {"$ref": {"type": "string"}}}
    draft_7 = {"$schema": DRAFT_7, "$ref": "#/definitions/a", "definitions": {"a": {}}, "not": {"$ref": "#/none"}}

    assert score(matches_schema(schema), '{"$ref": "#/none"}').value == 1
    assert score(matches_schema(draft_7), "1").value == 1


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"$ref": "#"}, "#"),
        ({"$defs": {"a": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/a"}]}}}, r"#/\$defs/a"),
        (
            {"$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"if": True, "then": {"$ref": "#/$defs/a"}}}},
            r"#/\$defs/",
        ),
    ],
)
def test_references_that_never_come_to_an_end_are_refused(schema, place):
    """Those that stay at one value; a validator would follow them for ever, or guess."""
    with pytest.raises(InputError, match=f"{place}.*: leads back to itself without end"):
        matches_schema(schema)


def test_a_schema_that_recurs_into_the_parts_of_a_value_is_usable(score):
    """It ends where the value does."""
    tree = {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "additionalProperties": False}

    assert score(matches_schema(tree), '{"left": {"right": {}}}').value == 1
    assert score(matches_schema(tree), '{"left": {"rihgt": {}}}').value == 0


def test_an_unknown_format_is_refused_where_formats_are_asserted():
    """Else nobody would notice that it is never looked at; the known ones of the draft are named."""
    schema = {"$defs": {"a": {"format": "colour"}}}

    assert matches_schema(schema)
    with pytest.raises(
        InputError, match=r"#/\$defs/a/format: draft2020-12 has no format 'colour'.*; it has date, .*, uuid, "
    ):
        matches_schema(schema, formats=True)
    with pytest.raises(InputError, match="draft-07 has no format 'uuid'"):
        matches_schema({"$schema": DRAFT_7, "format": "uuid"}, formats=True)


def test_a_schema_can_follow_a_metaschema_of_its_own(score):
    """Its vocabularies say which keywords mean something: here, all but those that check values."""
    own = {
        "$schema": DRAFT_2020,
        "$id": OWN,
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": True},
    }
    applying = {
        **own,
        "$vocabulary": {**own["$vocabulary"], "https://json-schema.org/draft/2020-12/vocab/applicator": True},
    }
    scorer = matches_schema(
        {"$schema": OWN, "properties": {"a": False, "b": {"type": "null"}}}, remotes={OWN: applying}
    )

    assert score(scorer, '{"b": 1}').value == 1
    assert score(scorer, '{"a": 1}').value == 0
    unknown = {**own, "$vocabulary": {"https://example.com/vocabulary": True}}
    with pytest.raises(InputError, match=r"Unknown vocabulary: 'https://example\.com/vocabulary'"):
        matches_schema({"$schema": OWN}, remotes={OWN: unknown})
    with pytest.raises(
        InputError, match=r"#/pattern: in a schema with a metaschema of its own, patterns can have no look"
    ):
        matches_schema({"$schema": OWN, "pattern": "(?!a)"}, remotes={OWN: own})
    with pytest.raises(InputError, match=f"{OWN}#/.schema: no draft is called '{OWN}'"):
        matches_schema({"$schema": OWN}, remotes={OWN: {"$schema": OWN}})


@pytest.mark.parametrize(
    "schema",
    [
        {
            "$schema": DRAFT_2019,
            "$recursiveAnchor": True,
            "properties": {"child": {"$recursiveRef": "#"}, "size": {"type": "integer"}},
        },
        {
            "$id": "https://example.com/strict",
            "$dynamicAnchor": "node",
            "$ref": "tree",
            "properties": {"size": {"type": "integer"}},
            "$defs": {
                "tree": {"$id": "tree", "$dynamicAnchor": "node", "properties": {"child": {"$dynamicRef": "#node"}}},
            },
        },
    ],
)
def test_dynamic_references_and_bundled_documents_are_followed(score, schema):
    """To the outermost anchor, in the child too."""
    assert score(matches_schema(schema), '{"child": {"child": {"size": 1}}}').value == 1
    assert score(matches_schema(schema), '{"child": {"child": {"size": "1"}}}').value == 0


def test_a_keyword_that_the_harness_uses_itself_is_refused():
    """It would be taken for a pattern."""
    with pytest.raises(InputError, match="#/items: the harness itself uses the keyword harness:pattern; rename it"):
        matches_schema({"items": {"harness:pattern": "a"}})


def test_a_schema_with_many_references_is_read_in_linear_time(score):
    """The places that references lead to are looked for once; once for each reference would take minutes."""
    last = 1_500
    parts = {f"d{n}": {"$anchor": f"a{n}", "items": {"$ref": f"#a{n + 1}"}} for n in range(last)}
    scorer = matches_schema({"$defs": {**parts, "end": {"$anchor": f"a{last}", "type": "null"}}, "$ref": "#a0"})

    assert score(scorer, "[[1]]").value == 1


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (
            {"type": "objct"},
            r"#/type: no type is called 'objct' \(did you mean 'object'\?\); the types are array, boolean,",
        ),
        (
            {"items": {"type": ["null", "Strng"]}},
            r"#/items/type: no type is called 'Strng' \(did you mean 'string'\?\);",
        ),
        (
            {"$schema": DRAFT_7, "type": "uuid"},
            r"#/type: no type is called 'uuid'; the types are array, boolean, integer",
        ),
        ({"$schema": "https://json-schema.org/draft-07/schema#"}, rf"did you mean '{DRAFT_7[:-1]}'\?$"),
        ({"$schema": "http://json-schema.org/draft/2020-12/schema"}, rf"did you mean '{DRAFT_2020}'\?$"),
        ({"$schema": "https://json-schema.org/draft-99/schema"}, rf"the newest known is '{DRAFT_2020}'$"),
    ],
)
def test_a_slip_in_a_type_or_a_draft_is_answered_with_the_nearest_one(schema, reason):
    """The metaschema alone would say that it is not valid under any of its schemas."""
    with pytest.raises(InputError, match=reason):
        matches_schema(schema)
