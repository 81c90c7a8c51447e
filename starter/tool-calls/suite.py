"""Tool calls: the right function with the right arguments, and none where none is needed."""

from pathlib import Path

import pytest

from harness.scorers import calls_tool

HERE = Path(__file__).parent
RIGHT_CALL = calls_tool(ignore_case=True)
# `system` is the system message of your training: ask the model as it will be asked in use.
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", tools="tools.json", system=HERE / "system.txt", max_tokens=128)


def test_calls_are_right(evaluate, gate):
    # Few cases can limit how many are lost. To rule out a drop of 0.05 takes 59 or more: then write max_drop=0.05.
    gate(evaluate(RIGHT_CALL), floor=0.7, max_flips=1)
