"""Files and folders that are there whole or not at all."""

import os
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.text.atomic import lock_of, locked_at_once, make_folder, replacing, unfinished_of, write_atomically


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


def test_a_folder_is_made_once_and_gets_its_name_when_it_is_whole(tmp_path):
    """While it is made, its lock is held, so whatever lies in its place was left by a dead process."""
    folder = tmp_path / "cache" / "model"
    unfinished_of(folder).mkdir(parents=True)
    (unfinished_of(folder) / "half").touch()
    seen = []

    def make(unfinished: Path) -> None:
        assert not any(unfinished.iterdir())
        with pytest.raises(BlockingIOError), locked_at_once(lock_of(folder)):
            pass
        seen.append(folder.exists())
        (unfinished / "whole").touch()

    make_folder(folder, make)
    make_folder(folder, make)

    assert seen == [False]
    assert [path.name for path in folder.iterdir()] == ["whole"]
    assert not unfinished_of(folder).exists()


def test_a_folder_that_breaks_half_way_leaves_nothing(tmp_path):
    """The next try starts anew, and the lock is free."""
    folder = tmp_path / "model"

    def break_off(unfinished: Path) -> None:
        (unfinished / "half").touch()
        raise StoreError("no space left")

    with pytest.raises(StoreError, match="no space left"):
        make_folder(folder, break_off)

    assert [path.name for path in tmp_path.iterdir()] == ["model.lock"]
    with locked_at_once(lock_of(folder)):
        make_folder(tmp_path / "other", lambda unfinished: (unfinished / "whole").touch())
    assert (tmp_path / "other" / "whole").exists()
