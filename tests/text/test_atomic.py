"""Files and folders that are there whole or not at all."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.text.atomic import (
    keep_names,
    lock_of,
    locked_at_once,
    make_folder,
    remove_left_over,
    remove_left_over_folders,
    replacing,
    unfinished_of,
    write_atomically,
    write_durably,
)

KILLED = """
import os, sys
from pathlib import Path
from harness.text.atomic import replacing

with replacing(Path(sys.argv[1])) as file:
    file.write(b"half of it")
    file.flush()
    os.kill(os.getpid(), 9)
"""


def killed_while_writing(path: Path) -> None:
    """Leave what a killed process leaves."""
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, cwd=Path(__file__).parents[2])


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


def test_a_device_or_a_pipe_is_never_replaced_by_a_file(tmp_path):
    """As with `--html /dev/full`, run by root."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(StoreError, match="pipe: can't be written: it is a device or a pipe, not a regular file"):
        write_atomically(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()


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


def test_what_a_killed_process_left_goes_with_the_next_writing_of_that_file(tmp_path):
    """At once, and not what another process is still writing."""
    path, other = tmp_path / "r1.ballot.json", tmp_path / "r2.ballot.json"
    killed_while_writing(path)
    (left,) = tmp_path.iterdir()

    with replacing(other) as file:
        file.write(b"another")
        write_atomically(path, b"whole")
        assert not left.exists()
        write_atomically(path.with_name("r2.ballot.json.x"), b"whole")

    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {
        "r1.ballot.json": b"whole",
        "r2.ballot.json": b"another",
        "r2.ballot.json.x": b"whole",
    }


def test_a_folder_is_cleared_of_what_killed_processes_left_alone(tmp_path):
    """What a living process writes, other hidden files, and what is not a file stay."""
    killed_while_writing(tmp_path / "run.json")
    (tmp_path / ".other").touch()
    os.mkfifo(tmp_path / ".run.json.x.unfinished")
    path = tmp_path / "report.html"

    with replacing(path) as file:
        remove_left_over(tmp_path)
        file.write(b"whole")

    assert path.read_bytes() == b"whole"
    assert sorted(one.name for one in tmp_path.iterdir()) == [".other", ".run.json.x.unfinished", "report.html"]


def test_a_file_that_another_process_took_for_left_over_is_made_again(tmp_path, monkeypatch):
    """Between the making of a file and its lock somebody can remove it."""
    path, lock = tmp_path / "run.json", fcntl.flock
    taken = []

    def take(file: object, how: int) -> None:
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
        lock(file, how)

    monkeypatch.setattr("fcntl.flock", take)
    write_atomically(path, b"whole")

    assert taken
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]


def test_folders_that_killed_processes_left_are_removed_when_another_is_made(tmp_path):
    """Of any model, since gigabytes would stay for ever; what another process is making stays."""
    dead, living, folder = (tmp_path / name for name in ("dead", "living", "model"))
    for one in (dead, living):
        unfinished_of(one).mkdir()
        (unfinished_of(one) / "half").touch()

    with locked_at_once(lock_of(living)):
        make_folder(folder, lambda unfinished: (unfinished / "whole").touch())
        assert not unfinished_of(dead).exists()
        assert (unfinished_of(living) / "half").exists()
    remove_left_over_folders(tmp_path)

    assert not unfinished_of(living).exists()
    assert (folder / "whole").exists()


def test_what_must_survive_a_power_loss_waits_for_the_disk(tmp_path, monkeypatch):
    """The content before it gets its name, the name after that; other files wait for nothing."""
    path, steps = tmp_path / "ballot.json", []

    def sync(opened: int) -> None:
        steps.append((Path(f"/proc/self/fd/{opened}").readlink().name, path.exists()))

    monkeypatch.setattr("os.fsync", sync)
    write_durably(path, b"a vote")
    waited = list(steps)
    write_atomically(tmp_path / "report.html", b"a report")

    (content, named), folder = waited
    assert content.startswith(".ballot.json.")
    assert (named, folder) == (False, (tmp_path.name, True))
    assert path.read_bytes() == b"a vote"
    assert steps == waited


def test_a_disk_that_can_not_keep_it_is_told(tmp_path, monkeypatch):
    """An earlier file is unharmed then."""
    path = tmp_path / "ballot.json"
    path.write_bytes(b"old")

    def refuse(_opened: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(StoreError, match=r"ballot\.json: can't be written: Input/output error"):
        write_durably(path, b"new")
    with pytest.raises(StoreError, match=f"{tmp_path.name}: can't be written"):
        keep_names(tmp_path)

    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["ballot.json"]
