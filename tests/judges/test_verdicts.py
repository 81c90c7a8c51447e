"""Verdicts that were given elsewhere, read as a judge's replies are."""

import msgspec
import pytest

from harness.errors import DataError
from harness.judges.readings import stored_readings
from harness.judges.verdicts import StoredVerdict, read_verdicts, verdicts_by_label
from tests.judges.made import COMPLETENESS, HELPFULNESS, paired, rated


def readings(rubric, labels, verdicts):
    """Return what stored verdicts say of labels."""
    return stored_readings(rubric, labels, verdicts_by_label(labels, verdicts))


def test_both_orders_one_order_and_what_they_came_to():
    """A pair whose orders disagree is a tie that flipped; of one order alone, nobody knows whether it would have."""
    labels = [paired(number, 1, 2) for number in range(6)]
    said = [
        StoredVerdict(label=labels[0].read, text='{"better": "B"}', swapped='{"better": "A"}'),
        StoredVerdict(label="case-001", text='{"better": "A"}', swapped='{"better": "A"}'),
        StoredVerdict(label="case-002", text='{"better": "B"}'),
        StoredVerdict(label="case-003", text="Both are fine."),
        StoredVerdict(label="case-004", outcome="flipped"),
        StoredVerdict(label="nobody labelled this", text='{"better": "B"}'),
    ]

    found = readings(HELPFULNESS, labels, said)

    assert [one.value for one in found] == [1.0, 0.5, 1.0, None, 0.5]
    assert [one.flipped for one in found] == [False, True, None, None, True]
    assert [one.orders for one in found] == [(-1.0, 1.0), (1.0, 1.0), None, None, None]


def test_levels_and_what_cannot_be_read():
    """As a judge's own replies, also where the labels came without texts."""
    labels = [rated(1, 5), msgspec.structs.replace(rated(2, 4), answer="", messages=()), rated(3, 1)]
    texts = ('{"score": 2}', '{"score": 3}', "10/10")
    said = [StoredVerdict(label=one.read, text=text) for one, text in zip(labels, texts, strict=True)]

    assert [one.value for one in readings(COMPLETENESS, labels, said)] == [0.25, 0.5, None]


def test_a_verdict_on_two_labels_or_two_on_one_are_refused():
    """Nobody could say which one counts."""
    labels = [paired(1, 1, 2), msgspec.structs.replace(paired(1, 1, 2), candidate="other")]
    verdict = StoredVerdict(label=labels[0].read, outcome="tie")

    with pytest.raises(DataError, match=r"'case-001': 2 labels are of this case; name the one by the digest"):
        verdicts_by_label(labels, [StoredVerdict(label="case-001", outcome="tie")])
    with pytest.raises(DataError, match="two verdicts are on"):
        verdicts_by_label(labels, [verdict, msgspec.structs.replace(verdict, outcome="candidate")])


def test_verdicts_are_read_by_line(tmp_path):
    """A missing file and a wrong line are named."""
    path = tmp_path / "verdicts.jsonl"
    path.write_text('{"label": "a", "text": "x"}\n{"label": "b", "outcome": "A"}\n')

    with pytest.raises(DataError, match=r"verdicts\.jsonl:2: "):
        read_verdicts(path)
    with pytest.raises(DataError, match="no such file"):
        read_verdicts(tmp_path / "none.jsonl")
