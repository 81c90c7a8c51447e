"""run.json piece by piece is the run.json that msgspec writes at once, and is read as such, whatever its texts hold."""

import io
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import StoreError
from harness.records.compared import Row
from harness.records.in_columns import Rows, as_listed
from harness.records.saved import Run
from harness.runs import record_file
from harness.runs.folder import read_run, write_run
from harness.runs.listing import read_listing
from harness.runs.record_file import read_record, with_rows, without_rows, written
from tests.sample_run import sample_run

HOSTILE = ('"rows":[{"case_id":', '}],"lost":[', ',{"case_id":"x"', '"rows":[],"lost":', "{", "}]", "\\", '"')
NAMES = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=3), max_size=3).map("".join)
TABLES = st.lists(
    st.lists(
        st.builds(
            Row,
            case_id=NAMES,
            tags=st.lists(NAMES, max_size=2).map(tuple),
            baseline=st.none() | st.floats(0, 1),
            candidate=st.none() | st.floats(0, 1),
            unscored=NAMES,
        ),
        max_size=5,
    ),
    min_size=1,
    max_size=3,
)


def run_with(tables):
    """Return a run with a comparison for each table, some of them measures."""
    made = sample_run().run
    (verdict, *_), (measure, *_) = made.verdicts, made.measures
    found = iter(tables)
    few = msgspec.structs.replace(made, verdicts=(verdict,) * (len(tables) - 1), measures=(measure,))
    return with_rows(few, lambda _: Rows.of(next(found)))


@settings(max_examples=60, deadline=None)
@given(TABLES, st.integers(1, 60), st.integers(1, 3))
def test_a_run_is_written_and_read_in_pieces_of_any_size(tmp_path_factory, tables, block, at_once):
    """The bytes are those of the whole, and what is read is the run."""
    run, path = run_with(tables), tmp_path_factory.mktemp("run") / "run.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_file, "BLOCK", block)
        patch.setattr(record_file, "AT_ONCE", at_once)
        content = b"".join(written(run))
        path.write_bytes(content)

        assert content == msgspec.json.encode(run, enc_hook=as_listed) + b"\n"
        assert read_record(path) == run


def test_rows_are_replaced_by_their_number():
    """Each piece of rows comes with the number of its comparison, and the rest is a run with one row in each."""
    rows = [Row(case_id="a", baseline=1.0, candidate=1.0), Row(case_id="b", baseline=0.0, candidate=1.0)]
    seen = []
    content = b"".join(written(run_with([rows, [], rows[:1]])))

    left = msgspec.json.decode(
        without_rows(io.BytesIO(content), lambda place, part: seen.append((place, part))), type=Run
    )

    assert [[row.case_id for row in one.rows] for _, one in left.comparisons] == [["0"], [], ["1"]]
    assert [(place, msgspec.json.decode(part, type=list[Row])) for place, part in seen] == [(0, rows), (1, rows[:1])]


def test_a_file_that_somebody_laid_out_anew_is_read(tmp_path):
    """Its rows begin otherwise; it is read as a whole."""
    run = run_with([[Row(case_id="a", baseline=1.0, candidate=0.0)]])
    path = tmp_path / "run.json"
    path.write_bytes(msgspec.json.format(b"".join(written(run)), indent=2))

    assert read_record(path) == run


@pytest.mark.parametrize("lost", [b'"baseline":1.0', b'}],"lost"'])
def test_damaged_rows_are_told(tmp_path, lost):
    """Nothing is read of such a run."""
    content = b"".join(written(run_with([[Row(case_id="a", baseline=1.0, candidate=0.0)]])))
    (tmp_path / "run.json").write_bytes(content[: content.index(lost) + 3])

    with pytest.raises(StoreError, match="not readable"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "most", "told"),
    [
        (
            "LARGEST",
            500,
            r"what is beside its rows has more than 500 bytes, so this is not a run that the harness saved",
        ),
        ("LARGEST_ROW", 100, r"a row has more than 100 bytes, .*; move its folder away"),
    ],
)
def test_what_takes_more_memory_than_any_run_is_refused_unread(tmp_path, monkeypatch, name, most, told):
    """By each reader, with the file's name; many rows are no reason."""
    folder = tmp_path / "0001-2026-11-22-1f3c"
    folder.mkdir()
    rows = [Row(case_id=f"{number:0200}", baseline=1.0, candidate=0.0) for number in range(9)]
    write_run(folder, run_with([rows]), (), ())
    assert len(read_run(folder).measures[0].comparison.rows) == 9
    monkeypatch.setattr(record_file, "BLOCK", 10)
    monkeypatch.setattr(record_file, name, most)

    with pytest.raises(StoreError, match=rf"run\.json: can't be read: {told}"):
        read_run(folder)
    ((left_out, why),) = read_listing(tmp_path).left_out
    assert left_out == folder.name
    assert re.search(told, why)


def test_a_file_of_another_layout_that_is_too_large_is_not_read_as_a_whole(tmp_path, monkeypatch):
    """What is wrong with it is told from its beginning."""
    path = tmp_path / "run.json"
    path.write_bytes(b'{"rows": [' + b" " * 400)
    monkeypatch.setattr(record_file, "LARGEST", 300)
    monkeypatch.setattr(record_file, "read_regular", lambda _: pytest.fail("it was read"))

    with pytest.raises(OSError, match="more than 300 bytes"):
        read_record(path)


def test_rows_do_not_count_as_what_is_beside_them(tmp_path, monkeypatch):
    """A million of them are an honest run."""
    rows = [Row(case_id=f"{number}", baseline=1.0, candidate=0.0) for number in range(2_000)]
    content = b"".join(written(run_with([rows])))
    (tmp_path / "run.json").write_bytes(content)
    beside = len(without_rows(io.BytesIO(content)))
    monkeypatch.setattr(record_file, "LARGEST", beside)

    assert beside < len(content) / 2
    assert len(read_record(tmp_path / "run.json").measures[0].comparison.rows) == 2_000
