"""Why cases were lost, as the report tells it of the training rows near them."""

import msgspec
import pytest

from harness.records.leaked import NearCase, NearRow, NearRows
from harness.report import markdown_summary, render
from harness.report.view.near import near_lines, near_note, near_view
from tests.sample_run import sample_run

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"


def row(similarity: float, *, is_right: bool | None = None, is_repeated: bool = False, **texts: str) -> NearRow:
    """Return a row."""
    return NearRow(place="t.jsonl:7", similarity=similarity, is_right=is_right, is_repeated=is_repeated, **texts)


def lost(*rows: NearRow, name: str = "c") -> NearCase:
    """Return a lost case."""
    return NearCase(case=name, rows=rows)


@pytest.mark.parametrize(
    ("near", "sentence", "rows"),
    [
        (lost(), "No training row is near this case", 0),
        (lost(row(0.19), row(0.1)), "No training row is near this case", 1),
        (lost(row(0.2), row(0.1)), "The training rows that are nearest", 2),
        (lost(row(0.8, is_right=True), row(0.5, is_right=False)), "the remedy is in the data", 2),
        (lost(row(0.8, is_right=True), row(0.49, is_right=False)), "A near training row has a right answer", 2),
        (lost(row(0.49, is_right=False)), "The training rows that are nearest", 1),
        (lost(row(0.1, is_right=False)), "No training row is near this case", 1),
    ],
)
def test_a_lost_case_says_what_the_rows_tell(near, sentence, rows):
    """Only a row that is much like a case can be wrong for it: others ask for something else."""
    view = near_view(near)

    assert sentence in view.sentence
    assert len(view.rows) == rows


def test_a_case_of_which_nothing_is_known_shows_nothing():
    """As in runs without rows, and in older ones."""
    assert near_view(None) is None
    assert near_note(None) == ""
    assert near_lines(sample_run().run) == ()


def test_the_note_counts_each_case_once():
    """In whichever comparisons it was lost; and says nothing where rows explain nothing."""
    wrong, far, other = lost(row(0.9, is_right=False), name="a"), lost(name="b"), lost(row(0.6), name="d")
    near = NearRows(comparison="k", lost=(wrong, far, other))
    again = NearRows(comparison="m", lost=(lost(row(0.9), name="a"), far))
    run = msgspec.structs.replace(sample_run().run, near_rows=(near, again))

    said = (
        "1 case is much like a row whose answer is wrong there: the remedy is in the data; "
        "1 case has no row near: rows like these would teach it"
    )
    assert near_note(near) == said
    assert near_lines(run) == (f"Training rows near the lost cases: {said}",)
    assert "the remedy is in the data" in markdown_summary(run)
    assert near_note(NearRows(comparison="k", lost=(other,))) == ""


def test_rows_stand_beside_their_case_and_nothing_of_them_runs():
    """Rows are foreign text, like answers; a slice has those of its own cases."""
    sample = sample_run()
    verdict = next(one for one in sample.run.verdicts if one.comparison.lost and not one.comparison.unit)
    (name, *_) = verdict.comparison.lost
    case = lost(row(0.9, is_right=False, is_repeated=True, asked=HOSTILE, answer=f"answer {HOSTILE}"), name=name)
    near = NearRows(comparison=verdict.comparison.key, lost=(case,))

    page = render(msgspec.structs.replace(sample.run, near_rows=(near,)), sample.answers, sample.judgements)

    assert "its answer is wrong for this case; the candidate answered as this row does" in page
    assert "answer &lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert page.count("Nearest training rows") == sum(
        one.comparison.key == near.comparison and name in one.comparison.lost
        for one in (*sample.run.verdicts, *sample.run.measures)
    )
