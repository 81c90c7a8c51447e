"""How a review of generated rows stands, and that rows are used only where it is over and good enough."""

import pytest

from bench.reviewed_rows import rate
from harness.data.beside import rows_digest
from harness.data.convert import Wanted, convert
from harness.data.generated.files import add_decision, decisions_of, read_decisions, state_of, write_state
from harness.data.generated.standing import refuse_unreviewed, standing_of
from harness.errors import DataError
from harness.records.generated import Decision
from tests.data.generated.made import state

ROW = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'


def decided(accepted, rejected=0):
    """Return decisions on the first rows: those that are rejected come first."""
    verdicts = ["reject"] * rejected + ["accept"] * accepted
    return [Decision(row=str(row), verdict=one, reason="", time="") for row, one in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("rows", "max_rejected", "rejected", "accepted", "verdict", "asked"),
    [
        (500, 0.1, 0, 0, "not reviewed", 50),
        (500, 0.1, 0, 49, "not reviewed", 50),
        (500, 0.1, 0, 50, "usable", 50),
        (500, 0.1, 1, 49, "too little to tell", 56),
        (500, 0.1, 1, 55, "usable", 56),
        (500, 0.1, 2, 48, "too little to tell", 73),
        (500, 0.1, 6, 0, "stopped", 50),
        (100, 0.1, 0, 10, "too little to tell", 38),
        (100, 0.1, 0, 38, "usable", 38),
        (20, 0.1, 1, 1, "too little to tell", 20),
        (20, 0.1, 2, 18, "usable", 20),
        (20, 0.1, 3, 0, "stopped", 20),
        (5, 0.0, 0, 5, "usable", 5),
        (5, 0.0, 1, 0, "stopped", 1),
        (1, 0.1, 0, 1, "usable", 1),
    ],
)
def test_a_review_decides_by_the_bound_of_the_share(rows, max_rejected, rejected, accepted, verdict, asked):  # noqa: PLR0917 - a table
    """Of a tenth, then of as many rows as can decide; of all rows it is no estimate."""
    standing = standing_of(state(rows, max_rejected), decided(accepted, rejected))

    assert (standing.verdict, standing.asked) == (verdict, asked)


def test_few_sets_that_are_just_too_bad_pass():
    """However often more rows are shown; a good one passes. ``bench/reviewed_rows.py`` has the rates of many."""
    bad, _ = rate(200, 0.1, 0.105, sets=40)
    good, decisions = rate(200, 0.1, 0.02, sets=10)

    assert (bad, good) == (0.0, 1.0)
    assert 38 <= decisions < 80


def test_the_last_decision_on_a_row_counts():
    """All are kept."""
    changed = [*decided(0, 6), Decision(row="0", verdict="accept", reason="", time="")]

    assert len(standing_of(state(500), changed).rejected) == 5


def test_rows_are_refused_until_their_review_is_over(tmp_path):
    """Each refusal says what to do; a file that no teacher made is never refused."""
    rows = tmp_path / "made.jsonl"
    rows.write_text(ROW)
    refuse_unreviewed([rows, tmp_path / "gone.jsonl"])
    write_state(rows, state(1, digest=rows_digest(rows)))

    with pytest.raises(DataError, match=r"not reviewed: 0 of 1 row decided; review them first: harness data review"):
        refuse_unreviewed([rows])
    with pytest.raises(DataError, match="not reviewed"):
        convert([rows], tmp_path / "copy.jsonl", Wanted())
    add_decision(rows, Decision(row="0", verdict="reject", reason="wrong", time=""))
    with pytest.raises(
        DataError, match=r"stopped: 1 of 1 row rejected, where max_rejected is 10\.0 %; change the template"
    ):
        refuse_unreviewed([rows])
    add_decision(rows, Decision(row="0", verdict="accept", reason="", time=""))
    refuse_unreviewed([rows])
    rows.write_text(ROW * 2)
    with pytest.raises(DataError, match="changed since a teacher made it"):
        refuse_unreviewed([rows])


def test_rejected_rows_that_are_still_in_the_file_are_refused(tmp_path):
    """Until they were taken out."""
    rows = tmp_path / "made.jsonl"
    rows.write_text(ROW)
    write_state(rows, state(20, 0.5, digest=rows_digest(rows)))
    for one in decided(19, 1):
        add_decision(rows, one)

    with pytest.raises(DataError, match="the rejected rows are still in it"):
        refuse_unreviewed([rows])


def test_a_decision_that_a_kill_cut_off_is_none(tmp_path):
    """And the next one takes its place; a state that can't be read is an error."""
    rows = tmp_path / "made.jsonl"
    rows.write_text(ROW)
    one = Decision(row="0", verdict="accept", reason="", time="")
    add_decision(rows, one)
    with decisions_of(rows).open("ab") as file:
        file.write(b'{"row": "1", "ver')

    assert read_decisions(rows) == (one,)
    add_decision(rows, one)
    assert read_decisions(rows) == (one, one)
    state_of(rows).write_text("{}")
    with pytest.raises(DataError, match="not the state of generated rows"):
        refuse_unreviewed([rows])
