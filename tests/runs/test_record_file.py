"""run.json piece by piece is the run.json that msgspec writes at once, and is read as such, whatever its texts hold."""

import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import StoreError
from harness.records.compared import Row
from harness.records.in_columns import Rows, as_listed
from harness.records.saved import Run
from harness.runs import record_file
from harness.runs.folder import read_run
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
