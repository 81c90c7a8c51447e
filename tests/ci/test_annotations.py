"""What a job's log tells its runner: annotations at the lines of gates, within GitHub's limit, and values."""

import json

import msgspec
import pytest

from harness.ci.annotations import MOST, annotations, azure_issues, outputs
from harness.ci.ended import Ended
from harness.ci.places import Place, place_of
from harness.ci.quality import quality_report
from harness.ci.spots import Spot, spots
from harness.records.saved import Pinned
from tests.ci.sessions import TEST, ended, run_of, verdict

CODE = "def helper(): ...\n\n\nclass TestX:\n    async def test_labels_are_right(self): ...\n"
PLACE = Place(path="suites/labels/test_labels.py", line=9)


def spot(**facts: object) -> Spot:
    """Return a failed gate."""
    given = {"outcome": "failed", "title": "Labels", "text": "lost 2", "check": "exact_match()", "test_id": TEST}
    return Spot(**{**given, **facts})


def repository(tmp_path):
    """Make a repository whose project is in a folder of its own."""
    (tmp_path / "ml" / "suites" / "labels").mkdir(parents=True)
    (tmp_path / "ml" / "suites" / "labels" / "test_labels.py").write_text(CODE)
    return tmp_path


def test_leaked_cases_are_an_error_without_a_line():
    """They are found before any test runs; a saved run of the session names its candidate where there are several."""
    run = run_of(verdict("passed"), leak_failure="2 cases in the candidate's training rows")

    (found,) = spots(Ended(exit_code=1, runs=(run,)))

    assert (found.outcome, found.title, found.check) == ("failed", "Cases in the training rows", "leaked cases")
    assert annotations([(found, None)]) == [
        "::error title=Cases in the training rows::2 cases in the candidate's training rows"
    ]


def test_everything_that_was_not_passed_is_named_the_worst_first():
    """Gates, pinned cases, broken tests, what was not measured; advisory gates are not."""
    advisory = verdict("failed")
    advisory = msgspec.structs.replace(advisory, gate=msgspec.structs.replace(advisory.gate, advisory=True))
    run = run_of(
        verdict("inconclusive"),
        verdict("passed"),
        advisory,
        verdict("failed", line=12),
        pinned=(Pinned(test_id="suites/r/test_r.py::test_never", case_id="card", outcome="failed", reason="said it"),),
        broken=("suites/r/test_r.py::test_cards[x]: KeyError: 'card'",),
        unmeasured=("asking stopped: HTTP 500",),
    )

    found = spots(Ended(exit_code=1, runs=(run,)))

    assert [(one.outcome, one.title, one.line) for one in found] == [
        ("failed", "Labels are right", 12),
        ("failed", "Never: case card", 0),
        ("failed", "Broke: Cards", 0),
        ("inconclusive", "Labels are right", 9),
        ("inconclusive", "Not measured", 0),
    ]
    assert found[2].test_id == "suites/r/test_r.py::test_cards[x]"


def test_with_several_candidates_each_spot_names_its_own():
    """Else two would look the same."""
    found = spots(Ended(exit_code=1, runs=(*ended("failed").runs, *ended("failed").runs)))

    assert {one.title for one in found} == {"triage-too-hot: Labels are right"}


def test_a_session_that_saved_nothing_has_one_spot():
    """It says why."""
    (found,) = spots(Ended(exit_code=4, runs=()))

    assert (found.outcome, "called wrongly" in found.text) == ("failed", True)


def test_a_gate_is_found_below_a_folder_of_the_repository(tmp_path):
    """At its line; a test without one where it begins, also in a class."""
    top = repository(tmp_path)

    found = [place_of(spot(line=line), top / "ml", top) for line in (9, 0)]

    assert found == [
        Place(path="ml/suites/labels/test_labels.py", line=9),
        Place(path="ml/suites/labels/test_labels.py", line=5),
    ]


@pytest.mark.parametrize(
    "test_id",
    ["", "suites/none.py::test_x", "/etc/passwd::x", "../../etc/passwd::x", "suites/labels/out.py::x"],
)
def test_a_file_that_is_not_in_the_repository_is_no_place(tmp_path, test_id):
    """Missing, absolute, above it, or a link out of it."""
    top = repository(tmp_path / "repo")
    (tmp_path / "out.py").write_text("x = 1\n")
    (top / "ml" / "suites" / "labels" / "out.py").symlink_to(tmp_path / "out.py")

    assert place_of(spot(test_id=test_id, line=3), top / "ml", top) is None


def test_a_file_that_is_no_python_has_its_first_line(tmp_path):
    """It changed since, or is cut."""
    top = repository(tmp_path)
    (top / "ml" / "suites" / "labels" / "test_labels.py").write_bytes(b"def (\x00")

    assert place_of(spot(), top / "ml", top) == Place(path="ml/suites/labels/test_labels.py", line=1)


def test_an_annotation_is_one_command_whatever_the_text():
    """New lines, percent signs, colons and commas of an answer end neither the property nor the command."""
    bad = spot(title="a,b: 100 %\n::error::x", text="100 %\n::set-output name=x::y")

    (line,) = annotations([(bad, PLACE)])

    assert line == (
        "::error file=suites/labels/test_labels.py,line=9,title=a%2Cb%3A 100 %25 %3A%3Aerror%3A%3Ax"
        "::100 %25 ::set-output name=x::y"
    )


def test_inconclusive_is_a_warning_and_no_place_is_no_property():
    """As for what could not be measured."""
    assert annotations([(spot(outcome="inconclusive"), None)]) == ["::warning title=Labels::lost 2"]


@pytest.mark.parametrize(("number", "lines"), [(0, 0), (MOST, MOST), (MOST + 1, MOST), (500, MOST)])
def test_there_are_never_more_than_nine(number, lines):
    """The last of them counts the rest."""
    found = annotations([(spot(), PLACE)] * number)

    assert len(found) == lines
    if number > MOST:
        assert found[-1] == f"::error title=Release gate::{number - MOST + 1} more are in the summary of this job"


def test_azures_log_gets_issues_that_hold_no_other_command():
    """Its agent looks for commands anywhere in a line."""
    (line,) = azure_issues([(spot(text="x]; ##vso[task.complete result=Succeeded;]"), PLACE)])

    assert line.startswith(
        "##vso[task.logissue type=error;sourcepath=suites/labels/test_labels.py;linenumber=9;]Labels"
    )
    assert line.count("##") == 1
    assert line.count("]") == 1


def test_later_steps_get_the_outcome_and_the_numbers_of_gates():
    """Each on a line of its own."""
    session = Ended(exit_code=1, runs=(run_of(verdict("failed"), verdict("passed"), verdict("inconclusive")),))

    assert outputs(session, "out\nx=y").splitlines() == [
        "outcome=failed",
        "exit-code=1",
        "runs=0007-2026-11-26-1f3c",
        "folder=out x=y",
        "failed=1",
        "inconclusive=1",
        "passed=1",
    ]


def test_gitlabs_code_quality_has_an_entry_for_each_place():
    """With a fingerprint that no figure and no line changes, and that two gates of one test don't share."""
    found = [(spot(), PLACE), (spot(text="lost 3"), PLACE), (spot(outcome="inconclusive", check="bleu()"), PLACE)]
    later = [(spot(text="lost 9"), Place(path=PLACE.path, line=30))]

    entries, again = json.loads(quality_report([*found, (spot(), None)])), json.loads(quality_report(later))

    assert [one["severity"] for one in entries] == ["critical", "critical", "minor"]
    assert entries[0]["location"] == {"path": PLACE.path, "lines": {"begin": 9}}
    assert entries[0]["description"] == "Labels: lost 2"
    assert len({one["fingerprint"] for one in entries}) == 3
    assert again[0]["fingerprint"] == entries[0]["fingerprint"]
    assert json.loads(quality_report([])) == []
