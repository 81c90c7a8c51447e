"""The official test suite of JSON Schema, where it is beside the checkout (shared/data/jsonschema_suite)."""

import functools
import json
from collections import Counter
from pathlib import Path

import pytest

from harness.scorers.schemas.applying import compiled, read_json
from harness.scorers.schemas.checking import checked
from harness.scorers.schemas.rules import as_json, rules_of

SUITE = Path(__file__).parents[4] / "shared" / "data" / "jsonschema_suite"
DRAFTS = {
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
SERVED = "http://localhost:1234/"
"""Where the suite says that its remote documents are."""


def of_draft(schema: object, draft: str) -> object:
    """Return a schema that names its draft."""
    return (
        {"$schema": DRAFTS[draft], **schema}
        if isinstance(schema, dict)
        else {"$schema": DRAFTS[draft], "allOf": [schema]}
    )


def remotes(draft: str) -> dict[str, object]:
    """Return the remote documents of a draft, and those of others that name theirs, by URI."""
    found = {}
    for path in sorted((SUITE / "remotes").rglob("*.json")):
        name, content = path.relative_to(SUITE / "remotes"), json.loads(path.read_text(encoding="utf-8"))
        if len(name.parts) == 1 or not name.parts[0].startswith(("draft", "v1")):
            found[f"{SERVED}{name}"] = content
        elif name.parts[0] == draft:
            found[f"{SERVED}{name}"] = of_draft(content, draft)
        elif name.parts[0] in DRAFTS and "$schema" in content:
            found[f"{SERVED}{name}"] = content
    return found


@pytest.mark.skipif(not SUITE.exists(), reason="the official suite is no part of the project")
@pytest.mark.parametrize(
    ("draft", "required", "optional"), [("draft7", 927, 787), ("draft2019-09", 1259, 908), ("draft2020-12", 1299, 919)]
)
def test_every_test_of_the_official_suite_passes_but_those_with_an_unknown_format(draft, required, optional):
    """Such a schema is refused where formats are asserted: docs/decisions/0016."""
    given = remotes(draft)

    @functools.cache
    def made(schema: str, *, formats: bool) -> object:
        served = given if SERVED in schema else {}
        try:
            return compiled(as_json(checked(rules_of(of_draft(json.loads(schema), draft), served, formats=formats))))
        except ValueError as problem:
            return problem

    found, failed = Counter(), Counter()
    for line in (SUITE / f"{draft}.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n"):
        row = json.loads(line)
        validator = made(json.dumps(row["schema"]), formats=row["optional"] and "/format" in row["file"])
        answer = read_json(json.dumps(row["data"]))
        if not isinstance(validator, ValueError) and validator.is_valid(answer) == row["valid"]:
            found[row["optional"]] += 1
        else:
            failed[row["file"].removeprefix(f"tests/{draft}/"), row["group"]] += 1

    assert found == {False: required, True: optional}
    assert failed == {("optional/format/unknown.json", "unknown format"): 7}
