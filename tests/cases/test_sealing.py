"""Rows that are split into train, validation and a sealed test."""

import datetime as dt
import json
import random

import pytest

from harness.asking.cases import load_cases
from harness.cases.sealing import Places, Wanted, split_rows, write_split
from harness.data.row import DataRow
from harness.data.rows import load_rows
from harness.data.seal import read_seal
from harness.errors import DataError, HarnessError
from harness.records.messages import Message

WORDS = [
    "anchor",
    "basket",
    "candle",
    "dragon",
    "engine",
    "forest",
    "garden",
    "hammer",
    "island",
    "jacket",
    "kettle",
    "ladder",
    "magnet",
    "needle",
    "orange",
    "pepper",
    "quarry",
    "ribbon",
    "saddle",
    "tunnel",
    "urchin",
    "violin",
    "walnut",
    "yellow",
    "zipper",
    "bridge",
    "copper",
    "desert",
    "eagle",
    "falcon",
    "glacier",
    "harbour",
]


def noon():
    """Return one moment."""
    return dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)


def row(number, asked, answer, group=""):
    """Return a row of one question."""
    messages = (Message(role="user", content=asked), Message(role="assistant", content=answer))
    return DataRow(file="rows.jsonl", line=number, messages=messages, group=group)


def tickets():
    """Return forty rows of four labels, each unlike the others."""
    draw = random.Random(3)  # noqa: S311 - invented words
    return [row(number, " ".join(draw.sample(WORDS, 7)), f"label-{number % 4}") for number in range(1, 41)]


def test_the_parts_have_their_shares_of_each_label():
    """Answers that are labels are spread by themselves."""
    rows = tickets()

    parts = split_rows(rows, Wanted(test=0.2, validation=0.2))

    assert parts.sizes == {"train": 24, "validation": 8, "test": 8}
    for places in parts.rows.values():
        labels = [rows[place].output for place in places]
        assert {labels.count(label) for label in labels} == {len(labels) // 4}


def test_rows_that_are_nearly_the_same_stay_together():
    """By what is asked, by a long answer, and by a group that was named."""
    long = "Restart the spooler, wait for a minute, and print the page that the printer keeps for tests."
    rows = [
        *tickets(),
        row(41, "The export of our boards hangs at ninety percent since the update.", "bug"),
        row(42, "The export of our boards hangs at ninety percent since the update!!", "outage"),
        row(43, "Nothing comes out of it.", long),
        row(44, "It hums, and that is all.", long.replace("a minute", "one minute")),
        row(45, "Can a guest see drafts?", "no", group="Nordkai"),
        row(46, "Who pays for the seats of contractors?", "owners", group="Nordkai"),
    ]

    for seed in range(20):
        parts = split_rows(rows, Wanted(test=0.3, validation=0.3, seed=seed))
        homes = {place: name for name, places in parts.rows.items() for place in places}
        assert homes[40] == homes[41]
        assert homes[42] == homes[43]
        assert homes[44] == homes[45]


def test_the_test_is_written_as_sealed_cases(tmp_path):
    """With the answers as what is expected, JSON as JSON; training and validation rows are files of rows."""
    rows = [row(number, one.input, json.dumps({"queue": one.output})) for number, one in enumerate(tickets(), start=1)]
    parts = split_rows(rows, Wanted(field="queue"))

    written = write_split(rows, parts, Places(into=tmp_path / "training", suite=tmp_path / "suite"), 7, noon)

    cases = load_cases(tmp_path / "suite" / "cases.jsonl")
    asked = {case.messages[-1].text: case.expected for case in cases}
    assert asked == {rows[place].input: {"queue": rows[place].output[11:-2]} for place in parts.rows["test"]}
    seal = read_seal(tmp_path / "suite" / "cases.jsonl")
    assert (seal.cases, seal.seed, seal.sources) == (4, 7, ("rows.jsonl",))
    kept = load_rows(tmp_path / "training" / "train.jsonl")
    assert [one.messages for one in kept] == [rows[place].messages for place in parts.rows["train"]]
    assert list(written.files.values()) == [32, 4, 4]


def test_nothing_is_overwritten_and_nothing_is_half_written(tmp_path):
    """A file that is there stops all of it."""
    rows = tickets()
    (tmp_path / "validation.jsonl").write_text("mine")

    with pytest.raises(DataError, match=r"validation\.jsonl: is there already"):
        write_split(rows, split_rows(rows, Wanted()), Places(into=tmp_path, suite=tmp_path / "suite"), 0, noon)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["validation.jsonl"]


def test_two_answers_to_one_question_are_no_test(tmp_path):
    """Nobody could pass it; the places of both rows are told."""
    rows = [row(1, "Is it the weekend?", "yes"), row(2, "Is it the weekend?", "no"), *tickets()]
    parts = split_rows(rows, Wanted(test=0.9, validation=0))

    with pytest.raises(DataError, match=r"rows\.jsonl:2: asks the same as rows\.jsonl:1 and has another answer"):
        write_split(rows, parts, Places(into=tmp_path, suite=tmp_path / "suite"), 0, noon)


@pytest.mark.parametrize(
    ("rows", "wanted", "words"),
    [
        (tickets()[:2], Wanted(), "2 rows, in 2 units that belong together, are too few to split"),
        (tickets(), Wanted(field="queue"), r"rows\.jsonl:1: the answer is no JSON object with a field 'queue'"),
    ],
)
def test_what_cant_be_split_is_told(rows, wanted, words):
    """With what is missing."""
    with pytest.raises(DataError, match=words):
        split_rows(rows, wanted)


@pytest.mark.parametrize("there", ["training", "suite"])
def test_a_split_that_cant_be_written_leaves_nothing(there, tmp_path):
    """A file is where a folder should be: no part stays, or the next try would be refused for it."""
    rows = tickets()
    (tmp_path / there).write_text("mine")

    with pytest.raises(HarnessError, match=f"{there}.*can't be"):
        write_split(
            rows, split_rows(rows, Wanted()), Places(into=tmp_path / "training", suite=tmp_path / "suite"), 0, noon
        )

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [there]


def test_a_seal_without_its_cases_stops_a_split(tmp_path):
    """Before anything is written: the seal counts what another test decided."""
    rows = tickets()
    (tmp_path / "cases.seal.json").write_text("{}")

    with pytest.raises(DataError, match=r"cases\.seal\.json: is there already"):
        write_split(rows, split_rows(rows, Wanted()), Places(into=tmp_path, suite=tmp_path), 0, noon)

    assert [path.name for path in tmp_path.iterdir()] == ["cases.seal.json"]
