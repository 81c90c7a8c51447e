"""Anchors and their history: drawn by seed, only ever added to, and compared with the check that they belong to."""

import json

import msgspec
import pytest

from harness.errors import DataError
from harness.judges.anchors import (
    AnchorDay,
    add_day,
    anchors_file,
    anchors_of,
    before_of,
    checked_anchors,
    draw_anchors,
    read_days,
    released_of,
    verdicts_of,
    why_other_labels,
)
from harness.judges.readings import Reading
from harness.records.judged import FixedVerdict, JudgeCheck
from harness.stats.judges.attributed import Anchor
from tests.judges.made import COMPLETENESS, HELPFULNESS, paired_evenly, rated, rated_evenly

DAY = AnchorDay(time="2026-11-27T12:00:00+00:00", digest="d", judge="j", checked="c", release="r")
CHECK = JudgeCheck(
    rubric="completeness",
    version=1,
    digest="d",
    judge="j",
    labels=4,
    outcome="trusted",
    levels=("1", "2", "3"),
    table=((1, 0, 0), (0, 0, 1), (0, 0, 1)),
)


def test_anchors_are_drawn_by_seed():
    """The same for the same, others for another, whatever the order of the file; all where there are no more."""
    labels = rated_evenly(50)

    drawn = draw_anchors(labels, 10, "one")

    assert drawn == draw_anchors(labels[::-1], 10, "one")
    assert drawn != draw_anchors(labels, 10, "two")
    assert len({label.read for label in drawn}) == 10
    assert {label.read for label in draw_anchors(labels, 99, "one")} == {label.read for label in labels}
    assert draw_anchors([], 5, "one") == ()


def test_the_history_is_only_added_to(tmp_path):
    """What is there stays byte for byte, also without a line end; it has no answer twice."""
    path = anchors_file(tmp_path / "drift", COMPLETENESS)
    assert path.name == "completeness.anchors.jsonl"
    assert read_days(path) == ()

    first = msgspec.structs.replace(DAY, answers={"a": 0.5})
    assert add_day(path, first) == (first,)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    before = path.read_bytes()
    days = add_day(path, msgspec.structs.replace(DAY, answers={"a": 0.9, "b": 1.0}, failed=2))

    assert path.read_bytes().startswith(before + b"\n")
    assert [dict(day.answers) for day in days] == [{"a": 0.5}, {"b": 1.0}]
    assert read_days(path) == days
    assert json.loads(path.read_text().splitlines()[1])["failed"] == 2


def test_days_of_another_check_judge_or_release_do_not_count(tmp_path):
    """An answer can be new again after another release."""
    path = tmp_path / "h.jsonl"
    others = [
        msgspec.structs.replace(DAY, answers={"a": 0.0}, **{name: "x"}) for name in ("digest", "judge", "release")
    ]
    for day in (*others, msgspec.structs.replace(DAY, checked="later")):
        add_day(path, day)

    days = add_day(path, msgspec.structs.replace(DAY, answers={"a": 1.0}))

    assert len(days) == 5
    assert before_of(days, DAY) == [msgspec.structs.replace(DAY, answers={"a": 1.0})]


def test_the_values_at_release_are_kept_as_they_were_first(tmp_path):
    """A judge that moved judges them otherwise, and changes nothing."""
    path = tmp_path / "h.jsonl"
    add_day(path, DAY)
    add_day(path, msgspec.structs.replace(DAY, released=(1.0, 0.0)))

    days = add_day(path, msgspec.structs.replace(DAY, released=(0.0, 0.0)))

    assert [day.released for day in days] == [(), (1.0, 0.0), ()]
    assert released_of(days) == (1.0, 0.0)


def test_a_line_that_cannot_be_read_is_named(tmp_path):
    """And the file stays as it is."""
    path = tmp_path / "h.jsonl"
    path.write_text('{"time": 1}\n')

    with pytest.raises(DataError, match=r"h\.jsonl:1: "):
        add_day(path, DAY)
    assert path.read_text() == '{"time": 1}\n'


def test_verdicts_are_put_beside_what_people_said():
    """On the rubric's levels; of a label that is gone, nothing; a failed call is no verdict."""
    labels = [rated(0, 1), rated(1, 4), rated(2, 5)]
    readings = [
        Reading(label=labels[0], value=0.3),
        Reading(label=labels[1], value=None),
        Reading(label=labels[2], value=None, failed=True),
    ]

    verdicts = (*verdicts_of(readings), FixedVerdict(label="gone", value=1.0))

    assert anchors_of(COMPLETENESS, labels, verdicts) == [Anchor(0.0, 0.25), Anchor(0.75, None)]
    pair = paired_evenly(1)
    assert anchors_of(HELPFULNESS, pair, (FixedVerdict(label=pair[0].read, value=1.0),)) == [Anchor(1.0, 1.0)]


def test_a_check_is_a_verdict_on_each_of_its_labels():
    """Its table has those that could be read."""
    assert checked_anchors(CHECK) == [Anchor(0.0, 0.0), Anchor(0.5, 1.0), Anchor(1.0, 1.0), Anchor(0.0, None)]


def test_other_labels_than_those_of_the_check_are_noticed():
    """One more, one less, or another level; an unreadable one can be of any level."""
    check = msgspec.structs.replace(CHECK, levels=tuple("12345"), table=((1, 0), (1, 0), (0, 0), (0, 0), (0, 1)))
    labels = [rated(0, 1), rated(1, 2), rated(2, 5), rated(3, 3)]

    assert why_other_labels(COMPLETENESS, check, labels) == ""
    for others in (labels[:3], [*labels, rated(4, 1)], [rated(9, 5), *labels[1:]]):
        assert "it was checked with 4 labels" in why_other_labels(COMPLETENESS, check, others)
