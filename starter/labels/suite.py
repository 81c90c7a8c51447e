"""Labels: each text gets the one label that people gave it."""

from pathlib import Path

import pytest

from harness.scorers import bare_label, predicts_label

HERE = Path(__file__).parent
LABELS = ("billing", "bug", "account", "feature")
# Quotation marks or a full stop around the label don't count; a sentence around it is wrong, since no program reads it.
RIGHT_LABEL = predicts_label(LABELS, read=bare_label)
# `system` is the system message of your training: ask the model as it will be asked in use.
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", system=HERE / "system.txt", max_tokens=16)


def test_labels_are_right(evaluate, gate):
    # Few cases can limit how many are lost. To rule out a drop of 0.05 takes 59 or more: then write max_drop=0.05.
    gate(evaluate(RIGHT_LABEL), floor=0.7, max_flips=1)
