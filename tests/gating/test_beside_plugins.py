"""Other plugins, and tests that handle a gate's failure themselves: none of them changes what a gate decided."""

import pytest

from tests.apart import run_pytest
from tests.gating.projects import SUITE, forgetful, right
from tests.mistakes import addresses_in

MARKED = SUITE.split("def ", maxsplit=1)[0]

CAUGHT = """def test_gate(evaluate, gate):
    with pytest.raises(AssertionError):
        gate(evaluate(exact_match()), max_flips=0)
"""

EXPECTED = """@pytest.mark.xfail(reason='known')
def test_gate(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=0)
"""


@pytest.mark.parametrize("code", [CAUGHT, EXPECTED], ids=["caught", "expected"])
def test_a_failed_gate_fails_the_run_whatever_its_test_makes_of_it(project, code):
    """Caught or expected to fail: exit 1, and the last lines say why, though pytest counts no failure."""
    run = project(forgetful)
    run.suite(code=MARKED + code)

    result = run.gate()

    assert result.ret == 1
    assert result.outlines[-3] == "gate: failed (exit code 1)"
    assert "Gate: lost 2 cases, more than the allowed 0" in result.outlines[-2]
    assert run.run()["outcome"] == "failed"


def test_a_plain_test_that_fails_beside_a_passed_gate_fails_the_run(project):
    """Also in the report: it is never better than pytest."""
    run = project(right)
    run.suite(code=SUITE.replace("pytestmark = ", "suite = ").replace("def test", "@suite\ndef test"))
    (run.folder / "test_plain.py").write_text("def test_plain():\n    assert False, 'a plain test'\n")

    result = run.gate()

    assert result.ret == 1
    assert [verdict["outcome"] for verdict in run.run()["verdicts"]] == ["passed"]
    assert run.run()["outcome"] == "failed"
    assert "mine failed against tiny: 1 test broke" in run.report()


RERUN_ONCE = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for attempt in (1, 2):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        again = attempt == 1 and any(report.failed for report in reports)
        for report in reports:
            if again and report.failed:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not again:
            return True
"""


def test_only_the_last_attempt_of_a_test_counts(project):
    """With a plugin that runs failed tests again: each verdict is listed once, and one failed gate is exit 1."""
    run = project(forgetful)
    run.suite(
        code=MARKED + "def test_fails(evaluate, gate):\n    gate(evaluate(exact_match()), max_flips=0)\n\n"
        "def test_cannot_tell(evaluate, gate):\n    gate(evaluate(exact_match()), max_drop=0.6)\n"
    )
    (run.folder / "conftest.py").write_text(RERUN_ONCE)

    result = run.gate()

    assert result.ret == 1
    assert [verdict["outcome"] for verdict in run.run()["verdicts"]] == ["failed", "inconclusive"]


def test_a_run_that_stepwise_stops_is_saved(project):
    """With the exit code of the gate that failed."""
    run = project(forgetful)
    run.suite(code=SUITE + "\ndef test_later(evaluate, gate):\n    gate(evaluate(exact_match()), floor=0.1)\n")

    result = run.gate("--stepwise")

    assert result.ret == 1
    assert len(run.run()["verdicts"]) == 1
    assert any("stopped before the end" in one for one in run.run()["unmeasured"])


def test_a_plugin_that_breaks_after_the_gates_leaves_no_report_that_passed(project):
    """An internal error keeps pytest's own exit code 3, and the report says failed."""
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text(
        "def pytest_runtest_logreport(report):\n    assert report.when != 'teardown', 'a plugin broke'\n"
    )

    result = run.gate()

    assert (result.ret, run.run()["outcome"]) == (3, "failed")
    assert "pytest ended with exit code 3" in run.run()["broken"][0]


def test_a_session_without_a_terminal_ends_as_any_other(project):
    """-p no:terminal takes pytest's reporter away, and not the verdict."""
    run = project(right)
    run.suite(thresholds="max_drop=0.02")

    assert run.gate("-p", "no:terminal").ret == 6


FORKED = "def pytest_addoption(parser):\n    parser.addoption('--forked', action='store_true')\n"

FORKED_BY_MARK = FORKED + "\ndef pytest_configure(config):\n    config.addinivalue_line('markers', 'forked')\n"

MARKED_FORKED = SUITE.replace("def test", "@pytest.mark.forked\ndef test")

AS_A_WORKER = """
import types

def pytest_configure(config):
    config.workeroutput = {}

def pytest_sessionfinish(session):
    node = types.SimpleNamespace(workeroutput=session.config.workeroutput)
    session.config.pluginmanager.get_plugin('harness').pytest_testnodedown(node)
"""


@pytest.mark.parametrize(
    ("conftest", "code", "options"),
    [(FORKED, SUITE, ("--forked",)), (FORKED_BY_MARK, MARKED_FORKED, ()), (AS_A_WORKER, SUITE, ())],
    ids=["forked", "forked by a mark", "xdist"],
)
def test_several_processes_are_refused(project, conftest, code, options):
    """In one line, before anything is asked; a worker of pytest-xdist hands its refusal on."""
    run = project(right)
    run.suite(code=code)
    (run.folder / "conftest.py").write_text(conftest)

    result = run.gate(*options)

    assert result.ret == 4
    assert "can't run suites: all requests already go out as one stream" in result.stderr.str()
    assert addresses_in(result) == ["InputError"]
    assert run.stub.bodies == []


OTHER_BASE_URL = "def pytest_addoption(parser):\n    parser.addoption('--base-url', default='http://localhost:3000')\n"


def test_words_of_other_projects_are_left_to_them(project, monkeypatch):
    """A parameter or a fixture `case`, and another plugin's --base-url, mean what they mean there."""
    run = project(right)
    (run.folder / "test_other.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('case', [1, 2])\ndef test_param(case):\n    assert case\n"
    )
    (run.folder / "test_own.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef case():\n    return 3\n\ndef test_own(case):\n    assert case == 3\n"
    )
    (run.folder / "web.py").write_text(OTHER_BASE_URL)

    monkeypatch.syspath_prepend(run.folder)

    result = run_pytest(run.folder, "-p", "web")

    assert result.ret == 0
    result.assert_outcomes(passed=3)


def test_an_address_that_was_typed_counts_beside_another_plugins(project, monkeypatch):
    """pytest-base-url has the same option: what it holds by itself is a web page, what was typed is the server."""
    run = project(right)
    run.suite()
    (run.folder / "web.py").write_text(OTHER_BASE_URL)

    monkeypatch.syspath_prepend(run.folder)

    assert run.gate("-p", "web").ret == 0
    assert run.stub.bodies


MIXES_CODES = "def pytest_sessionfinish(session, exitstatus):\n    session.exitstatus |= exitstatus\n"


def test_no_other_plugin_changes_the_exit_code_of_a_gate(project):
    """As syrupy would, which makes 7 of 6 and pytest's own 1."""
    run = project(right)
    run.suite(thresholds="max_drop=0.02")
    (run.folder / "conftest.py").write_text(MIXES_CODES)

    assert run.gate().ret == 6


STOPS_AFTER_ONE = "def pytest_runtest_teardown(item):\n    item.session.shouldfail = 'time is up'\n"

TAKES_ONE_AWAY = "def pytest_runtest_protocol(item):\n    return True if item.name == 'test_later' else None\n"


@pytest.mark.parametrize(
    ("conftest", "words"),
    [
        (STOPS_AFTER_ONE, "the tests were stopped before the end: time is up"),
        (TAKES_ONE_AWAY, "test_sums.py::test_later did not run in this process, so it measured nothing"),
    ],
    ids=["stopped", "run elsewhere"],
)
def test_a_test_that_never_started_is_no_pass(project, conftest, words):
    """A session that a plugin ends early, as pytest-timeout does, and one that keeps a test from running here."""
    run = project(right)
    run.suite(code=SUITE + "\ndef test_later(evaluate, gate):\n    gate(evaluate(exact_match()), floor=0.1)\n")
    (run.folder / "conftest.py").write_text(conftest)

    result = run.gate()

    assert result.ret == 6
    assert run.run()["outcome"] == "inconclusive"
    assert run.run()["unmeasured"] == [words]


FAILS_BY_ITSELF = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    result = yield
    session.testsfailed += 1
    return result
"""


def test_what_pytest_fails_apart_from_any_test_fails_the_report(project):
    """As pytest-cov does where too little is covered: the report is never better than pytest."""
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text(FAILS_BY_ITSELF)

    result = run.gate()

    assert result.ret == 1
    assert run.run()["outcome"] == "failed"
    assert "pytest ended with exit code 1, though every gate passed" in result.outlines[-2]


def test_a_test_that_ends_the_session_is_no_pass(project):
    """With any exit code: the gates behind it never ran."""
    run = project(right)
    ending = "def test_ending(evaluate):\n    pytest.exit('done', 0)\n"
    run.suite(
        code=SUITE + f"\n{ending}\ndef test_later(evaluate, gate):\n    gate(evaluate(exact_match()), floor=0.9)\n"
    )

    assert run.gate().ret == 6
    assert run.run()["outcome"] == "inconclusive"


def test_a_file_that_can_not_be_collected_ends_the_session_before_anything_is_asked(project):
    """Pytest's own exit code 2, and no run; with --continue-on-collection-errors the run is a failed one."""
    run = project(right)
    run.suite()
    (run.folder / "test_typo.py").write_text("def test_typo(:\n")

    assert run.gate().ret == 2
    assert not (run.folder / "runs").exists()
    assert run.stub.bodies == []
    assert run.gate("--continue-on-collection-errors").ret == 1
    assert run.run()["outcome"] == "failed"
