"""None of these checks finds anything in the training data that is shipped."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.data.checks.consistency.consistency import Consistency
from harness.data.checks.consistency.prompts import Asked
from harness.data.checks.noise.noise import Noise
from harness.data.checks.personal.personal import PersonalData
from harness.data.checks.shape.shape import Shapes
from harness.data.row import DataRow
from harness.records.messages import Message
from harness.scorers.schema import matches_schema
from tests.data.checks.made import problems

SUITE = Path(__file__).parents[3] / "suites" / "support_triage"
FILES = ("train.jsonl", "validation.jsonl", "everyday.jsonl")


def shipped(*names: str) -> list[DataRow]:
    """Return the rows of some shipped files."""
    return [
        DataRow(file=name, line=line, messages=msgspec.convert(json.loads(text)["messages"], tuple[Message, ...]))
        for name in names
        for line, text in enumerate((SUITE / "training" / name).read_text().splitlines(), 1)
    ]


@pytest.mark.parametrize("names", [FILES, *((name,) for name in FILES)], ids=str)
@pytest.mark.parametrize("check", [Noise, PersonalData, Consistency, Shapes])
def test_the_shipped_rows_are_clean(check, names):
    """All files together, and each alone."""
    assert problems(check(), shipped(*names)) == []


def test_the_shipped_rows_fit_their_suite():
    """Its system prompt, and its schema."""
    prompt = (SUITE / "system.txt").read_text().strip()
    suite = Asked(
        name="support_triage", systems=frozenset({prompt}), answers=matches_schema(SUITE / "reply.schema.json")
    )

    assert problems(Consistency([suite]), shipped(*FILES)) == []
