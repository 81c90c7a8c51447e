"""The candidates of two saved runs, test by test."""

import msgspec

from harness.records.asked import Request
from harness.records.scored import Score
from harness.runs.pairs import Candidates, compare_runs
from harness.scorers import macro_f1
from tests.two_askings import CASES, PLAIN, SAMPLINGS, asked_twice, cut_short, forgetful, suite_with, written


def test_each_test_is_compared_by_its_own_scores(tmp_path):
    """Another test of the same cases and scorer asked for shorter answers."""
    first = written(tmp_path / "0001", asked_twice(SAMPLINGS, forgetful))
    second = written(tmp_path / "0002", asked_twice(SAMPLINGS, cut_short))

    pairs = {pair.test_id.rpartition("::")[2]: pair.comparison for pair in compare_runs(first, second)}

    assert [len(pairs[test].lost) for test in ("test_long", "test_short")] == [0, 3]
    assert [len(pairs[test].rows) for test in ("test_long", "test_short")] == [4, 4]


def test_two_cases_with_one_question_are_both_among_what_was_asked(tmp_path):
    """Their answers have the same key, and the digest of what was asked covers both."""
    suite = suite_with(*CASES, msgspec.structs.replace(CASES[0], id="sum-0 again"))
    run = Candidates(written(tmp_path / "0001", asked_twice({"test_a.py::test_it": suite}, forgetful)))
    ((_, comparison),) = run.run.comparisons

    scores = run.scores(comparison)

    assert scores.fingerprint["messages"] == comparison.fingerprint["messages"]
    assert len(scores.items) == len(CASES) + 1


def test_figures_of_all_answers_are_compared(tmp_path):
    """Of the two candidates: the second forgot one of four labels."""
    by = macro_f1(["1", "2", "3", "4"])
    first = written(tmp_path / "0001", asked_twice({"test_a.py::test_it": PLAIN}, remembering, by=by))
    second = written(tmp_path / "0002", asked_twice({"test_a.py::test_it": PLAIN}, forgetful, by=by))

    (pair,) = compare_runs(first, second)

    assert (pair.comparison.figure, pair.comparison.baseline_mean.mean) == ("macro F1", 1)
    assert pair.comparison.delta.mean == -0.25


def remembering(request: Request) -> str:
    """Answer every sum."""
    return f"{int(request.messages[-1].content[0]) + 1}"


def test_scorers_that_share_a_name_are_compared_one_by_one(tmp_path):
    """In the order in which the test used them."""
    sample = asked_twice({"test_a.py::test_it": PLAIN}, forgetful)
    (verdict,) = sample.run.verdicts
    second = msgspec.structs.replace(verdict.comparison, key="second")
    twice = (verdict, msgspec.structs.replace(verdict, comparison=second))
    lenient = [
        msgspec.structs.replace(one, comparison="second", item=msgspec.structs.replace(one.item, score=Score(value=1)))
        for one in sample.judgements
    ]
    both = msgspec.structs.replace(
        sample,
        run=msgspec.structs.replace(sample.run, verdicts=twice),
        judgements=(*sample.judgements, *lenient),
    )
    folder = written(tmp_path / "0001", both)

    pairs = list(compare_runs(folder, folder))

    assert [pair.comparison.candidate_mean.mean for pair in pairs] == [0.75, 1]
