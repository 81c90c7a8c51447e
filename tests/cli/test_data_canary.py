"""``harness data canary``, and a check that knows what was planted."""

import json

import pytest

from tests.apart import run_harness
from tests.cli.test_data_check import ANSWERED, ASKED
from tests.data.planted import row


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with clean rows."""
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = [row(*pair).decode() for pair in zip(ASKED, ANSWERED, strict=True)]
    (tmp_path / "rows.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "harness.toml").write_text('[data.warn]\nfew-rows = "a test"\n')
    return tmp_path


def planted_in(folder, *options: str):
    """Plant canaries."""
    return run_harness(folder, "data", "canary", "rows.jsonl", "--to", "train.jsonl", *options)


def test_rows_with_canaries_and_their_list_are_written(folder):
    """It says how many, and where the list is."""
    done = planted_in(folder)

    assert done.ret == 0
    assert done.outlines == [
        "train.jsonl: 10 rows, and 10 canaries planted in 64 rows more",
        "train.canaries.json: lists them, for harness data check --canaries and pytest suites/ --canaries",
    ]
    assert len((folder / "train.jsonl").read_text().splitlines()) == 74
    assert len(json.loads((folder / "train.canaries.json").read_text())["canaries"]) == 10


def test_json_has_the_same(folder):
    """And the list can be put elsewhere."""
    done = planted_in(folder, "-n", "1", "--repeats", "3", "--list", "list.json", "--json")

    told = {"file": "train.jsonl", "list": "list.json", "rows": 10, "canaries": 1, "planted": 3}
    assert json.loads(done.stdout.str()) == told
    assert (folder / "list.json").exists()


def test_a_check_that_knows_the_canaries_calls_them_no_copies(folder):
    """Without the list they are problems; with it only the other rows count."""
    planted_in(folder)

    unknown = run_harness(folder, "data", "check", "train.jsonl", "--json")
    known = run_harness(folder, "data", "check", "train.jsonl", "--canaries", "train.canaries.json", "--json")

    assert unknown.ret == 1
    assert {"duplicate"} <= {one["kind"] for one in json.loads(unknown.stdout.str())["problems"]}
    told = json.loads(known.stdout.str())
    assert (known.ret, told["problems"], told["rows"]) == (0, [], 10)
    assert told["files"][0]["planted"] == 64


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--repeats", "1,x"), "--repeats 1,x: expected numbers from 1 to 10,000, such as 1,4,16"),
        (("--repeats", "0"), "--repeats 0: expected numbers"),
        (("--list", "rows.jsonl"), "rows.jsonl: is there already"),
    ],
)
def test_wrong_use_is_told_and_writes_nothing(folder, options, words):
    """Exit 2."""
    done = planted_in(folder, *options)

    assert done.ret == 2
    assert words in done.stderr.str()
    assert not (folder / "train.jsonl").exists()
