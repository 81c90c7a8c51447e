"""A judge that becomes another one behind its name: its gates decide nothing until it is checked again."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import pytest

from harness.errors import EngineError
from harness.gating.judge_drift import ROUND, JudgeDrift, asking_at
from harness.judges.checked import checks_file, keep_check, read_checks
from harness.judges.drift import Drift
from harness.judges.labels import add_labels, labels_file
from harness.records.answered import Response
from harness.records.asked import Request
from harness.text.pages import content_folder
from tests.apart import run_harness
from tests.gating.projects import Project, forgetful, project  # noqa: F401 - the fixture
from tests.gating.test_judge_check import NOW, check_of
from tests.judges.made import COMPLETENESS, asking, judge_of, perfect, rated_evenly
from tests.models.fakes import adapter_in

JUDGE = "openai:reader"
TESTS = """
from pathlib import Path

import pytest

from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)


def test_complete(evaluate, judge, gate):
    gate(evaluate(judge("completeness")), floor=FLOOR)


def test_complete_too(evaluate, judge, gate):
    gate(evaluate(judge("completeness")), floor=0.1)


def test_exact(evaluate, gate):
    gate(evaluate(exact_match()), floor=0.1)
"""
CHANGED = "the judge has changed behind its name: 16 of 20 answers get another verdict than when it was checked"


def believed(model: str, question: str) -> str:
    """Answer sums, and give what people labelled the level that they gave it, and anything else the second one."""
    if model == "reader":
        return f'{{"score": {question.split("worth=")[1][0] if "worth=" in question else 2}}}'
    return forgetful(model, question)


def harsh(model: str, question: str) -> str:
    """Be another judge: each level is one lower, but for the lowest."""
    if model == "reader" and "worth=" in question:
        return f'{{"score": {max(1, int(question.split("worth=")[1][0]) - 1)}}}'
    return believed(model, question)


def fails(model: str, question: str) -> str | int:
    """Fail where people's labels are read."""
    return 400 if "worth=" in question else believed(model, question)


@pytest.fixture
def trusted(project: Callable[..., Project]) -> Iterator[Callable[..., Project]]:  # noqa: F811
    """Make a project whose hosted judge was checked and is trusted."""

    def make(floor: float = 0.9) -> Project:
        run = project(believed)
        run.stub.models.append("reader")
        settings = run.folder / "harness.toml"
        settings.write_text(f'{settings.read_text()}[judge]\nmodel = "{JUDGE}"\nbase_url = "{run.stub.url}"\n')
        run.suite(code=TESTS.replace("FLOOR", str(floor)))
        add_labels(labels_file(run.folder / "judges", COMPLETENESS), COMPLETENESS, rated_evenly(70))
        check = msgspec.structs.replace(check_of(perfect, count=70), judge="reader")
        keep_check(checks_file(run.folder / "judges", COMPLETENESS), check)
        return run

    return make


def again(run: Project) -> int:
    """Return how often the judge was asked what it was checked with."""
    return sum("worth=" in json.dumps(body) for body in run.stub.bodies)


def test_the_same_judge_decides_and_is_asked_once_for_all_tests_and_candidates(trusted):
    """Its gate fails the run; the next run asks it anew, though the store has what it said."""
    run = trusted()
    adapter_in(run.folder / "adapters" / "other", weights=b"other")
    run.stub.models.append("other")

    result = run.gate("--candidate", "adapters/other")
    asked = again(run)
    run.gate()

    assert result.ret == 1
    assert (asked, again(run)) == (20, 40)
    gates = [verdict["gate"].get("advisory", False) for verdict in run.run()["verdicts"]]
    assert gates == [False, False, False]
    usage = [one["answers"] for one in run.run()["usage"] if one["side"] == "judge"]
    assert usage == [4 + 2 + 20]  # answers, of which two differ, and the fixed set


def test_what_was_checked_is_asked_in_the_same_batch_as_the_answers(trusted, capfd):
    """One line says what all of it costs."""
    run = trusted()

    run.gate()

    told = [line for line in capfd.readouterr().err.splitlines() if "judging by reader: " in line]
    assert [line.split(",")[0] for line in told[-1:]] == ["judging by reader: 26 calls"]


def test_another_judge_behind_the_name_fails_nothing_and_every_place_says_so(trusted, capfd):
    """Terminal, report, JUnit and the saved run."""
    run = trusted()
    run.stub.reply = harsh

    result = run.gate("--junitxml", "found.xml")

    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 3})
    told = " ".join(capfd.readouterr().err.split())
    assert (
        f"Advisory: judge('completeness' v1 {COMPLETENESS.digest[:8]} by reader) is not trusted any more: {CHANGED}"
        in told
    )
    assert "where at most 9 % would by chance; run: harness judge check completeness" in told
    [first, second, _] = run.run()["verdicts"]
    assert [first["outcome"], second["outcome"]] == ["failed", "passed"]
    assert first["gate"]["advisory"] is second["gate"]["advisory"] is True
    assert first["comparison"]["judged"]["changed"].startswith(CHANGED)
    assert "not trusted any more" in run.report()
    assert CHANGED in run.report()
    junit = (run.folder / "found.xml").read_text()
    assert 'name="judge trusted" value="False"' in junit
    assert f'name="judge changed" value="{CHANGED}' in junit


def test_a_saved_run_keeps_what_was_found_until_the_judge_is_checked_again(trusted):
    """Nobody is asked."""
    run = trusted()
    run.stub.reply = harsh
    run.gate()
    asked = len(run.stub.bodies)

    assert run_harness(run.folder, "decide", "1", "test_sums.py").ret == 0
    assert len(run.stub.bodies) == asked

    rubric = run.folder / "judges" / "completeness.toml"
    words = content_folder("judges").joinpath("completeness.toml").read_text("utf-8")
    rubric.write_text(f"{words}\n[trust]\nmin_kappa = 0.7\n", "utf-8")
    assert run_harness(run.folder, "decide", "1", "test_sums.py").ret == 0  # another threshold is no new check

    path = checks_file(run.folder / "judges", COMPLETENESS)
    [check] = read_checks(path)
    keep_check(path, msgspec.structs.replace(check, checked="2026-11-28T12:00:00+00:00"))

    assert run_harness(run.folder, "decide", "1", "test_sums.py").ret == 1
    assert len(run.stub.bodies) == asked


@pytest.mark.parametrize("floor", [0.1, 0.9])
def test_calls_that_fail_neither_pass_a_gate_nor_fail_it(trusted, floor):
    """Nobody knows whether it is the judge that was checked: inconclusive, also where the run is decided again."""
    run = trusted(floor)
    run.stub.reply = fails

    result = run.gate("--junitxml", "found.xml")

    assert (result.ret, result.parseoutcomes()) == (6, {"inconclusive": 2, "passed": 1})
    said = (
        "whether the judge is still the one that was checked could not be checked: 20 of 20 verdicts could not be had"
    )
    assert said in " ".join(result.stdout.str().split())
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["inconclusive", "inconclusive", "passed"]
    assert "could not be checked again" in run.report()
    assert "judge could not be checked" in (run.folder / "found.xml").read_text()
    assert run_harness(run.folder, "decide", "1", "test_sums.py").ret == 6


def test_a_budget_holds_for_these_calls_too(trusted):
    """What it leaves out is not known."""
    run = trusted()

    result = run.gate("--judge-budget", "10")

    assert result.ret == 6
    assert len([body for body in run.stub.bodies if body["model"] == "reader"]) == 10
    assert "could not be had, the first: the judge gave no verdict: the judge's budget of 10 calls was used up" in (
        " ".join(result.stdout.str().split())
    )


def test_labels_that_are_gone_leave_the_gate_advisory(trusted, capfd):
    """Without them another judge could not be noticed."""
    run = trusted()
    labels_file(run.folder / "judges", COMPLETENESS).unlink()

    result = run.gate()

    assert result.ret == 0
    assert "could not be noticed, since the labels that it was checked with are not here" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("reply", "why"),
    [(harsh, CHANGED), (fails, "whether it is still the judge that was checked is not known: 20 of 20 verdicts could")],
)
def test_a_rubric_that_waives_trust_says_that_the_judge_may_be_another_one(trusted, reply, why):
    """And its gates count."""
    run = trusted()
    run.stub.reply = reply
    words = content_folder("judges").joinpath("completeness.toml").read_text()
    waived = words.replace("\nversion =", "\nrequire_trusted = false\nversion =", 1)
    (run.folder / "judges" / "completeness.toml").write_text(waived)

    assert run.gate().ret == 1
    assert "Not advisory, since the rubric has require_trusted = false" in run.report()
    assert why in run.report()


def test_a_jury_that_was_checked_decides(trusted):
    """Under the name that it has in a suite, whichever member is named first; each is asked again."""
    run = trusted()
    run.stub.models.append("second")
    run.stub.reply = lambda model, question: believed("reader" if model == "second" else model, question)
    members = f'"completeness", models=["openai:second", "{JUDGE}"]'
    code = (run.folder / "test_sums.py").read_text().replace('"completeness"', members)
    (run.folder / "test_sums.py").write_text(code)

    before = run.gate().ret
    checked = run_harness(run.folder, "judge", "check", "completeness", "--judge", JUDGE, "--judge", "openai:second")
    run.stub.bodies.clear()

    assert (before, checked.ret, run.gate().ret, again(run)) == (0, 0, 1, 2 * 20)


def checked_project(folder):
    """Return a folder of labels and of the check of a perfect judge."""
    add_labels(labels_file(folder, COMPLETENESS), COMPLETENESS, rated_evenly(100))
    keep_check(checks_file(folder, COMPLETENESS), check_of(perfect))
    return folder


def test_a_judge_whose_weights_are_here_is_asked_nothing(tmp_path):
    """They can't change unseen."""
    asked = []

    drift = JudgeDrift(lambda *_: False, 100).of(judge_of(), checked_project(tmp_path), asked.append)

    assert (drift.changed, drift.unknown, asked) == ("", "", [])


def test_where_no_more_answers_can_be_had_nobody_is_asked_twice(tmp_path):
    """The first test has waited for a server that is gone; the reason holds for all."""
    asked = []

    def gone(requests: Sequence[Request]) -> dict[str, Response]:
        asked.append(len(requests))
        raise EngineError("the server is gone")

    drift, judge = JudgeDrift(lambda *_: True, 100), judge_of()
    found = [drift.of(judge, checked_project(tmp_path), gone) for _ in range(2)]

    assert [one.unknown for one in found] == ["the server is gone"] * 2
    assert asked == [20]


def test_an_asking_is_no_earlier_one_and_its_seeds_stay_small(tmp_path):
    """Servers take seeds below 2**31, also where an answer is judged a hundred times."""
    seeds = []

    def noted(requests: Sequence[Request]) -> Mapping[str, Response]:
        seeds.extend(request.sampling.seed for request in requests)
        return asking(perfect)(requests)

    number = asking_at(NOW)

    assert JudgeDrift(lambda *_: True, number).of(judge_of(), checked_project(tmp_path), noted) == Drift()
    assert seeds == [number] * 20
    assert number >= 100
    assert 100 * (100 + ROUND) < 2**31
    assert asking_at(NOW.replace(second=1)) == number + 1
