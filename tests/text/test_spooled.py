"""Records of which most are in a file."""

import errno
import os

import pytest

from harness.errors import StoreError
from harness.records.answered import Response, TokenLogprob
from harness.text.spooled import Spooled, spooled


def test_records_come_back_as_they_were_in_memory_and_from_the_file():
    """In order, by place, by slice; also what no encoding holds, and numbers that JSON can't hold."""
    odd = Response(request_key="odd", text="\ud800")
    infinite = Response(request_key="inf", logprobs=(TokenLogprob(token="a", logprob=float("-inf")),))
    records = [*(Response(request_key=f"{number}", text="x" * number) for number in range(700)), odd, infinite]
    kept = Spooled(Response, in_memory=3)
    places = [kept.append(record) for record in records]

    assert places == list(range(702))
    assert list(kept) == records
    assert (kept[0], kept[3], kept[-1], kept[700]) == (records[0], records[3], infinite, odd)
    assert kept[2:5] == tuple(records[2:5])
    with pytest.raises(IndexError):
        kept[702]


def test_what_is_read_while_more_is_added_is_there():
    """Reading writes what waits."""
    kept = Spooled(Response, in_memory=0)
    for number in range(5):
        kept.append(Response(request_key=f"{number}"))
        assert kept[number].request_key == f"{number}"


def test_what_a_full_disk_took_half_of_is_written_again_at_its_place(monkeypatch):
    """Nothing that comes later is moved: a run that is saved after the error has its own answers."""
    kept, room = Spooled(Response, in_memory=0), [10]
    write = os.pwrite

    def until_full(file: int, content: bytes, place: int) -> int:
        if not room:
            return write(file, content, place)
        if room[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] = 0
        return write(file, content[:10], place)

    monkeypatch.setattr(os, "pwrite", until_full)
    kept.append(Response(request_key="a", text="one"))
    with pytest.raises(StoreError, match="No space left on device"):
        kept[0]
    room.clear()
    kept.append(Response(request_key="b", text="two"))

    assert [one.text for one in kept] == ["one", "two"]


def test_few_records_are_a_tuple():
    """Nothing is written."""
    assert spooled(iter([1, 2]), int) == (1, 2)
