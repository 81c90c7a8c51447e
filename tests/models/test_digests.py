"""Digests of large files: read once, read again when anything shows a change, and never taken on trust alone."""

import hashlib
import os
import time
from pathlib import Path

import msgspec
import pytest

from harness.models import digests
from harness.models.digests import LEAST_BYTES, DigestMemory

WEIGHTS = b"w" * LEAST_BYTES
OTHERS = b"o" * LEAST_BYTES


def later() -> int:
    """Tell a time when a file written just now has been left alone for a while."""
    return time.time_ns() + 3_000_000_000


def sha256(content: bytes) -> str:
    """Return what a digest must be."""
    return hashlib.sha256(content).hexdigest()


def pretend(memory: Path, path: Path, value: str) -> None:
    """Put another digest into the memory, to see whether it is asked."""
    entries = msgspec.json.decode(memory.read_bytes())
    entries[str(path.resolve())]["sha256"] = value
    memory.write_bytes(msgspec.json.encode(entries))


@pytest.fixture
def weights(tmp_path):
    """Return a large file."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(WEIGHTS)
    return path


@pytest.fixture
def file(tmp_path):
    """Return the place of the memory, in a folder that isn't there yet."""
    return tmp_path / "home" / "digests.json"


def test_an_unchanged_file_is_read_once(weights, file):
    """The second digest comes from the memory, also in another process, and by whatever way the file is reached."""
    first = DigestMemory(file, later).remembered(weights)
    pretend(file, weights, "0" * 64)
    link = weights.with_name("link")
    link.symlink_to(weights)

    assert first == sha256(WEIGHTS)
    assert DigestMemory(file, later).remembered(weights) == "0" * 64
    assert DigestMemory(file, later).remembered(link) == "0" * 64


def test_verifying_reads_whatever_is_remembered_and_corrects_it(weights, file):
    """After that the memory is right again."""
    memory = DigestMemory(file, later)
    memory.remembered(weights)
    pretend(file, weights, "0" * 64)

    assert memory.recomputed(weights) == sha256(WEIGHTS)
    assert memory.remembered(weights) == sha256(WEIGHTS)


@pytest.mark.parametrize(
    "way", ["in place", "replaced", "in place, mtime set back", "replaced, mtime set back", "longer"]
)
def test_a_changed_file_is_another(weights, file, way):
    """Whatever shows it: size, time, inode; setting the time back, as unpacking an archive does, hides nothing."""
    memory = DigestMemory(file, later)
    memory.remembered(weights)
    before = weights.stat()
    if way.startswith("replaced"):
        weights.unlink()
    weights.write_bytes(OTHERS + b"o" if way == "longer" else OTHERS)
    if way.endswith("set back"):
        os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert memory.remembered(weights) == sha256(weights.read_bytes())


def test_a_file_that_changed_a_moment_ago_is_not_remembered(weights, file):
    """It may change again within the same tick of its file system; nor is one that has a time to come."""
    DigestMemory(file).remembered(weights)
    os.utime(weights, (time.time() + 1000, time.time() + 1000))
    DigestMemory(file, later).remembered(weights)

    assert not file.exists()


def test_a_file_that_changes_while_it_is_read_is_not_remembered(weights, file):
    """Its digest would be that of neither content."""

    def clock() -> int:
        with weights.open("ab") as grown:
            grown.write(b"more")
        return later()

    DigestMemory(file, clock).remembered(weights)

    assert not file.exists()


def test_small_files_are_always_read(weights, file):
    """They cost nothing, and their time of change is often a moment ago."""
    weights.write_bytes(WEIGHTS[1:])

    DigestMemory(file, later).remembered(weights)

    assert not file.exists()


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b"\xff\xfe", b'{"/x": {"sha256": "no digest"}}', b'{"/x": 1}', b"\x00" * 100]
)
def test_a_broken_memory_is_made_anew(weights, file, broken):
    """It costs time, and no more."""
    file.parent.mkdir()
    file.write_bytes(broken)
    memory = DigestMemory(file, later)

    assert memory.remembered(weights) == sha256(WEIGHTS)
    assert list(msgspec.json.decode(file.read_bytes())) == [str(weights.resolve())]


def test_a_memory_that_can_not_be_written_changes_nothing(weights, tmp_path):
    """A cache folder that others own, or a folder in the file's place."""
    (tmp_path / "file").write_text("")
    (tmp_path / "digests.json").mkdir()

    for place in (tmp_path / "file" / "digests.json", tmp_path / "digests.json"):
        assert DigestMemory(place, later).remembered(weights) == sha256(WEIGHTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digests.json", "file", "model.safetensors"]


def test_files_that_are_gone_are_forgotten(weights, file, tmp_path):
    """The memory doesn't grow for ever."""
    memory = DigestMemory(file, later)
    memory.remembered(weights)
    other = weights.rename(tmp_path / "moved.safetensors")
    memory.remembered(other)

    assert list(msgspec.json.decode(file.read_bytes())) == [str(other.resolve())]


def test_a_name_that_is_no_text_is_no_problem(file, tmp_path):
    """File names are bytes on most systems."""
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.safetensors"))
    path.write_bytes(WEIGHTS)

    assert DigestMemory(file, later).remembered(path) == sha256(WEIGHTS)


def test_the_memory_lies_in_the_cache_folder(weights, tmp_path, monkeypatch):
    """Where every caller finds it without being told."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    DigestMemory(tmp_path / "home" / "digests.json", later).remembered(weights)
    pretend(tmp_path / "home" / "digests.json", weights, "0" * 64)

    assert digests.remembered(weights) == "0" * 64
    assert digests.recomputed(weights) == sha256(WEIGHTS)
