"""A command whose output can't be written: a full disk behind ``>``."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("arguments", [("config",), ("config", "--json"), ("--help",), ("explain", "DataError")])
def test_a_full_disk_is_told_in_one_line(tmp_path, arguments):
    """With its own exit code: not that of a check that found problems, and not Python's for a failed end."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "harness.cli", *arguments],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ended.returncode == 2
    told, more = ended.stderr.splitlines()
    assert told == "error: could not write: No space left on device; make room, and run the command again"
    assert more.startswith("more: harness explain ")
