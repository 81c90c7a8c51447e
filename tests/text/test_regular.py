"""Files that others made are opened only where reading them comes to an end."""

import os
import socket
from pathlib import Path

import pytest

from harness.text.regular import open_regular, read_regular, read_regular_text


def test_a_regular_file_and_a_link_to_one_are_read(tmp_path):
    """As bytes, and as text with line feeds."""
    (tmp_path / "file").write_bytes(b"\xc3\xa9\r\nx\ry\n")
    (tmp_path / "link").symlink_to(tmp_path / "file")

    assert read_regular(tmp_path / "link") == b"\xc3\xa9\r\nx\ry\n"
    assert read_regular_text(tmp_path / "link") == "é\nx\ny\n"


def test_what_could_be_read_for_ever_is_refused_in_words(tmp_path):
    """Also behind a link; nothing is waited for."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))

    for path, kind in (
        (tmp_path / "fifo", "a FIFO"),
        (tmp_path / "link", "a FIFO"),
        (tmp_path / "socket", "a socket"),
        (Path("/dev/zero"), "a device"),
    ):
        with pytest.raises(OSError, match=f"it is {kind}, not a regular file"):
            open_regular(path)


def test_other_problems_are_those_of_opening_a_file(tmp_path):
    """A missing file and a folder."""
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
