"""Run folders of version 0.1, whose scores name no comparison."""

import json

import msgspec
import pytest

from harness.errors import StoreError
from harness.report.view.page import page_of
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.runs.pairs import compare_runs
from harness.runs.rows import write_rows
from harness.verdicts.slices import decide_slices
from tests.sample_run import SampleRun, sample_run
from tests.two_askings import (
    PLAIN,
    PROMPTS,
    SAMPLINGS,
    asked_twice,
    clueless,
    cut_short,
    forgetful,
    written,
    written_by_version_0_1,
)


def one_test() -> SampleRun:
    """Return a run of one test that gates the whole and each language."""
    sample = asked_twice({"suites/sums/test_a.py::test_it": PLAIN}, forgetful)
    (whole,) = sample.run.verdicts
    slices = decide_slices(whole.test_id, whole.comparison.by_tag("language"), whole.gate)
    return msgspec.structs.replace(sample, run=msgspec.structs.replace(sample.run, verdicts=(whole, *slices)))


@pytest.mark.parametrize("make", [one_test, sample_run])
def test_an_old_run_is_read_as_if_it_had_keys(tmp_path, make):
    """Report and rows are the same as those of a run of today."""
    old, new = written_by_version_0_1(tmp_path / "old" / "0001", make()), written(tmp_path / "new" / "0001", make())

    assert '"key"' not in (old / "run.json").read_text()
    assert "comparison" not in json.loads((old / "scores.jsonl").read_text().splitlines()[0])
    pages = [page_of(read_run(folder), read_answers(folder), read_judgements(folder)) for folder in (old, new)]
    assert pages[0] == pages[1]
    for folder in (old, new):
        write_rows(folder, folder / "rows.csv")
    assert (old / "rows.csv").read_bytes() == (new / "rows.csv").read_bytes()


def test_an_old_run_is_compared_with_a_new_one(tmp_path):
    """Test by test."""
    old, new = written_by_version_0_1(tmp_path / "0001", one_test()), written(tmp_path / "0002", one_test())

    (pair,) = compare_runs(old, new)

    assert pair.comparison.candidate_mean == pair.comparison.baseline_mean


@pytest.mark.parametrize(("suites", "reply"), [(SAMPLINGS, cut_short), (PROMPTS, clueless)])
def test_scores_of_which_nobody_knows_whose_they_are_are_refused(tmp_path, suites, reply):
    """Two tests asked the same cases in two ways: the message says where, by which scorer, and what to do."""
    folder = written_by_version_0_1(tmp_path / "0001", asked_twice(suites, reply))

    run = read_run(folder)
    with pytest.raises(StoreError, match=r"scores\.jsonl: .*exact_match\(\).*run the suites again"):
        list(read_judgements(folder))

    assert len({comparison.key for _, comparison in run.comparisons}) == 2


def test_lambdas_of_an_old_run_have_keys_of_their_own(tmp_path):
    """They share a name and a way of asking; two scores for a case show that they are two."""
    sample = asked_twice({"test_a.py::test_it": PLAIN}, forgetful)
    (verdict,) = sample.run.verdicts
    rows = tuple(msgspec.structs.replace(row, candidate=0.5) for row in verdict.comparison.rows)
    other = msgspec.structs.replace(verdict.comparison, rows=rows)
    verdicts = (verdict, msgspec.structs.replace(verdict, comparison=other))
    run = msgspec.structs.replace(sample.run, verdicts=verdicts)
    folder = written_by_version_0_1(tmp_path / "0001", msgspec.structs.replace(sample, run=run))

    keys = [comparison.key for _, comparison in read_run(folder).comparisons]

    assert len(set(keys)) == 2
    with pytest.raises(StoreError, match="run the suites again"):
        list(read_judgements(folder))
