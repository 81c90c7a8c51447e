"""JSON: answers that a program accepts, with the values that people read in the text."""

from pathlib import Path

import pytest

from harness.scorers import field_equals, matches_schema

HERE = Path(__file__).parent
FIELDS = ("customer", "product", "quantity", "urgent")
# Scorers are made here, not inside of the tests, so that a mistake in one shows before any model is asked.
FOLLOWS_SCHEMA = matches_schema(HERE / "reply.schema.json")
RIGHT_VALUE = {field: field_equals(field) for field in FIELDS}
# `system` is the system message of your training: ask the model as it will be asked in use.
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", system=HERE / "system.txt", max_tokens=96)


def test_replies_follow_the_schema(evaluate, gate):
    gate(evaluate(FOLLOWS_SCHEMA), floor=0.9)


@pytest.mark.parametrize("field", FIELDS)
def test_the_value_is_right(field, evaluate, gate):
    # Few cases can limit how many are lost. To rule out a drop of 0.05 takes 59 or more: then write max_drop=0.05.
    gate(evaluate(RIGHT_VALUE[field]), floor=0.7, max_flips=1)
