"""Tests whose lost cases are asked again: those of all tests in one batch, each test reported once."""

import json
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from xml.etree import ElementTree as ET

import pytest

from harness.asking.ahead import Readings
from harness.asking.ask import Asking
from harness.asking.left import Question
from harness.errors import EngineError
from harness.runs.folder import read_judgements, read_run
from tests.gating.projects import Project, forgetful, project  # noqa: F401 - the fixture
from tests.models.fakes import adapter_in
from tests.stub import Sent, serve

TESTS = """
from pathlib import Path

import pytest

from harness.scorers import contains, exact_match

HERE = Path(__file__).parent


@pytest.mark.suite(HERE / "cases.jsonl", max_tokens=8)
def test_whole(evaluate, gate):
    print("printed once")
    gate(evaluate(exact_match()), max_flips=0)
    (HERE / "released").write_text("")


@pytest.mark.suite(HERE / "cases.jsonl", max_tokens=8)
def test_reached(evaluate, gate):
    gate(evaluate(exact_match()), floor=0.5)


@pytest.mark.suite(HERE / "cases.jsonl", max_tokens=9)
def test_longer(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=2)
"""
BATCHES = re.compile(r"lost cases of (\d) tests? are asked again, in one batch of (\d+) requests")


@pytest.fixture
def batches(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[tuple[str, str]]]:
    """Return what was said of each batch since the last call: its tests and its requests."""
    return lambda: BATCHES.findall(capfd.readouterr().err)


def test_the_lost_cases_of_all_tests_are_asked_in_one_batch(project, batches):  # noqa: F811
    """After the first asking of everything; the verdicts and their order are those of the tests."""
    run = project(forgetful)
    run.suite(code=TESTS)

    result = run.gate()

    assert result.ret == 1
    assert batches() == [("2", "16")]
    assert Counter(run.asked)["mine", "1+1"] == 2 + 4
    verdicts = [(one["test_id"].split("::")[1], one["outcome"]) for one in run.run()["verdicts"]]
    assert verdicts == [("test_whole", "failed"), ("test_reached", "passed"), ("test_longer", "passed")]
    assert not (run.folder / "released").exists()


def test_a_test_that_waits_is_reported_once(project):  # noqa: F811
    """In the terminal, in the JUnit file with its properties and output, and in the run's scores."""
    run = project(forgetful)
    run.suite(code=TESTS)

    result = run.gate("-v", "--junitxml", "junit.xml")

    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"]) == (2, 1)
    assert "skipped" not in outcomes
    suite = next(ET.parse(run.folder / "junit.xml").iter("testsuite"))  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "0")
    properties = [one.get("name") for one in suite.find("testcase[@name='test_whole']").iter("property")]
    assert properties.count("verdict") == 1
    assert result.outlines.count("printed once") == 1
    assert sum(line.endswith("POSTPONED") for line in result.outlines) == 2
    folder = max(run.folder.glob("runs/*/run.json")).parent
    scores = Counter((one.comparison, one.side, one.item.case_id) for one in read_judgements(folder))
    assert set(scores.values()) == {1}
    assert {key for key, _, _ in scores} == {verdict.comparison.key for verdict in read_run(folder).verdicts}


@pytest.mark.parametrize("options", [(), ("-q",)])
def test_what_is_said_of_the_batch_stands_below_the_dots_so_far(project, options):  # noqa: F811
    """Not behind them, also with -q, where pytest keeps no note of the open line."""
    run = project(forgetful)
    run.suite(code=TESTS)

    lines = [line.strip() for line in run.gate(*options).outlines]

    assert {".", "test_sums.py ."} & set(lines)


def test_a_run_that_decides_again_comes_to_the_same_verdicts(project, batches):  # noqa: F811
    """From what was asked again."""
    run = project(forgetful)
    run.suite(code=TESTS)
    run.gate()
    batches()
    number = max(run.folder.glob("runs/*/run.json")).parent.name

    again = run.gate("--baseline", f"run:{number}#baseline", candidate=f"run:{number}")

    assert again.ret == 1
    assert batches() == []
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["failed", "passed", "passed"]


def test_a_second_gate_of_a_test_waits_again(project, batches):  # noqa: F811
    """It is known only when the first one has decided; what was asked again is not asked a third time."""
    run = project(forgetful)
    lenient = "lambda case, response: response.text == case.expected or case.id == 'sum-1'"
    gates = f"    gate(evaluate(exact_match()), max_flips=2)\n    gate(evaluate({lenient}), max_flips=1)\n"
    other = '\n\n@pytest.mark.suite(HERE / "cases.jsonl", max_tokens=9)\n'
    run.suite(code=f"{TESTS.partition('@pytest')[0]}{other}def test_both(evaluate, gate):\n{gates}")

    result = run.gate()

    assert (result.ret, batches()) == (0, [("1", "8")])
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["passed", "passed"]
    assert Counter(run.asked)["tiny", "2+1"] == 3


def test_where_the_first_failure_ends_the_run_no_test_waits(project, batches):  # noqa: F811
    """``-x``: the test that comes first fails first, and no other one runs."""
    run = project(forgetful)
    run.suite(code=TESTS)

    result = run.gate("-x")

    assert (result.ret, batches()) == (1, [])
    assert result.parseoutcomes() == {"failed": 1}


def test_a_plugin_that_runs_the_tests_itself_keeps_doing_so(project, batches):  # noqa: F811
    """Each gate asks for its own lost cases there."""
    run = project(forgetful)
    run.suite(code=TESTS)
    runner = "from _pytest.runner import runtestprotocol\n\ndef pytest_runtest_protocol(item, nextitem):\n"
    (run.folder / "conftest.py").write_text(f"{runner}    runtestprotocol(item, nextitem=nextitem)\n    return True\n")

    result = run.gate()

    assert (result.ret, batches()) == (1, [])
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["failed", "passed", "passed"]


def test_a_gate_that_a_fixture_asks_for_later_decides_at_once(project, batches):  # noqa: F811
    """Such a test has no gate that pytest knows of before."""
    run = project(forgetful)
    late = 'def test_whole(evaluate, request):\n    gate = request.getfixturevalue("gate")\n'
    run.suite(code=TESTS.replace("def test_whole(evaluate, gate):\n", late))

    result = run.gate()

    assert (result.ret, batches()) == (1, [("1", "8")])
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["failed", "passed", "passed"]


def test_a_test_with_subtests_decides_at_once(project, batches):  # noqa: F811
    """It reports each of them itself, so that none is told as skipped; the same with unittest's own."""
    run = project(forgetful)
    mark = '\n\n@pytest.mark.suite(HERE / "cases.jsonl", max_tokens={tokens})\n'
    parts = (
        "def test_parts(subtests, evaluate, gate):\n    for most in (2, 3):\n        with subtests.test(most=most):\n"
        "            gate(evaluate(exact_match()), max_flips=most)\n"
    )
    old = (
        "class TestOld(unittest.TestCase):\n    @pytest.fixture(autouse=True)\n    def use(self, evaluate, gate):\n"
        "        self.judge = lambda: gate(evaluate(exact_match()), max_flips=2)\n\n    def test_old(self):\n"
        "        with self.subTest(part=1):\n            self.judge()\n"
    )
    head = TESTS.partition("@pytest")[0].replace("import pytest", "import unittest\n\nimport pytest", 1)
    run.suite(code=f"{head}{mark.format(tokens=8)}{parts}{mark.format(tokens=9)}{old}")

    result = run.gate("-v", "--junitxml", "junit.xml")

    assert (result.ret, batches()) == (0, [])
    suite = next(ET.parse(run.folder / "junit.xml").iter("testsuite"))  # noqa: S314 - our own file
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "0")
    assert "skipped" not in result.outlines[-2]
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["passed", "passed", "passed"]


def test_candidates_share_the_batch(project, batches):  # noqa: F811
    """Two candidates, two tests each that wait."""
    run = project(forgetful)
    adapter_in(run.folder / "adapters" / "new", weights=b"new")
    run.suite(code=TESTS)

    def both_forget(model: str, question: str) -> str:
        return forgetful("mine" if model == "new" else model, question)

    with serve(both_forget, ("tiny", "mine", "new")) as stub:
        result = Project(run.folder, stub).gate("--candidate", "adapters/new")

    assert (result.ret, batches()) == (1, [("4", "24")])
    outcomes = [
        [one["outcome"] for one in json.loads(path.read_text())["verdicts"]]
        for path in run.folder.glob("runs/*/run.json")
    ]
    assert outcomes == [["failed", "passed", "passed"]] * 2


def test_a_server_that_fails_in_the_batch_excuses_nothing(project):  # noqa: F811
    """What is not answered is no proof either way: the gates are inconclusive."""

    def refuses(model: str, question: str) -> str | int:
        seen[model, question] += 1
        first = 3  # two tests and the probe
        again = seen[model, question] > first and (model, question) == ("mine", "1+1")
        return 400 if again else forgetful(model, question)

    seen: Counter[tuple[str, str]] = Counter()
    run = project(refuses)
    run.suite(code=TESTS.replace("max_flips=0", "max_flips=1"))

    result = run.gate()

    assert result.ret == 6
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["inconclusive", "passed", "passed"]


def test_an_engine_that_dies_in_the_batch_is_not_asked_for_another_batch(project, batches, monkeypatch):  # noqa: F811
    """Each test that waited asks once itself, and is inconclusive; the others keep their verdicts."""
    fetches: list[int] = []
    fetch = Asking.fetch

    def dies(asking: Asking, questions: Iterable[Question], _ahead: Readings | None = None) -> None:
        fetches.append(len(tuple(questions)))
        if len(fetches) > 1:
            raise EngineError("the engine has ended")
        fetch(asking, questions)

    monkeypatch.setattr(Asking, "fetch", dies)
    run = project(forgetful)
    run.suite(code=TESTS)

    result = run.gate()

    assert (result.ret, batches()) == (6, [("2", "16")])
    assert fetches == [28, 16, 8, 8]  # planned; the batch; what each of two tests needs
    assert result.parseoutcomes() == {"passed": 1, "inconclusive": 2}
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["passed"]
    assert sum("the engine has ended" in one for one in run.run()["unmeasured"]) == 2


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_in_the_batch_keeps_the_answers(project, capfd):  # noqa: F811
    """Nothing is reported of tests that waited, and the same command asks only what is missing."""

    def stops(model: str, question: str) -> str | Sent:
        seen[model, question] += 1
        if (model, question) != ("mine", "1+1") or seen[model, question] != 4:  # two tests and the probe
            return forgetful(model, question)
        os.kill(os.getpid(), signal.SIGINT)
        return Sent({}, until=threading.Event())

    seen: Counter[tuple[str, str]] = Counter()
    run = project(stops)
    run.suite(code=TESTS)

    interrupted = run.gate()
    told = capfd.readouterr().err
    asked = len(run.stub.bodies)
    again = run.gate()

    assert (interrupted.ret, again.ret) == (2, 1)
    assert interrupted.parseoutcomes() == {"passed": 1}
    assert "interrupted; the answers so far are kept, and the same command continues from there" in told
    assert len(run.stub.bodies) - asked < 16
    assert [one["outcome"] for one in run.run()["verdicts"]] == ["failed", "passed", "passed"]


def test_a_session_that_is_stopped_says_which_tests_still_waited(project):  # noqa: F811
    """They measured nothing."""
    run = project(forgetful)
    run.suite(code=TESTS)
    (run.folder / "conftest.py").write_text(
        "def pytest_runtest_logreport(report):\n    if 'test_reached' in report.nodeid and report.when == 'teardown':\n"
        "        import tests_session\n        tests_session.session.shouldstop = 'enough'\n\n"
        "def pytest_sessionstart(session):\n    import sys, types\n"
        "    sys.modules['tests_session'] = types.SimpleNamespace(session=session)\n"
    )

    result = run.gate()

    assert [one["outcome"] for one in run.run()["verdicts"]] == ["passed"]
    assert result.ret != 0
    assert any("the tests were stopped before the end: enough" in line for line in result.outlines)
