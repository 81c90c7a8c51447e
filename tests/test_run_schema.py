"""The schema in docs/ is that of the records, and what is saved fits it."""

import json

import jsonschema
import pytest

from harness.runs.folder import write_run
from scripts.run_schema import FILE, schema_text
from tests.sample_run import sample_run


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what checks one record by the documented schema."""
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema | {"$ref": f"#/$defs/{name}"})


def test_the_documented_schema_is_up_to_date():
    """After a change of a record: python scripts/run_schema.py."""
    assert FILE.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize(("file", "name"), [("answers.jsonl", "Answer"), ("scores.jsonl", "Judgement")])
def test_saved_lines_fit_the_schema(tmp_path, file, name):
    """Each of them."""
    sample = sample_run()
    write_run(tmp_path, sample.run, sample.answers, sample.judgements)
    check = validator(name)

    lines = [json.loads(line) for line in (tmp_path / file).read_text(encoding="utf-8").splitlines()]

    assert lines
    assert all(check.is_valid(line) for line in lines)


def test_a_saved_run_fits_the_schema_and_another_does_not(tmp_path):
    """An unknown field or a missing one is noticed."""
    sample = sample_run()
    write_run(tmp_path, sample.run, (), ())
    saved = json.loads((tmp_path / "run.json").read_bytes())
    check = validator("Run")

    check.validate(saved)

    assert not check.is_valid(saved | {"unknown": 1})
    assert not check.is_valid({name: value for name, value in saved.items() if name != "verdicts"})
