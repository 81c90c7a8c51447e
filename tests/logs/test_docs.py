"""The page about logs: each example is read, and says what is told of it."""

import os
import tomllib

import pytest

from harness.config.whole import HarnessConfig
from harness.text.toml import build
from tests.logs.made import read
from tests.snippets import Snippet, snippets

PAGE = "docs/logs.md"
SHOWN = [one for one in snippets("jsonl", "log") if one.page == PAGE]
DOWN = 4
"""Examples with a thumb down and the comment to it."""


def requests_in(snippet: Snippet, folder) -> list:
    """Return the requests of an example."""
    path = folder / f"shown.{snippet.language}"
    path.write_text(snippet.code)
    os.utime(path, (1_764_300_000, 1_764_300_000))
    return read(path)


@pytest.mark.parametrize("snippet", SHOWN, ids=lambda one: str(one.line))
def test_an_example_is_read(snippet, tmp_path):
    """As one request with its answer, however many rows it has."""
    (one,) = requests_in(snippet, tmp_path)

    assert (one.asked, one.text, one.error) == ("Where is my parcel?", "In Leeds.", "")
    assert one.time in (None, 1_764_200_000.0)
    assert one.seconds is None or 0.3 < one.seconds <= 1


def test_what_the_examples_say_beside_that(tmp_path):
    """Thumbs in half of them, and a model in all but two."""
    found = [requests_in(one, tmp_path)[0] for one in SHOWN]

    assert len(found) == 8
    assert [one.comment for one in found if one.feedback == "down"] == ["It is not"] * DOWN
    assert sum(one.model == "support-7" for one in found) == 7
    assert found[-1].meta == {"context": [{"id": "leeds.md", "text": "Parcels wait in Leeds for a day."}]}


def test_the_mapping_of_the_page_is_one(tmp_path):
    """Each of its paths leads somewhere."""
    (shown,) = (one.code for one in snippets("toml") if one.page == PAGE)
    mapping = build(tomllib.loads(shown), HarnessConfig, PAGE).logs.mapping
    row = (
        '{"input": {"history": "Hi"}, "output": [{"said": "Hello"}], "timing": {"total_ms": 310},'
        ' "rating": {"helpful": true}, "rag": {"hits": ["Open."]}}\n'
    )
    path = tmp_path / "own.jsonl"
    path.write_text(row)

    (one,) = read(path, mapping=mapping)

    assert (one.asked, one.text, one.seconds, one.feedback) == ("Hi", "Hello", 0.31, "up")
    assert one.meta["context"] == [{"id": "1", "text": "Open."}]
