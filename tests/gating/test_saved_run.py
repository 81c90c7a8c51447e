"""A saved run as the source of comparisons: what a test of today gets is what that very test was scored."""

import msgspec
import pytest

from harness.errors import StoreError, Unmeasured
from harness.gating.saved_run import SavedRun
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import Gate
from harness.records.scored import Score
from harness.runs.folder import write_run
from harness.scorers import macro_f1
from harness.verdicts.slices import decide_slices
from tests.sample_run import SampleRun, sample_run
from tests.two_askings import (
    PLAIN,
    PROMPTS,
    SAMPLINGS,
    SCORER,
    asked_twice,
    clueless,
    cut_short,
    forgetful,
    written,
    written_by_version_0_1,
)

TEST = "suites/sums/test_a.py::test_it"


@pytest.mark.parametrize(
    ("suites", "reply", "right"),
    [
        (SAMPLINGS, cut_short, {"test_long": (4, 3), "test_short": (0, 0)}),
        (PROMPTS, clueless, {"test_plain": (0, 3), "test_prompted": (4, 3)}),
    ],
)
def test_the_whole_of_slices_is_made_of_the_scores_of_its_own_test(tmp_path, suites, reply, right):
    """Another test of the same cases and scorer asked in another way."""
    sample = asked_twice(suites, reply)
    sliced = tuple(
        part
        for one in sample.run.verdicts
        for part in decide_slices(one.test_id, one.comparison.by_tag("language"), Gate(max_flips=9))
    )
    sample = msgspec.structs.replace(sample, run=msgspec.structs.replace(sample.run, verdicts=sliced))
    saved = SavedRun(written(tmp_path / "0001", sample))

    found = {test_id: saved.compared(test_id, suite, SCORER) for test_id, suite in suites.items()}

    for test_id, comparison in found.items():
        sums = (sum(row.baseline for row in comparison.rows), sum(row.candidate for row in comparison.rows))
        assert sums == right[test_id.rpartition("::")[2]]
        assert comparison.tag == ""


def test_a_figure_of_all_answers_is_made_of_the_saved_scores(tmp_path):
    """Of the whole where only slices were saved: one of four labels was forgotten."""
    by = macro_f1(["1", "2", "3", "4"])
    sample = asked_twice({TEST: PLAIN}, forgetful, by=by)
    (verdict,) = sample.run.verdicts
    sliced = decide_slices(TEST, verdict.comparison.by_tag("language"), Gate(max_flips=9))
    sample = msgspec.structs.replace(sample, run=msgspec.structs.replace(sample.run, verdicts=sliced))

    found = SavedRun(written(tmp_path / "0001", sample)).compared(TEST, PLAIN, macro_f1(["1", "2", "3", "4"]))

    assert (found.figure, found.tag, found.delta.mean) == ("macro F1", "", -0.25)
    assert (found.delta, found.drop) == (verdict.comparison.delta, verdict.comparison.drop)
    assert [part.comparison.candidate_mean.mean for part in sliced] == [0.5, 1]


def strict(_case, _response):
    """Score nothing: the run is saved already."""
    raise NotImplementedError


def two_of_one_name(test_ids: tuple[str, str]) -> SampleRun:
    """Return a run in which two scorers of one name were used; the second one was gated first."""
    sample = asked_twice({TEST: PLAIN}, forgetful)
    (verdict,) = sample.run.verdicts
    first = msgspec.structs.replace(verdict.comparison, scorer="strict()")
    rows = tuple(msgspec.structs.replace(row, candidate=1.0) for row in first.rows)
    second = msgspec.structs.replace(first, key="second", rows=rows)
    verdicts = tuple(
        msgspec.structs.replace(verdict, test_id=test_id, comparison=comparison)
        for test_id, comparison in zip(test_ids, (second, first), strict=True)
    )
    lenient = [
        msgspec.structs.replace(one, comparison="second", item=msgspec.structs.replace(one.item, score=Score(value=1)))
        for one in sample.judgements
    ]
    return msgspec.structs.replace(
        sample,
        run=msgspec.structs.replace(sample.run, verdicts=verdicts),
        judgements=(*sample.judgements, *lenient),
    )


def other_strict():
    """Return another function of the name."""

    def strict(_case: Case, _response: Response) -> Score:
        raise NotImplementedError

    strict.__qualname__ = "strict"
    return strict


def test_scorers_of_one_name_are_told_apart_by_the_order_in_which_they_scored(tmp_path):
    """Whichever of them was gated first."""
    saved = SavedRun(written(tmp_path / "0001", two_of_one_name((TEST, TEST))))

    first, second = (saved.compared(TEST, PLAIN, scorer) for scorer in (strict, other_strict()))

    assert [sum(row.candidate for row in one.rows) for one in (first, second)] == [3, 4]


def test_scorers_of_one_name_whose_order_is_unknown_decide_nothing(tmp_path):
    """Another test used one of them before, or the run is of version 0.1."""
    sample = two_of_one_name((TEST, TEST))
    (one, _) = sample.run.verdicts
    elsewhere = msgspec.structs.replace(one, test_id="test_b.py::test_other")
    shared = msgspec.structs.replace(sample.run, verdicts=(*sample.run.verdicts, elsewhere))
    folders = (
        written(tmp_path / "0001", msgspec.structs.replace(sample, run=shared)),
        written_by_version_0_1(tmp_path / "0002", sample),
    )

    for folder in folders:
        with pytest.raises((Unmeasured, StoreError), match="run the suites again"):
            SavedRun(folder).compared(TEST, PLAIN, strict)


def test_a_run_of_version_0_1_is_decided_again(tmp_path):
    """From its comparisons, whose scores are not needed for that."""
    suites = {"samplings": (SAMPLINGS, cut_short), "prompts": (PROMPTS, clueless)}
    for name, (asked, reply) in suites.items():
        sample = asked_twice(asked, reply)
        saved = SavedRun(written_by_version_0_1(tmp_path / name, sample))

        for (test_id, suite), (_, comparison) in zip(asked.items(), sample.run.comparisons, strict=True):
            assert saved.compared(test_id, suite, SCORER).rows == comparison.rows


def test_the_judge_of_a_run_that_had_none_is_named_in_words(tmp_path):
    """A message about a rubric would break off after "by"."""
    run = msgspec.structs.replace(sample_run().run, judge="")
    (tmp_path / "0001-2026-11-22-1f3c").mkdir()
    write_run(tmp_path / "0001-2026-11-22-1f3c", run, (), ())

    judge = SavedRun(tmp_path / "0001-2026-11-22-1f3c").judge()

    assert judge.model.name == "a judge"
