"""The ranking of several candidates as a person reads it."""

import msgspec
import pytest

from harness.errors import InputError, NoSuchModel
from harness.records.compared import Gate, Verdict
from harness.records.in_part import AskedInPart, Spared
from harness.records.saved import Run
from harness.report import markdown_ranking, ranking_lines
from harness.report.sentences import ranked_first
from harness.runs.ranking import ranking_of, read_ranking
from harness.verdicts.compare import over
from harness.verdicts.gate import decide
from harness.verdicts.ranking import rank_gate
from tests.judged_runs import judged_by, labelled_rows
from tests.sample_run import sample_run


def other(run, number, flip):
    """Return the run of another candidate: every ``flip``-th answer that was right is wrong."""

    def worse(verdict: Verdict) -> Verdict:
        rows = tuple(
            msgspec.structs.replace(row, candidate=0.0) if row.candidate == 1 and index % flip == 0 else row
            for index, row in enumerate(verdict.comparison.rows)
        )
        return msgspec.structs.replace(verdict, comparison=over(verdict.comparison, rows))

    named = msgspec.structs.replace(run.candidate, adapter="\x1b[2Jcheckpoint|<b>")
    verdicts = tuple(map(worse, run.verdicts))
    return msgspec.structs.replace(run, id=f"000{number}-x", number=number, candidate=named, verdicts=verdicts)


def test_candidates_are_ranked_on_each_gate_and_hostile_names_stay_text():
    """The same words in the terminal and in Markdown; one that lost a third is behind, not tied."""
    run = sample_run().run
    ranking = ranking_of([other(run, 8, 3), run])

    told, markdown = "\n".join(ranking_lines(ranking)), markdown_ranking(ranking)

    first = next(gate for gate in ranking.gates if gate.chosen is not None)
    assert [standing.place for standing in first.standings] == [1, 0]
    assert [standing.tied for standing in first.standings] == [True, False]
    assert "None of 2 candidates passed" in told
    assert "behind the best by" in told
    assert "\x1b" not in told + markdown
    assert "<b>" not in markdown


def test_one_that_passed_alone_is_held_back_where_the_choice_may_explain_it():
    """Two flips in 100 cases rule out a drop of 0.07 alone, at 4.9 %, but not for the best of three."""
    base = sample_run().run
    verdict = next(one for one in base.verdicts if not one.comparison.unit and one.comparison.figure is None)
    row = msgspec.structs.replace(verdict.comparison.rows[0], baseline=1.0, candidate=1.0, group=None, unscored="")

    def passing(number: int, lost: set[int]) -> Run:
        rows = tuple(
            msgspec.structs.replace(row, case_id=f"c{n}", candidate=0.0 if n in lost else 1.0) for n in range(100)
        )
        judged = msgspec.structs.replace(
            verdict,
            comparison=over(verdict.comparison, rows),
            gate=Gate(max_drop=0.07),
            outcome="passed",
        )
        return msgspec.structs.replace(
            base, id=f"{number:04}-x", number=number, verdicts=(judged,), pinned=(), broken=(), unmeasured=()
        )

    doubtful = ranking_of([passing(1, {1, 2}), passing(2, {3, 4}), passing(3, {5, 6})])
    clear = ranking_of([passing(1, {1, 2}), passing(2, set())])
    part = AskedInPart(seed=0, suites=(), spared=(Spared(side="candidate", requests=40),))
    early = ranking_of([passing(1, {1, 2}), msgspec.structs.replace(passing(2, set()), until_decided=part)])

    assert (early.exit_code, early.candidates[0].number) == (6, 2)
    assert "--ask-all" in ranked_first(ranking_of([msgspec.structs.replace(passing(2, set()), until_decided=part)] * 2))
    assert [one.if_chosen for one in doubtful.candidates] == ["inconclusive"] * 3
    assert (doubtful.exit_code, doubtful.candidates[0].outcome) == (6, "passed")
    assert (clear.exit_code, clear.candidates[0].number) == (0, 2)


@pytest.mark.parametrize(
    ("gate", "candidates", "holds"),
    [
        (Gate(max_drop=0.05), 1, True),
        (Gate(max_drop=0.05), 30, False),
        (Gate(lower_bound=0.95), 1, True),
        (Gate(lower_bound=0.95), 30, False),
        (Gate(max_drop=0.5, lower_bound=0.5), 30, True),
        (Gate(max_drop=0.5, guarantee=True), 1, False),
    ],
)
def test_gates_that_labels_correct_are_tested_again_at_a_share_of_the_rate(gate, candidates, holds):
    """59 labels without an error show .05 for one candidate; for the best of 30 it takes 125, and here are 110."""
    rows = labelled_rows(300, 110, lost=0.0, kind=0.0, seed=3)
    perfect = judged_by(tuple(msgspec.structs.replace(row, candidate=1.0) for row in rows))
    verdict = decide("t", perfect, gate)

    ranking = rank_gate([(place, verdict) for place in range(candidates)])

    assert verdict.outcome == ("inconclusive" if gate.guarantee else "passed")
    assert ({one.holds for one in ranking.standings}, ranking.is_corrected) == ({holds}, True)


def test_where_every_case_has_its_label_people_are_compared_together():
    """As any scores are: each with a simultaneous interval."""
    rows = labelled_rows(200, 200, lost=0.02, kind=0.0, seed=5)
    verdict = decide("t", judged_by(rows), Gate(max_drop=0.5))

    assert rank_gate([(0, verdict), (1, verdict)]).chosen is not None


def test_a_run_without_its_siblings_can_not_be_ranked(tmp_path):
    """Nor one that names what is no folder beside it."""
    run = sample_run().run

    assert read_ranking(tmp_path, run) is None
    with pytest.raises(NoSuchModel, match="asked together with"):
        read_ranking(tmp_path, msgspec.structs.replace(run, beside=("0001-x", "0002-x")))
    with pytest.raises(InputError, match="not the name of a folder"):
        read_ranking(tmp_path, msgspec.structs.replace(run, beside=("../x",)))
