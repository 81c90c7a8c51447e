"""The history is only ever added to, also by two at once, and a line that is no line of it is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.drift.charts import charts_of
from harness.drift.found import Kept, Point
from harness.drift.history import add_point, read_points
from harness.drift.windows import of_this_kind
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


def day_of(start: float, end: float, **more: object) -> Point:
    """Return a run of a window between two days of November."""
    since, until = (f"2026-11-{int(day):02}T{round(day % 1 * 24):02}:00:00+00:00" for day in (start, end))
    given = {"time": until, "adapter": "mine@1", "requests": 9, "verdict": "steady", **more}
    return Point(since=since, until=until, **given)


def test_requests_count_once_in_the_charts():
    """Of hourly runs over a whole day one in 22 hours is left, with the last; a job that starts late loses none."""
    hourly = [day_of(2 + hour / 24, 3 + hour / 24) for hour in range(49)]
    late = [day_of(1, 2), day_of(2 - 1 / 24, 3)]

    assert of_this_kind(hourly) == [hourly[4], hourly[26], hourly[48]]
    assert of_this_kind(late) == late


def test_runs_that_are_not_alike_are_not_compared():
    """Of another adapter or model, without requests, or of a later window, as of a clock that was wrong."""
    others = [day_of(4, 5, model="canary"), day_of(4, 5, requests=0), day_of(20, 21)]
    again = [day_of(6, 7, requests=1), day_of(6, 7, requests=2)]
    points = [day_of(2, 3, adapter="old@1"), day_of(3, 4), *others, *again, day_of(7, 8)]

    assert of_this_kind(points) == [points[1], again[1], points[-1]]


def test_a_figure_starts_anew_with_what_it_is_compared_with_and_alarms_where_it_is_worse():
    """A suite that got cases is no drift of inputs, nor are answers that fail less often."""
    name = "inputs: words (suite)"
    grown = [
        day_of(day, day + 1, figures={name: Kept(k=60 if day < 14 else 90, n=100)}, against={"suite": f"{day > 13}"})
        for day in range(2, 24)
    ]
    failed = [
        day_of(day, day + 1, figures={"answers: failed": Kept(k=20 - day // 14 * 20, n=100)}) for day in range(2, 18)
    ]

    assert [(one.learned, one.alarms) for one in charts_of(grown, {}, 370)] == [(19, ())]
    assert [bool(charts_of(failed, {}, 370, {"answers: failed": side})[0].alarms) for side in ("lower", "higher")] == [
        True,
        False,
    ]


def test_what_is_no_line_of_it_is_refused_with_its_place(tmp_path):
    """And the file stays as it is."""
    path = tmp_path / "mine.jsonl"
    path.write_text("{}\n")

    with pytest.raises(DataError, match=r"mine\.jsonl:1: "):
        add_point(path, point(1))

    assert path.read_text() == "{}\n"
    path.write_text('{"time": "noon", "requests": 1, "verdict": "steady"}\n')
    with pytest.raises(DataError, match=r"mine\.jsonl:1: 'noon' is no time"):
        read_points(path)
