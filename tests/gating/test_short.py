"""``harness cases anchors`` and ``pytest --anchors``: a project that was asked whole, then by its short suite."""

import json

import pytest

from harness.config.release import GatesConfig
from harness.gating.ledger import properties_of
from harness.registry.evidence import lacking
from harness.report import markdown_summary
from harness.runs.folder import read_run
from harness.runs.names import find_run
from tests.apart import run_harness
from tests.short_runs import CASES, gate, three_runs


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Three adapters were gated by all cases; then 100 were chosen, and two adapters gated by them."""
    folder = tmp_path_factory.mktemp("short")
    with three_runs(folder):
        none = gate(folder, "one", "--anchors")
        chosen = run_harness(folder, "cases", "anchors", "suites/sums", "--runs", "1..20", "--keep", "100")
        ended = {name: gate(folder, name, "--anchors") for name in ("one", "worse")}
        several = gate(folder, "one", "--anchors", "--candidate", "adapters/two")
        yield {"folder": folder, "none": none, "chosen": chosen, "ended": ended, "several": several}


def run(project, number):
    """A saved run of the project."""
    return read_run(find_run(project["folder"] / "runs", number))


def test_the_command_chooses_and_says_what_it_is_worth(project):
    """Pinned cases among them; the trial is told."""
    told = project["chosen"].stdout.str()

    assert project["chosen"].ret == 0, project["chosen"].stderr.str()
    assert "100 of 240 cases, by 3 runs of tiny, one, two, three" in told
    assert "2 of     2  pinned" in told
    assert "each left out of the choice in turn" in told
    assert "pytest suites/ --anchors" in told


def test_only_the_short_suite_is_asked_and_the_verdict_is_as_of_the_whole(project):
    """The one passes, the other is found to be worse; pinned tests run whole."""
    (passed, _), (failed, told) = project["ended"]["one"], project["ended"]["worse"]
    verdict = run(project, "4").verdicts[0]

    assert (passed, failed) == (0, 1)
    assert len(verdict.comparison.rows) == 100
    assert verdict.comparison.short.of == 240
    assert verdict.reasons[0].endswith("estimated from 100 of 240 cases")
    assert "exact_match() on 100 of 240 cases: dropped by" in told
    assert len(run(project, "4").pinned) == 2


def test_the_run_says_that_it_is_an_estimate_and_promotes_nothing(project):
    """In its record, its report, the summary of a CI job, JUnit, and the history."""
    saved = run(project, "4")
    page = (find_run(project["folder"] / "runs", "4") / "report.html").read_text()
    history = run_harness(project["folder"], "history", "--json").stdout.str()

    assert [(one.suite, one.asked, one.of) for one in saved.short] == [("sums", 100, 240)]
    missing = lacking(saved, project["folder"] / "runs", None, project["folder"], GatesConfig())
    assert any("is an estimate: it asked 100 of 240 cases of sums" in one for one in missing)
    assert "can be released" not in page
    assert "100 of 240 cases were asked" in markdown_summary(run(project, "5"))
    assert {("cases asked", 100), ("cases in all", 240)} <= set(properties_of(saved.verdicts[0]))
    assert "comes from the cases" not in page
    assert "100 of 240 cases were asked (--anchors)" in page
    assert [point["is_short"] for point in json.loads(history)["gates"][0]["runs"]] == [False] * 3 + [True] * 2


def test_a_saved_run_of_a_short_suite_is_decided_again_as_it_was(project):
    """By the cases that it asked; two of them are compared by the same weights."""
    again = run_harness(project["folder"], "decide", "4")
    compared = run_harness(project["folder"], "compare", "4", "5")

    assert again.ret == 0, again.stdout.str()
    assert "0 changed" in again.stdout.str()
    assert compared.ret == 0
    assert "100 of 240" in compared.stdout.str()


def test_a_short_suite_is_not_compared_with_the_whole(project):
    """Its cases are weighted, and those that it left out are not gone."""
    for runs in (("3", "4"), ("4", "3")):
        compared = run_harness(project["folder"], "compare", *runs, "--json")
        found = json.loads(compared.stdout.str())

        assert compared.ret == 6
        assert found["renewed"] == []
        assert {one["comparison"] for one in found["measures"]} == {None}
        assert found["measures"][0]["refused"].startswith("one of them asked a short suite (--anchors)")


def test_what_cannot_be_is_refused_by_name(project):
    """No short suite, several candidates, runs of short suites alone, and cases that changed."""
    folder = project["folder"]
    command = ("cases", "anchors", "suites/sums", "--keep", "100", "--out", "other.json", "--runs")
    of_short, of_none = run_harness(folder, *command, "4..9"), run_harness(folder, *command, "70..90")
    file = folder / "suites" / "sums" / "cases.jsonl"
    before = file.read_text()
    file.write_text(before.replace('"expected": "5"', '"expected": "five"'))
    of_changed, changed = run_harness(folder, *command, "1..3"), gate(folder, "one", "--anchors")
    file.write_text(before)

    assert project["none"][0] == 4
    assert "no suite here has a short one" in project["none"][1]
    assert "--anchors takes one --candidate" in project["several"][1]
    assert "without 2 runs of a short suite" in of_short.stderr.str()
    assert "no saved run has a number from 70 to 90" in of_none.stderr.str()
    assert "asked other cases than" in of_changed.stderr.str()
    assert "has changed since it was chosen" in changed[1]
    assert len(CASES) == 240
