"""What is kept beside a mixed file and beside the page of a check: believed only while the file is the same."""

import pytest

from harness.data.beside import (
    checked_of,
    mixture_of,
    page_digest,
    read_checked,
    read_mixed,
    rows_digest,
    write_checked,
    write_mixed,
)
from harness.records.trained import CheckedFile, Mixed, MixedPart, RowsChecked


def test_a_mixture_is_that_of_the_file_that_was_mixed(tmp_path):
    """One that was changed, or put in its place, has none."""
    rows = tmp_path / "mixed.jsonl"
    rows.write_text("one\n")
    mixed = Mixed(digest=rows_digest(rows), parts=(MixedPart(name="a", rows=1, tokens=2),), seed=3, estimated=True)
    assert read_mixed(rows) is None

    write_mixed(rows, mixed)

    assert read_mixed(rows) == mixed
    assert mixture_of(rows).name == "mixed.mixture.json"
    rows.write_text("two\n")
    assert read_mixed(rows) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"digest": 1}', "\ud800"])
def test_what_is_no_record_of_ours_is_none(tmp_path, text):
    """Another tool's file of the name, or one that was cut off."""
    rows = tmp_path / "mixed.jsonl"
    rows.write_text("one\n")
    mixture_of(rows).write_bytes(text.encode(errors="surrogatepass"))

    assert read_mixed(rows) is None


def test_a_check_is_that_of_the_page_that_it_wrote(tmp_path):
    """Also a page of the same name that was written elsewhere is another one; one that is gone has none."""
    page = tmp_path / "rows.html"
    page.write_text("<p>clean")
    checked = RowsChecked(
        files=(CheckedFile(name="a.jsonl", digest="d", rows=1),),
        problems=0,
        warnings=0,
        untold=0,
        page=page_digest(page),
        time="2026-11-27T02:00:00+00:00",
    )
    write_checked(page, checked)

    assert read_checked(page) == checked
    assert checked_of(page).name == "rows.checked.json"
    page.write_text("<p>clean too")
    assert read_checked(page) is None
    page.unlink()
    assert read_checked(page) is None


def test_the_digest_is_of_the_content_alone(tmp_path):
    """A copy under another name is the same rows."""
    for name, text in (("a.jsonl", "x"), ("b.jsonl", "x"), ("c.jsonl", "y")):
        (tmp_path / name).write_text(text)

    first, copy, other = (rows_digest(tmp_path / name) for name in ("a.jsonl", "b.jsonl", "c.jsonl"))

    assert first == copy != other
