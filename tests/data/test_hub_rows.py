"""Rows of a data set on a hub: which file is read, and what is said when there is none."""

import pytest
from huggingface_hub import constants

from harness.data.hub_rows import HubPart, read_hub_table
from harness.errors import DataError
from tests.models.hub_server import FIRST, Model, asked_alone

FILES = {
    "README.md": b"# sums",
    "data/train-00000-of-00001.jsonl": b'{"q": "1 + 1", "a": 2}\n',
    "data/test-00000-of-00001.jsonl": b'{"q": "2 + 3", "a": 5}\n{"q": "2 + 4", "a": ""}\n',
}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Return a hub with one data set, with an empty cache and no token."""
    with asked_alone(tmp_path, monkeypatch) as hub:
        hub.models["org/sums"] = Model({FIRST: FILES})
        yield hub


def refused(source: str, part: HubPart) -> str:
    """Return the words of a refusal."""
    with pytest.raises(DataError) as told:
        read_hub_table(source, part)
    return str(told.value)


@pytest.mark.parametrize("part", [HubPart(split="test"), HubPart(file="data/test-00000-of-00001.jsonl")])
def test_the_file_of_a_split_is_read_and_its_rows_name_it(hub, part):
    """Not the path of the cache, which says nothing to anybody."""
    first, second = read_hub_table("hub:org/sums", part)

    assert first.values == {"q": "2 + 3", "a": 5}
    assert second.place == "hub:org/sums/data/test-00000-of-00001.jsonl:2"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (HubPart(), "hub:org/sums: 2 files could be meant; name one with --file: data/test-00000-of-00001.jsonl, data"),
        (HubPart(split="tes"), "no file for --split 'tes'; there are data/test-00000-of-00001.jsonl, data/train-"),
        (HubPart(split="validation"), "no file for --split 'validation'"),
        (HubPart(file="data/x.jsonl"), "no file for --file 'data/x.jsonl'"),
    ],
)
def test_what_is_not_one_file_names_those_that_are_there(hub, part, words):
    """So that the next try is right."""
    assert words in refused("hub:org/sums", part)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("hub:org/summs", "has no such data set, or a private one, which looks the same; check the spelling"),
        ("hub:org/sums@v9", "hub:org/sums@v9: there is no revision 'v9'"),
        ("hub:sums", "hub:sums: expected hub:org/name or hub:org/name@revision"),
    ],
)
def test_a_wrong_name_is_said_in_one_line(hub, source, words):
    """With what to do."""
    told = refused(source, HubPart(split="test"))

    assert words in told
    assert "\n" not in told


def test_a_hub_that_is_down_is_said_in_one_line(hub):
    """Its own words are not shown."""
    hub.status = 500

    told = refused("hub:org/sums", HubPart(split="test"))

    assert told.startswith(f"hub:org/sums: {hub.url} gives no usable answer; check the network and HF_ENDPOINT, or")
    assert "\n" not in told


def test_a_gated_data_set_names_its_page(hub):
    """Where access is asked for."""
    hub.models["org/sums"].is_gated = True

    assert f"ask for access at {hub.url}/datasets/org/sums" in refused("hub:org/sums", HubPart(split="test"))


def test_offline_nobody_is_asked(hub, monkeypatch):
    """And the way out is named."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert "HF_HUB_OFFLINE is set; unset it, or download" in refused("hub:org/sums", HubPart(split="test"))
    assert not hub.asked


def test_a_data_set_without_tables_says_which_kinds_there_are(hub):
    """A script of the data set's own is never run."""
    hub.models["org/sums"] = Model({FIRST: {"sums.py": b"raise SystemExit", "a.zip": b"PK"}})

    assert "no file of a kind that can be read (.csv, .jsonl," in refused("hub:org/sums", HubPart())
