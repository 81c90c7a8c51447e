"""How far a run is: who sees that it is under way, and that it was stopped."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import msgspec
import pytest

from harness.runs.progress import (
    LOCK,
    PROGRESS,
    Progress,
    claim,
    is_under_way,
    read_progress,
    remove_progress,
    write_progress,
)

FAR = Progress(candidate="mine", baseline="tiny", started="2026-11-22T14:07:31+00:00", step="asking", answered=3)
CLAIM = "import sys; from pathlib import Path; from harness.runs.progress import claim; "
WAIT = "lock = claim(Path(sys.argv[1])); print('claimed', flush=True); sys.stdin.read()"


def test_a_claimed_folder_is_under_way_until_it_is_let_go(tmp_path):
    """Looking takes nothing from the run, and changes nothing."""
    before = is_under_way(tmp_path)
    with closing(claim(tmp_path)):
        during = [is_under_way(tmp_path), is_under_way(tmp_path)]

    assert (before, during, is_under_way(tmp_path)) == (False, [True, True], False)


def test_a_run_that_was_killed_is_not_under_way(tmp_path):
    """The system frees its lock; what it noted shows how far it came."""
    write_progress(tmp_path, FAR)
    command = [sys.executable, "-c", CLAIM + WAIT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"claimed\n"
        during = is_under_way(tmp_path)
        process.send_signal(signal.SIGKILL)

    assert during
    assert not is_under_way(tmp_path)
    assert read_progress(tmp_path) == FAR


def test_what_is_noted_is_read_back_whole(tmp_path):
    """The later note takes the place of the earlier one, and nothing else is left in the folder."""
    write_progress(tmp_path, FAR)
    later = msgspec.structs.replace(FAR, answered=4)
    write_progress(tmp_path, later)

    assert read_progress(tmp_path) == later
    assert [path.name for path in tmp_path.iterdir()] == [PROGRESS]


@pytest.mark.parametrize("content", [b"", b"{", b'{"candidate": 3}', b"[" * 100_000, b"\xff"])
def test_a_broken_note_says_nothing(tmp_path, content):
    """It is no error: the run is listed all the same."""
    (tmp_path / PROGRESS).write_bytes(content)

    assert read_progress(tmp_path) is None


def test_a_fifo_or_a_link_in_place_of_the_lock_is_not_waited_for(tmp_path):
    """A run folder can be somebody else's."""
    os.mkfifo(tmp_path / PROGRESS)
    (tmp_path / LOCK).symlink_to("/dev/zero")
    with_link = is_under_way(tmp_path)
    (tmp_path / LOCK).unlink()
    os.mkfifo(tmp_path / LOCK)

    assert (with_link, is_under_way(tmp_path), read_progress(tmp_path)) == (False, False, None)


def test_nothing_is_left_of_a_run_that_is_saved(tmp_path):
    """Twice does no harm."""
    claim(tmp_path).close()
    write_progress(tmp_path, FAR)

    remove_progress(tmp_path)
    remove_progress(tmp_path)

    assert list(tmp_path.iterdir()) == []
