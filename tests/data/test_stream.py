"""Files that others wrote: packed ones, ends of lines, lines without an end, and changes while one is read."""

import gzip
import os
from pathlib import Path

import pytest
import zstandard

from harness.data.stream import LONGEST_LINE, PIECE, lines, pieces
from harness.errors import DataError

TEXT = b'{"a": 1}\n' * 1_000


def content(path: Path) -> bytes:
    """Return all that is read of a file."""
    return b"".join(pieces(path, "rows"))


def packed_by_zstd(data: bytes) -> bytes:
    """Return one frame."""
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, packed_by_zstd])
def test_packed_files_are_read_whole_whatever_their_name(tmp_path, pack):
    """Also those that were packed in parts, one behind the other."""
    path = tmp_path / "rows"
    path.write_bytes(pack(TEXT) + pack(TEXT))

    assert content(path) == TEXT * 2


@pytest.mark.parametrize("pack", [gzip.compress, packed_by_zstd])
def test_a_packed_file_that_was_cut_off_is_refused(tmp_path, pack):
    """Its rows would else be fewer, without a word."""
    path = tmp_path / "rows"
    path.write_bytes(pack(TEXT)[:-6])

    with pytest.raises(DataError, match=r"^rows: .*(damaged|Truncated)"):
        content(path)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"PK\x03\x04", "as Excel workbooks are: unpack it"),
        ("text,label".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        (b"BZh91", "bzip2"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_what_can_not_be_read_says_what_to_do(tmp_path, start, words):
    """By its first bytes."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(start)

    with pytest.raises(DataError, match=words):
        content(path)


def test_a_pipe_is_refused_at_once(tmp_path):
    """Reading it could wait for ever."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    with pytest.raises(DataError, match="it is a FIFO, not a regular file; save what it brings into a file first"):
        content(path)


def appended(path: Path) -> None:
    """Add a line, as a log does."""
    with path.open("ab") as file:
        file.write(b"more\n")


def replaced(path: Path) -> None:
    """Put another file of the same length in its place."""
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def rewritten(path: Path) -> None:
    """Write as many other bytes, at another time."""
    path.write_bytes(bytes(path.stat().st_size))
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("change", [appended, replaced, rewritten, Path.unlink])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, change):
    """Places in it would be wrong, and half of it another file's."""
    path = tmp_path / "rows"
    path.write_bytes(b"x" * (PIECE + 10))
    read = pieces(path, "rows")
    next(read)

    change(path)

    with pytest.raises(DataError, match=r"^rows: (changed while it was read|no such file)"):
        list(read)


@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
def test_lines_end_as_on_any_system(size):
    """Also where the end of a piece parts a carriage return from its line feed."""
    text = b"one\r\ntwo\rthree\n\r\n\rlast"
    parts = [text[start : start + size] for start in range(0, len(text), size)]

    assert list(lines(parts)) == [
        (1, b"one\r\n"),
        (2, b"two\r"),
        (3, b"three\n"),
        (4, b"\r\n"),
        (5, b"\r"),
        (6, b"last"),
    ]


def test_a_line_that_is_too_long_is_left_out_and_counted():
    """The lines behind it keep their numbers; one of exactly the greatest length is read."""
    longest = b"x" * (LONGEST_LINE - 1) + b"\n"

    found = dict(lines([longest, b"y" * LONGEST_LINE, b"y\n", b"z"]))

    assert found == {1: longest, 2: None, 3: b"z"}


def test_a_file_of_one_endless_line_is_never_in_memory(tmp_path):
    """Of eight times the greatest length not more than two are held."""
    import tracemalloc

    path = tmp_path / "rows"
    with path.open("wb") as file:
        file.truncate(8 * LONGEST_LINE)
    tracemalloc.start()

    found = list(lines(pieces(path, "rows")))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [(1, None)]
    assert peak < 2 * LONGEST_LINE
