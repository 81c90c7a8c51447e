"""matches_schema."""

import json
import re
import socket
from pathlib import Path

import pytest

from harness.errors import InputError
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
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
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
        ('{"queue": "bug", "lines": [1, "two"]}', "breaks the schema", '$.lines[1]: "two" is not of type "integer"'),
        ("{}", "breaks the schema", '$: "queue" is a required property'),
        ("[]", "breaks the schema", '$: [] is not of type "object"'),
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
    for draft in (DRAFT_7, DRAFT_2019, DRAFT_2020):
        assert score(matches_schema({"$ref": draft}), '{"type": "no such type"}').value == 0
        assert score(matches_schema({"$schema": draft, "$ref": DRAFT_7}), '{"type": "string"}').value == 1


def test_nothing_is_fetched(monkeypatch):
    """A schema must not make the gate depend on the network."""
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("the network was used"))

    with pytest.raises(InputError, match=r"#: \$ref 'http://localhost:9/other\.json' leads to no schema: .*remotes="):
        matches_schema({"$ref": "http://localhost:9/other.json"})


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
        ({"type": "no such type"}, "#/type: "),
        ({"required": "queue"}, "#/required: "),
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
        (b'{"type": 5}', "#/type: "),
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


def test_a_path_without_a_folder_is_told_where_it_was_looked_for(tmp_path, monkeypatch):
    """A schema is not beside the test by itself, as a case file is."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError) as caught:
        matches_schema("reply.schema.json")
    assert str(caught.value) == (
        f"reply.schema.json: no such file in {tmp_path}, where pytest runs; for a file beside the test write "
        "Path(__file__).parent / 'reply.schema.json'"
    )


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


def test_the_repr_tells_copies_of_remote_documents_and_formats_apart(tmp_path):
    """By their content, wherever the files are, so that a changed document makes scores incomparable."""
    schema = {"$ref": "queue.json"}
    by_value = matches_schema(schema, remotes={"queue.json": REPLY})
    by_file = matches_schema(
        schema, remotes={"queue.json": written_to(tmp_path / "q.json", dict(reversed(REPLY.items())))}
    )
    changed = matches_schema(schema, remotes={"queue.json": {**REPLY, "required": []}})
    with_formats = matches_schema(schema, remotes={"queue.json": REPLY}, formats=True)

    assert repr(by_value) == repr(by_file)
    assert len({repr(by_value), repr(changed), repr(with_formats)}) == 3
    assert re.fullmatch(r"matches_schema\(digest='\w{12}', remotes='\w{12}', formats=True\)", repr(with_formats))


@pytest.mark.parametrize(
    ("uri", "reference"),
    [
        ("queue.json", "queue.json"),
        ("queue.json", "https://example.com/schemas/queue.json"),
        ("https://example.com/schemas/queue.json", "queue.json"),
        ("https://example.com/schemas/queue.json#", "#/$defs/here"),
    ],
)
def test_a_reference_leads_into_a_local_copy(score, tmp_path, uri, reference):
    """The URIs of copies are absolute, or relative to the schema's own, as references are."""
    copy = written_to(tmp_path / "copy.json", {"enum": ["bug", "billing"]})
    here = {"$ref": "https://example.com/schemas/queue.json"}
    schema = {"$id": "https://example.com/schemas/reply.json", "$defs": {"here": here}, "items": {"$ref": reference}}
    scorer = matches_schema(schema, remotes={uri: copy})

    assert score(scorer, '["bug"]').value == 1
    assert score(scorer, '["bug", "other"]').reason.startswith('$[1]: "other" is not one of')


def test_a_local_copy_that_names_no_draft_follows_the_schemas(score):
    """Draft 7 knows lists of items; 2020-12 refuses them."""
    scorer = matches_schema(
        {"$schema": DRAFT_7, "$ref": "pair.json"}, remotes={"pair.json": {"items": [{"type": "null"}]}}
    )

    assert (score(scorer, "[null, 1]").value, score(scorer, "[1]").value) == (1, 0)


def test_a_broken_local_copy_is_named(tmp_path):
    """Which one of them, and where in it."""
    broken = {"items": {"$ref": "#/$defs/none"}}
    with pytest.raises(InputError, match=r"remotes\['a\.json'\]: no such file"):
        matches_schema({"$ref": "a.json"}, remotes={"a.json": tmp_path / "a.json"})
    with pytest.raises(InputError, match=r"remotes\['a\.json'\]: a schema is an object, true or false"):
        matches_schema({"$ref": "a.json"}, remotes={"a.json": written_to(tmp_path / "a.json", 5)})
    with pytest.raises(InputError, match=r"schema: a\.json#/type: "):
        matches_schema({"$ref": "a.json"}, remotes={"a.json": {"type": 5}})
    with pytest.raises(InputError, match=r"a\.json#/items: \$ref '#/\$defs/none' leads to no schema: .*in 'a\.json'"):
        matches_schema({"$ref": "a.json"}, remotes={"a.json": broken})


def test_every_price_in_cents_is_a_multiple_of_a_hundredth(score):
    """As decimals: a quotient of doubles refuses 1,363 of these, such as 19.99, 4.35 and .07."""
    scorer = matches_schema({"items": {"multipleOf": 0.01}})
    prices = ", ".join(f"{cents // 100}.{cents % 100:02}" for cents in range(1, 10_001))

    assert score(scorer, f"[{prices}]").value == 1
    assert score(scorer, "[19.99, 19.995]").reason == "$[1]: 19.995 is not a multiple of 0.01"


@pytest.mark.parametrize(
    ("schema", "text", "follows"),
    [
        ({"multipleOf": 1e24}, "4.9e25", True),
        ({"multipleOf": 1e24}, "4.95e24", False),
        ({"multipleOf": 3}, "9" * 300, True),
        ({"multipleOf": 3}, "9" * 299 + "8", False),
        ({"maximum": 2**53}, str(2**53 + 1), False),
        ({"const": 0.1}, "0.10", True),
        ({"const": 1}, "1.0", True),
        ({"type": "integer"}, "1.0", True),
        ({"enum": [0]}, "false", False),
        ({"multipleOf": 0.01}, "19.990000000000000001", False),
        ({"maximum": 0.3}, "0.30000000000000000001", False),
        ({"maximum": 0.3}, "0.29999999999999999999", True),
        ({"exclusiveMinimum": 0}, "1e-400", True),
        ({"items": {"exclusiveMinimum": 0}}, '[1,\n {"a\\n": [1e-400]}, "0.1"]', True),
    ],
)
def test_numbers_are_what_is_written(score, schema, text, follows):
    """Whatever a double makes of them."""
    assert score(matches_schema(schema), text).value == follows


@pytest.mark.parametrize(
    ("schema", "asked"),
    [
        ({"pattern": r"^[\w.]+@\d$"}, r'"x" does not match "^[\w.]+@\d$"'),
        ({"pattern": r"^(?=\d)"}, r'"x" does not match "^(?=\d)"'),
        ({"not": {"pattern": r"^\w$"}}, r'{"pattern":"^\\w$"} is not allowed for "x"'),
        ({"not": {"pattern": r"^(?=\w)"}}, r'{"pattern":"^(?=\\w)"} is not allowed for "x"'),
    ],
)
def test_a_pattern_is_quoted_as_the_schema_writes_it(score, schema, asked):
    """Not as it is rewritten for the engines."""
    assert score(matches_schema(schema), '"x"').reason == f"$: {asked}"


def test_a_schema_file_s_own_decimals_are_what_is_written(score, tmp_path):
    """A bound between two doubles is kept."""
    path = tmp_path / "reply.schema.json"
    path.write_text('{"maximum": 0.30000000000000000002}', encoding="utf-8")

    assert score(matches_schema(path), "0.30000000000000000001").value == 1
    assert score(matches_schema(path), "0.30000000000000000003").value == 0


@pytest.mark.parametrize("text", ["1e-999999999", "1e-1001", "0." + "1" * 1001])
def test_a_number_with_too_many_decimals_is_refused(score, text):
    """Exact arithmetic with it would take too long."""
    assert score(matches_schema({"multipleOf": 0.01}), text).reason == "a number has more than 1000 decimals"


def test_properties_that_a_schema_allows_beside_the_named_ones_are_evaluated(score):
    """In 2019-09 `additionalProperties` evaluates what it allows, also when it is no truth value."""
    schema = {
        "$schema": DRAFT_2019,
        "properties": {"queue": {"type": "string"}},
        "additionalProperties": {"type": "string"},
        "unevaluatedProperties": False,
    }

    assert score(matches_schema(schema), '{"queue": "bug", "note": "late"}').value == 1
    assert score(matches_schema(schema), '{"queue": "bug", "note": 1}').value == 0


def test_formats_are_asserted_by_choice(score):
    """The specification leaves them out."""
    schema = {"properties": {"due": {"format": "date"}}}

    assert score(matches_schema(schema), '{"due": "2026-02-30"}').value == 1
    assert score(matches_schema(schema, formats=True), '{"due": "2026-02-28"}').value == 1
    wrong = score(matches_schema(schema, formats=True), '{"due": "2026-02-30"}')
    assert (wrong.value, wrong.reason) == (0, '$.due: "2026-02-30" is not a "date"')


def test_half_a_character_is_a_character_like_any_other(score):
    """JSON can write it, though UTF-8 can't."""
    assert score(matches_schema({"type": "string", "maxLength": 1}), r'"\ud800"').value == 1


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


BACKTRACKS = {"pattern": r"^((a|aa)+)\1b$"}
ENDLESS = '"' + "a" * 60 + '!"'


@pytest.mark.parametrize(("schema", "endless", "quick"), [(BACKTRACKS, ENDLESS, '"aab"'), (doubling(60), "5", None)])
def test_a_check_without_end_leaves_the_answer_unscored(score, monkeypatch, schema, endless, quick):
    """A pattern that backtracks, and references that double."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.1)
    scorer = matches_schema(schema)
    given = score(scorer, endless)

    assert (given.value, given.category) == (None, "took too long")
    assert given.reason.startswith(f"{scorer!r} gave up: applying the schema to this answer takes more than 0.1 s")
    assert quick is None or score(scorer, quick).value == 1


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"pattern": "^(a+)+$"}, ENDLESS, 0),
        ({"patternProperties": {"^(a+)+$": False}}, f"{{{ENDLESS}: 1}}", 1),
        ({"anyOf": [{"type": "null"}, {"allOf": [{"items": {"$ref": "#"}}] * 3}]}, "[" * 60 + "]" * 60, 1),
    ],
)
def test_what_used_to_have_no_end_is_scored(score, schema, text, value):
    """Patterns without look-around are searched for in linear time; a value is checked by a subschema once."""
    assert score(matches_schema(schema), text).value == value


def test_references_that_double_a_few_times_are_followed_to_the_end(score):
    """A thousand checks are nothing."""
    assert score(matches_schema(doubling(10)), "5").value == 1
    assert score(matches_schema(doubling(10)), '"a"').category == "breaks the schema"
