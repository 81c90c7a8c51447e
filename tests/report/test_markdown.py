"""The summary for CI within GitHub's limit, beyond which it is dropped whole."""

import re

import msgspec
import pytest

from harness.report import markdown_ranking, markdown_summary
from harness.report.markdown import SUMMARY_BYTES, fitting_lines
from harness.runs.ranking import Ranked, Ranking
from tests.sample_run import sample_run


def test_many_gates_are_shortened_to_what_github_takes():
    """The worst are kept, and those left out are counted."""
    run = sample_run().run
    (failed, *_), passed = run.verdicts, msgspec.structs.replace(run.verdicts[0], outcome="passed")
    failed = msgspec.structs.replace(failed, outcome="failed", reasons=("€" * 400,))
    many = msgspec.structs.replace(run, verdicts=(*[passed] * 50, failed), unmeasured=("é" * 400,) * 1_500)

    text = markdown_summary(many)

    assert len(text.encode()) <= SUMMARY_BYTES
    assert text.index("| ❌ failed |") < text.index("| ✅ passed |")
    left = int(re.search(r"… ([\d,]+) more rows: see the report\.", text)[1].replace(",", ""))
    pinned_tests = 2
    assert left + text.count("\n| ") - 2 == 51 + 1_500 + pinned_tests + len(run.broken)


def test_leaked_cases_have_a_row_of_their_own_above_all_gates():
    """Where they fail the run; they are no test that broke."""
    run = msgspec.structs.replace(sample_run().run, broken=(), leak_failure="2 cases in the candidate's training rows")

    text = markdown_summary(run)

    first = text.split("| :-- | :-- |")[1].splitlines()[1]
    assert first.startswith("| Cases in the training rows | ❌ leaked |")
    assert first.endswith("| 2 cases in the candidate's training rows |")
    assert "broke" not in text
    assert "leaked" not in markdown_summary(sample_run().run)


def test_long_facts_leave_room_for_the_gates():
    """A third of the room is theirs."""
    run = msgspec.structs.replace(sample_run().run, usage=sample_run().run.usage * 10_000)

    text = markdown_summary(run)

    assert len(text.encode()) <= SUMMARY_BYTES
    assert "… 1 more fact: see the report." in text
    assert "more row" not in text


@pytest.mark.parametrize("most", [-5, 0, 79, 80, 90])
def test_without_room_nothing_but_the_count_is_left(most):
    """What is told is how much is missing."""
    assert fitting_lines(["x" * 50, "y" * 50], most, "more line") == "\n… 2 more lines: see the report.\n"


def test_what_fits_is_whole():
    """To the byte."""
    assert fitting_lines(["é", "b"], 5, "more line") == "é\nb\n"
    assert "more" in fitting_lines(["é", "b"], 4, "more line")


def test_a_long_ranking_is_shortened_too():
    """Thousands of candidates."""
    ranked = Ranked(place=1, name="x" * 80, run="0001", number=1, outcome="failed", if_chosen="failed", mean=None)

    text = markdown_ranking(Ranking(baseline="base", candidates=(ranked,) * 20_000, gates=()))

    assert len(text.encode()) <= SUMMARY_BYTES
    assert "more lines: see the report." in text
