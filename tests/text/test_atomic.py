"""Files that are there whole or not at all."""

import os

import pytest

from harness.errors import StoreError
from harness.text.atomic import replacing, write_atomically


def test_writing_leaves_nothing_half_done(tmp_path):
    """A file is replaced at once, others may read it, and no temporary file stays."""
    path = tmp_path / "run.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["run.json"]  # noqa: PTH208 - hidden files count


def test_what_breaks_half_way_leaves_the_old_file(tmp_path):
    """And no temporary one."""
    path = tmp_path / "run.json"
    write_atomically(path, b"old")

    with pytest.raises(UnicodeEncodeError), replacing(path) as file:
        file.writelines(text.encode() for text in ("half of the n", "\ud800"))

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["run.json"]  # noqa: PTH208 - hidden files count


def test_a_place_that_can_not_be_written_is_named(tmp_path):
    """A folder that isn't there, and a folder in the file's place; nothing is left in either."""
    (tmp_path / "taken").mkdir()

    for path in (tmp_path / "none" / "file", tmp_path / "taken"):
        with pytest.raises(StoreError, match=f"{path.name}: can't be written"):
            write_atomically(path, b"x")
    assert os.listdir(tmp_path) == ["taken"]  # noqa: PTH208 - hidden files count
