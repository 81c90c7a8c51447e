"""Merged models in the cache folder: told as unused, and removed, by the time of their last use."""

import fcntl
import os
import threading
from typing import IO

import pytest

from harness.engines.weights.merge import merged_folder
from harness.errors import StoreError
from harness.models.local import LocalModel
from harness.models.merged import mark_used, remove_merged, unused_copies, unused_merged
from harness.records.asked import ModelRef
from harness.records.record import digest
from tests.waiting import MOST_S

LONG_AGO = 1_000_000_000
BEFORE = LONG_AGO + 1


def merged_in(home, name, used=LONG_AGO, place="merged"):
    """Make what looks like a merged model, or like a plain copy."""
    folder = home / place / name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"w" * 1000)
    os.utime(folder, (used, used))
    return folder


def test_what_nobody_used_is_told_with_its_size(tmp_path):
    """What a killed merge left too; locks and links are no models."""
    old = merged_in(tmp_path, "a" * 32)
    left = merged_in(tmp_path, "b" * 32 + ".part")
    merged_in(tmp_path, "c" * 32, used=BEFORE + 1)
    (tmp_path / "merged" / ("a" * 32 + ".lock")).touch()
    (tmp_path / "merged" / "link").symlink_to(old)

    found = unused_merged(tmp_path, BEFORE)

    assert [(one.folder, one.size_bytes) for one in found] == [(str(old), 1000), (str(left), 1000)]


def test_there_may_be_no_merged_models(tmp_path):
    """On a GPU there never are."""
    assert unused_merged(tmp_path, BEFORE) == ()


def test_unused_models_are_removed_and_no_others(tmp_path):
    """Nothing but locks stays of them."""
    merged_in(tmp_path, "a" * 32)
    merged_in(tmp_path, "b" * 32 + ".part")
    kept = merged_in(tmp_path, "c" * 32, used=BEFORE + 1)

    removed = remove_merged(unused_merged(tmp_path, BEFORE), BEFORE)

    assert len(removed) == 2
    assert [path for path in (tmp_path / "merged").iterdir() if path.is_dir()] == [kept]


def test_a_model_that_is_used_in_the_meantime_stays(tmp_path):
    """Between looking and removing another process may have started to serve it."""
    folder = merged_in(tmp_path, "a" * 32)
    found = unused_merged(tmp_path, BEFORE)
    mark_used(folder)

    assert remove_merged(found, BEFORE) == ()
    assert (folder / "model.safetensors").exists()


def test_removing_waits_for_a_merge(tmp_path, monkeypatch):
    """They hold the same lock."""
    flock, wants_it = fcntl.flock, threading.Event()

    def lock_soon(file: IO[str], operation: int) -> None:
        wants_it.set()
        flock(file, operation)

    folder = merged_in(tmp_path, "a" * 32)
    found = unused_merged(tmp_path, BEFORE)
    with folder.with_suffix(".lock").open("w") as lock:
        flock(lock, fcntl.LOCK_EX)
        monkeypatch.setattr(fcntl, "flock", lock_soon)
        thread = threading.Thread(target=remove_merged, args=(found, BEFORE))
        thread.start()
        waited = wants_it.wait(MOST_S) and folder.exists()
    thread.join()

    assert waited
    assert not folder.exists()


def test_a_cache_of_others_is_used_all_the_same(tmp_path):
    """Marking needs no right to write, and no folder."""
    mark_used(tmp_path / "none")


def test_whoever_serves_a_merged_model_marks_it(tmp_path):
    """So that what is served every day is never called unused."""
    ref = ModelRef(base="tiny", base_digest="b", template_digest="t", adapter="mine", adapter_digest="a")
    folder = merged_in(tmp_path, digest(("b", "t", "a", "float32"))[:32])

    found = merged_folder(LocalModel(ref=ref, base_path="none", adapter_path="none"), "float32", tmp_path, print)

    assert found == folder
    assert unused_merged(tmp_path, BEFORE) == ()


def test_plain_copies_are_told_and_removed_alike(tmp_path):
    """Each in its own place: neither is taken for the other."""
    copy, model = merged_in(tmp_path, "a" * 32, place="plain"), merged_in(tmp_path, "a" * 32)
    found = unused_copies(tmp_path, BEFORE)

    removed = remove_merged(found, BEFORE)

    assert [one.folder for one in removed] == [str(copy)]
    assert not copy.exists()
    assert unused_merged(tmp_path, BEFORE)[0].folder == str(model)


def test_what_can_not_be_removed_is_named(tmp_path):
    """A folder in the lock's place."""
    folder = merged_in(tmp_path, "a" * 32)
    folder.with_suffix(".lock").mkdir()

    with pytest.raises(StoreError, match=f"{folder.name}: can't be removed"):
        remove_merged(unused_merged(tmp_path, BEFORE), BEFORE)
