"""How a run shows its judges: trusted or not, how they behaved, and what labels make of their figures."""

import msgspec
import pytest

from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.records.saved import Run
from harness.report import markdown_summary, render
from harness.report.view.judges import JudgeRow, judge_lines, judge_rows
from harness.text.figures import signed
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices
from harness.verdicts.wording import wording
from tests.judged_runs import JUDGED, checked, judged_by, labelled_rows, shown_verdicts, win_rates
from tests.saved_runs import empty_run

DOUBT = "advisory: judge('tone' v1 by tiny) was never checked against people's labels; run `harness judge check tone`"


def run_of(*verdicts: Verdict) -> Run:
    """Return a run with these verdicts."""
    return empty_run(verdicts=tuple(verdicts))


def rows_of(*comparisons: Comparison) -> tuple[JudgeRow, ...]:
    """Return the rows of the table."""
    return judge_rows((f"gate-{place}", "t.py::test_it", one) for place, one in enumerate(comparisons))


def test_a_judge_is_shown_with_its_kappa_and_labels():
    """Trusted or not."""
    trusted, doubted, unknown = (
        rows_of(judged_by(labelled_rows(20, 0, 0.1, 0.1, 1), msgspec.structs.replace(JUDGED, check=check)))[0]
        for check in (checked("trusted", 0.71), checked(), None)
    )

    assert (trusted.trust.value, trusted.trust.is_against) == ("trusted", False)
    assert (doubted.trust.value, doubted.trust.is_against) == ("not trusted", True)
    assert doubted.trust.below == "kappa 0.310 (0.160 to 0.460), 80 labels"
    assert (unknown.trust.value, unknown.trust.is_against) == ("never checked", True)
    assert dict(trusted.details)["checked"] == "20 November 2026, 08:00 UTC"


@pytest.mark.parametrize(("controlled", "far"), [(0.56, False), (0.551, True)])
def test_win_rates_stand_side_by_side_with_a_warning_beyond_ten_points(controlled, far):
    """Of pairs."""
    judged = msgspec.structs.replace(JUDGED, lengths=win_rates(0.66, controlled))
    comparison = judged_by(labelled_rows(20, 0, 0.1, 0.1, 1), judged)
    (row,) = rows_of(comparison)

    assert row.wins.value == f"66.0 % → {100 * controlled:.1f} %"
    assert (bool(row.wins.below), row.wins.is_against) == (far, far)
    assert ("WARNING" in wording(decide("t", comparison, Gate(floor=0.1)))) is far


def test_raw_and_corrected_stand_side_by_side():
    """With what the labels are worth."""
    (row,) = rows_of(comparison := judged_by(labelled_rows(300, 100, 0.3, 0.9, 1)))
    known = comparison.judged.difference

    assert (row.raw.value, row.corrected.value) == (signed(known.raw.mean), signed(known.corrected.mean))
    assert dict(row.details)["labels"] == f"100, worth {known.effective_labels:.0f} with the judge"
    assert "lam" in dict(row.details)["correlation of judge and people"]


def test_too_few_labels_say_how_many_are_needed():
    """In the table and on the terminal."""
    comparison = judged_by(labelled_rows(100, 12, 0.1, 0.1, 1))

    assert rows_of(comparison)[0].corrected.below == "12 of 60 labels needed"
    assert "not corrected: 12 labels of these answers, 60 are needed" in wording(decide("t", comparison, Gate(floor=0)))


def test_slices_share_a_row():
    """Their own figures are with each."""
    rows = tuple(
        msgspec.structs.replace(row, tags=(f"by-{place % 2}",))
        for place, row in enumerate(labelled_rows(300, 200, 0.3, 0.9, 1))
    )
    whole = msgspec.structs.replace(judged_by(rows), key="k")
    parts = [one.comparison for one in decide_slices("t", Slices(comparison=whole, name="by"), Gate(max_drop=0.1))]
    (row,) = rows_of(*parts)

    assert (row.raw.value, row.corrected.value) == ("by slice", "by slice")
    assert all(part.judged.difference.labels == 100 for part in parts)


def test_what_a_reader_must_know_is_said_once_and_no_scorer_without_a_judge_is_named():
    """Two gates on one unchecked judge."""
    doubted = msgspec.structs.replace(judged_by(labelled_rows(20, 0, 0.1, 0.1, 1)), untrusted=DOUBT)
    verdict = decide("t", doubted, Gate(floor=0.1, advisory=True))
    plain = decide("t", msgspec.structs.replace(doubted, judged=None, untrusted=""), Gate(floor=0.1))

    assert judge_lines(run_of(verdict, verdict)) == (DOUBT[0].upper() + DOUBT[1:],)
    assert judge_lines(run_of(plain)) == ()
    assert 'id="judges"' not in render(run_of(plain), (), ())


def test_report_and_summary_say_it_and_escape_names():
    """A judge's name is foreign text."""
    told = [
        msgspec.structs.replace(JUDGED, judge="<img src=x onerror=alert(1)>"),
        msgspec.structs.replace(JUDGED, waived="not advisory, since the rubric has require_trusted = false: <b>x</b>"),
    ]
    run = run_of(
        *(decide("t", judged_by(labelled_rows(300, 100, 0.3, 0.9, 1), one), Gate(max_drop=0.1)) for one in told)
    )
    page, summary = render(run, (), ()), markdown_summary(run)

    assert "<img src=x" not in page
    assert "&lt;b&gt;x" in page
    assert "its gates count all the same" in page
    assert "require_trusted = false" in page
    assert ">by labels " in page
    assert "Difference, by labels" in page
    assert " by labels | " in summary
    assert "require\\_trusted = false" in summary


def test_an_invented_run_shows_each_kind():
    """The one that is looked at in browsers."""
    page = render(run_of(*shown_verdicts()), (), ())

    for said in ("never checked", "not trusted", "trusted", "more than 10 points apart", "12 of 60 labels needed"):
        assert said in page
