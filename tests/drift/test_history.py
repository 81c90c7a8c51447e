"""The history is only ever added to, also by two at once, and a line that is no line of it is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.drift.found import Kept, Point
from harness.drift.history import add_point, read_points
from harness.errors import DataError


def point(day: int) -> Point:
    """Return a run of a day."""
    return Point(time=f"2026-11-{day:02}", requests=day, verdict="steady", figures={"f": Kept(k=1, n=1)})


def test_runs_at_once_all_leave_their_line(tmp_path):
    """None is lost, and each is whole."""
    path = tmp_path / "drift" / "mine.jsonl"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda day: add_point(path, point(day)), range(1, 21)))

    assert sorted(one.requests for one in read_points(path)) == list(range(1, 21))


def test_earlier_lines_stay_as_they_are(tmp_path):
    """Byte by byte, also one that lacks its line end."""
    path = tmp_path / "mine.jsonl"
    add_point(path, point(1))
    path.write_bytes(path.read_bytes().rstrip())
    before = path.read_bytes()

    assert [one.requests for one in add_point(path, point(2))] == [1, 2]
    assert path.read_bytes().startswith(before + b"\n")


def test_what_is_no_line_of_it_is_refused_with_its_place(tmp_path):
    """And the file stays as it is."""
    path = tmp_path / "mine.jsonl"
    path.write_text("{}\n")

    with pytest.raises(DataError, match=r"mine\.jsonl:1: "):
        add_point(path, point(1))

    assert path.read_text() == "{}\n"
