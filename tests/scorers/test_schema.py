"""matches_schema."""

import json
import socket
from pathlib import Path

import pytest

from harness.errors import InputError, ScorerError
from harness.scorers import matches_schema
from harness.scorers.reading import limit
from harness.scorers.reading.json_values import DEEPEST

REPLY = {
    "type": "object",
    "properties": {"queue": {"enum": ["bug", "billing"]}, "lines": {"items": {"type": "integer"}}},
    "required": ["queue"],
    "additionalProperties": False,
}
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


def written_to(path: Path, schema: object) -> Path:
    """Write a schema and return its path."""
    path.write_text(json.dumps(schema), encoding="utf-8")
    return path


def test_an_answer_that_follows_the_schema_is_right(score):
    """Given as a value here."""
    assert score(matches_schema(REPLY), '{"queue": "bug", "lines": [1, 2]}').value == 1


@pytest.mark.parametrize(
    ("text", "category", "reason"),
    [
        ('{"queue": "bug", "lines": [1, "two"]}', "breaks the schema", "$.lines[1]: 'two' is not of type 'integer'"),
        ("{}", "breaks the schema", "$: 'queue' is a required property"),
        ("[]", "breaks the schema", "$: [] is not of type 'object'"),
        ('{"queue": "bug"', "invalid JSON", "Expecting ',' delimiter at line 1, column 16"),
        ("", "invalid JSON", "Expecting value at line 1, column 1"),
    ],
)
def test_the_reason_names_the_first_path_that_fails(score, text, category, reason):
    """The category tells broken JSON from JSON of the wrong shape."""
    wrong = score(matches_schema(REPLY), text)

    assert (wrong.value, wrong.category, wrong.reason) == (0, category, reason)


def test_hostile_answers_are_quoted_safely(score):
    """Neither a megabyte nor a lone surrogate nor an escape code reaches the reason."""
    key = "\\ud800\\u001b" + "k" * 1_000_000

    for schema in (REPLY, {"additionalProperties": {"type": "null"}}):
        wrong = score(matches_schema(schema), f'{{"{key}": 1}}')
        assert wrong.category == "breaks the schema"
        assert len(wrong.reason.encode()) < 400
        assert wrong.reason.isprintable()


def test_the_schema_names_its_draft(score):
    """`prefixItems` means something since 2020-12 only, which is the default."""
    first_is_text = {"prefixItems": [{"type": "string"}]}

    assert score(matches_schema(first_is_text), "[1]").value == 0
    assert score(matches_schema({"$schema": DRAFT_2020, **first_is_text}), "[1]").value == 0
    assert score(matches_schema({"$schema": DRAFT_7, **first_is_text}), "[1]").value == 1
    assert score(matches_schema({"$schema": DRAFT_7.rstrip("#"), **first_is_text}), "[1]").value == 1


def test_references_inside_the_schema_and_to_the_specification_are_followed(score):
    """Both are at hand without a network."""
    inside = {"$defs": {"n": {"type": "integer"}}, "items": {"$ref": "#/$defs/n"}}

    assert score(matches_schema(inside), "[1]").value == 1
    assert score(matches_schema(inside), '["a"]').reason.startswith("$[0]: ")
    assert score(matches_schema({"$ref": DRAFT_2020}), '{"type": "no such type"}').value == 0


def test_a_reference_elsewhere_is_an_error_and_is_not_fetched(score, monkeypatch):
    """A schema must not make the gate depend on the network."""
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("the network was used"))
    scorer = matches_schema({"$ref": "http://localhost:9/other.json"})

    with pytest.raises(ScorerError, match=r"case 'c1': matches_schema\(digest=.*can't apply its schema.*other\.json"):
        score(scorer, "{}")


def test_a_reference_without_end_is_an_error_of_the_schema(score):
    """Not of the answer, and not a crash."""
    with pytest.raises(ScorerError, match="RecursionError"):
        score(matches_schema({"$ref": "#"}), "{}")


def test_the_deepest_answer_can_be_checked_by_a_schema_that_recurs(score):
    """So that a deep answer never looks like a schema without end."""
    tree = {"allOf": [{"anyOf": [{"items": {"$ref": "#"}}]}]}

    assert score(matches_schema(tree), "[" * DEEPEST + "]" * DEEPEST).value == 1


def test_numbers_at_the_edge_do_not_break_the_validation(score):
    """Huge numbers are refused before the arithmetic of `multipleOf` overflows."""
    scorer = matches_schema({"multipleOf": 0.01})

    for text in ("1e400", "9" * 400, "9" * 5000):
        assert score(scorer, text).category == "invalid JSON"
    for text in ("1e308", "9" * 300, "-0.0"):
        assert score(scorer, text).category in {"", "breaks the schema"}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "no such type"}, r"\$\.type: "),
        ({"pattern": r"^\p{L}+$"}, r"\$\.pattern: .*regex"),
        ({"patternProperties": {r"\p{L}": {}}}, "regex"),
        ({"required": "queue"}, r"\$\.required"),
        ({"$schema": "https://example.com/mine"}, "no draft is called 'https://example.com/mine'"),
        ({"$schema": 7}, "no draft is called 7"),
        ({"const": float("nan")}, "not JSON"),
        ({"enum": {1, 2}}, "not JSON"),
        ([], "an object, true or false"),
    ],
)
def test_a_broken_schema_is_refused_when_the_scorer_is_made(schema, reason):
    """Before any answer is paid for."""
    with pytest.raises(InputError, match=reason):
        matches_schema(schema)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"type": "object", "type": "array"}', "'type' is twice"),
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b'{"type": 5}', r"\$\.type"),
        (b'"object"', "an object, true or false"),
    ],
)
def test_a_broken_schema_file_is_named(tmp_path, content, reason):
    """The file stands in front of what is wrong with it."""
    path = tmp_path / "reply.schema.json"
    path.write_bytes(content)

    with pytest.raises(InputError, match=rf"reply\.schema\.json: .*{reason}"):
        matches_schema(path)


def test_a_missing_schema_file_is_named(tmp_path):
    """A folder is no file either."""
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        matches_schema(tmp_path / "none.json")
    with pytest.raises(InputError, match="can't be read"):
        matches_schema(tmp_path)


def test_the_repr_holds_the_file_name_and_the_digest_of_the_content(tmp_path):
    """No folder, since the repr is part of a fingerprint that is compared between machines."""
    one = matches_schema(written_to(tmp_path / "reply.schema.json", REPLY))
    (tmp_path / "moved").mkdir()
    moved = matches_schema(str(written_to(tmp_path / "moved" / "reply.schema.json", dict(reversed(REPLY.items())))))
    changed = matches_schema(written_to(tmp_path / "reply.schema.json", {**REPLY, "required": []}))

    assert repr(one) == repr(moved) != repr(changed)
    assert repr(one).startswith("matches_schema('reply.schema.json', digest='")
    assert str(tmp_path) not in repr(one)
    assert repr(matches_schema(REPLY)).startswith("matches_schema(digest='")


def test_a_schema_may_be_true_or_false(score):
    """The specification has it so."""
    assert score(matches_schema(schema=True), "1").value == 1
    assert score(matches_schema(schema=False), "1").value == 0


@pytest.mark.parametrize(
    ("text", "unique"),
    [
        ("[1, true, 0, false, null, {}, []]", True),
        ("[1, 1.0]", False),
        ('[{"a": [1], "b": 2}, {"b": 2, "a": [1.0]}]', False),
        ('[{"a": [1]}, {"a": [true]}]', True),
        ('[["object"], {"object": 1}, "object"]', True),
    ],
)
def test_items_are_unique_as_json_values(score, text, unique):
    """Numbers by value, truth values apart, objects in any order."""
    assert score(matches_schema({"uniqueItems": True}), text).value == unique


def test_many_different_objects_are_told_apart_in_linear_time(score):
    """Compared pair by pair this would take hours."""
    text = json.dumps([{"a": number} for number in range(80_000)])

    assert score(matches_schema({"uniqueItems": True}), text).value == 1


def doubling(levels: int) -> dict[str, object]:
    """Return a schema in which each definition refers twice to the one before: 2 ** levels checks of a number."""
    chain = {f"a{n + 1}": {"allOf": [{"$ref": f"#/$defs/a{n}"}] * 2} for n in range(levels)}
    return {"$defs": {"a0": {"type": "integer"}, **chain}, "$ref": f"#/$defs/a{levels}"}


@pytest.mark.parametrize(
    ("schema", "endless", "quick"),
    [
        ({"pattern": "^(a+)+$"}, '"' + "a" * 60 + '!"', '"aaa"'),
        ({"patternProperties": {"^(a+)+$": {}}}, '{"' + "a" * 60 + '!": 1}', '{"aaa": 1}'),
        ({"type": "string", **doubling(60)}, "5", None),
        ({"anyOf": [{"type": "null"}, {"allOf": [{"items": {"$ref": "#"}}] * 3}]}, "[" * 60 + "]" * 60, "null"),
    ],
)
def test_a_check_without_end_leaves_the_answer_unscored(score, monkeypatch, schema, endless, quick):
    """Patterns that backtrack, references that double, and a schema that recurs thrice at each of 60 levels."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.1)
    scorer = matches_schema(schema)
    given = score(scorer, endless)

    assert (given.value, given.category) == (None, "took too long")
    assert given.reason.startswith(f"{scorer!r} gave up: applying the schema to this answer takes more than 0.1 s")
    assert quick is None or score(scorer, quick).value == 1


def test_references_that_double_a_few_times_are_followed_to_the_end(score):
    """A thousand checks are nothing."""
    assert score(matches_schema(doubling(10)), "5").value == 1
    assert score(matches_schema(doubling(10)), '"a"').category == "breaks the schema"
