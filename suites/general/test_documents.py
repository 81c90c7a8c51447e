"""Answers that rest on documents: fine-tuning must not teach a model to pass over what it is given to read."""

from pathlib import Path

import pytest

from harness.scorers import keeps_to_context

HERE = Path(__file__).parent
pytestmark = pytest.mark.suite(HERE / "documents.jsonl", prompt=HERE / "documents.jinja", max_tokens=24)


def test_answers_keep_to_the_documents(evaluate, gate):
    # Every question has a document of its own kind; a third of them is not answered there.
    gate(evaluate(keeps_to_context()), max_drop=0.15)
