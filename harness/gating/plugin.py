"""The pytest face of the harness: options, hooks and fixtures. The work is done by ``gate_run``."""

import gc
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from harness.asking.cases import Suite
from harness.errors import (
    UNDECIDED,
    EngineError,
    GateFailed,
    GateInconclusive,
    HarnessError,
    InputError,
    StoreError,
    Unmeasured,
)
from harness.gating.gate_run import GateRun
from harness.gating.ledger import Ledger, properties_of
from harness.gating.marks import SUITES, mark_of, suite_of
from harness.gating.settings import Names
from harness.gating.suite_run import OPEN_RUN, SuiteRun
from harness.records.asked import Case, Response
from harness.records.compared import Comparison, Gate, Outcome, Slices, Verdict
from harness.records.scored import Scorer
from harness.scorers.judges.judge import Judge
from harness.scorers.quantities import Quantity
from harness.text.progress import say
from harness.text.toml import build
from harness.verdicts.wording import slices_wording, wording

RUN = pytest.StashKey[SuiteRun]()
WRONG_INPUT = pytest.StashKey[list[str]]()
NO_VERDICT = (GateInconclusive, Unmeasured, EngineError, StoreError)
RARELY = (100_000, 20, 20)
"""When garbage is collected in a run with suites: its many records live to the end, and none is in a cycle."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of docs/design.md, section 7, ``--verify``, ``--fresh`` and ``--accept-difference``; no more."""
    group = parser.getgroup("harness", "gating adapter releases")
    group.addoption("--candidate", help="what is judged: base, an adapter folder, run:7, openai:MODEL")
    group.addoption("--baseline", help="what it is compared to; the same forms")
    group.addoption("--engine", help="vllm, openai or transformers; default: harness.toml")
    group.addoption("--base-url", help="address of a running OpenAI-compatible server, up to and with /v1")
    group.addoption("--judge", help="the judge's model: base or openai:MODEL; default: harness.toml")
    group.addoption("--run-dir", help="folder of the runs; default: harness.toml, else runs/")
    group.addoption("--verify", action="store_true", help="read all weights again; trust no remembered digest")
    group.addoption("--fresh", action="store_true", help="ask everything again, as latency(p=95) needs")
    group.addoption(
        "--accept-difference",
        action="append",
        default=[],
        metavar="NAME",
        help='let the sides differ in this entry of the fingerprint, such as engine or "chat template"; repeatable',
    )
    group.addoption("--harness-config", help="settings; default: harness.toml in the root folder")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers",
        "suite(cases, system=None, tags=(), baseline_prompt=None, max_tokens=256, ...): a test's cases and how to ask",
    )
    config.stash[SUITES] = {}
    config.stash[WRONG_INPUT] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each case where a test asks for ``case``."""
    if "case" not in metafunc.fixturenames:
        return
    cases: tuple[Case, ...] = ()
    try:
        cases = suite_of(metafunc.definition).cases
    except InputError as problem:
        # An exception here would only be a collection error (exit code 2); wrong input is exit code 4.
        metafunc.config.stash[WRONG_INPUT].append(str(problem))
    metafunc.parametrize("case", cases, ids=[case.id for case in cases])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Read every suite that the selected tests are about, so that wrong input is told before any model starts."""
    try:
        suites = {id(suite): suite for item in session.items if mark_of(item) for suite in [suite_of(item)]}
    except InputError as problem:
        raise pytest.UsageError(str(problem)) from problem
    if session.config.stash[WRONG_INPUT]:
        raise pytest.UsageError(session.config.stash[WRONG_INPUT][0])
    if suites and not session.config.option.collectonly and not session.testsfailed:
        try:
            session.config.stash[RUN] = _open_run(session.config)
        except (InputError, StoreError) as problem:
            raise pytest.UsageError(str(problem)) from problem
        folders = {item.path.parent for item in session.items if mark_of(item)}
        session.config.stash[RUN].plan(suites.values(), sorted(folders))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Ask everything as one stream, before the first test runs."""
    run = session.config.stash.get(RUN, None)
    if run is None or session.testsfailed:
        return
    signal.signal(signal.SIGTERM, _interrupt)
    gc.freeze()  # no collection goes through modules and cases again, not even pytest's own at its end
    gc.set_threshold(*RARELY)
    try:
        run.ask()
    except InputError as problem:
        raise pytest.UsageError(str(problem)) from problem
    except KeyboardInterrupt:
        say("interrupted; the answers so far are kept, and the same command goes on from there")
        raise
    except (EngineError, StoreError) as problem:
        run.ledger.broken.append(f"asking broke off: {problem}")
        pytest.exit(f"{problem}\n(answers so far are kept; the next run goes on from there)", returncode=UNDECIDED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell inconclusive from failed, and hand each test's end to the run."""
    report = yield
    run = item.config.stash.get(RUN, None)
    if run is None or not mark_of(item):
        return report
    if report.failed and call.excinfo and call.excinfo.errisinstance(NO_VERDICT):
        setattr(report, "undecided", True)  # noqa: B010 - pytest's own way to pass facts on to later hooks
    _remember(run.ledger, item, report, call)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show an inconclusive gate as such."""
    if getattr(report, "undecided", False):
        return "inconclusive", "I", ("INCONCLUSIVE", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the inconclusive gates with their reasons, which pytest does for failures alone."""
    for report in terminalreporter.getreports("inconclusive"):
        terminalreporter.write_sep("_", report.nodeid, yellow=True)
        report.toterminal(terminalreporter._tw)  # noqa: SLF001 - what pytest's own summary_failures does


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the engine, save the run, render the report, and set exit code 6 where nothing failed but not all passed.

    After Ctrl-C nothing is saved but the answers: what was not measured needs no report, and one waits for the prompt.
    """
    run = session.config.stash.get(RUN, None)
    if run is None or session.exitstatus == pytest.ExitCode.INTERRUPTED:
        return
    undecided = sum(
        bool(getattr(report, "undecided", False))
        for reports in _terminal(session.config).stats.values()
        for report in reports
    )
    run.finish()
    only_undecided = session.exitstatus == pytest.ExitCode.TESTS_FAILED and session.testsfailed == undecided
    if only_undecided or (session.exitstatus == pytest.ExitCode.OK and run.ledger.is_undecided()):
        session.exitstatus = UNDECIDED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the report's path last."""
    run = config.stash.get(RUN, None)
    if run is not None:
        run.close()
        if (path := run.report_path()) and Path(path).exists():
            print(f"report: {path}")  # noqa: T201 - after pytest's own last line there is no reporter any more


@pytest.fixture
def evaluate(request: pytest.FixtureRequest) -> Callable[[Scorer | Judge | Quantity], Comparison]:
    """Score both sides' answers to the test's suite: ``evaluate(scorer) -> Comparison``."""
    run, suite = _run_and_suite(request)
    return lambda scorer: run.evaluate(request.node.nodeid, suite, scorer)


@pytest.fixture
def prefer(request: pytest.FixtureRequest) -> Callable[[str], Comparison]:
    """Let the judge choose between the two answers, in both orders: ``prefer("helpfulness") -> Comparison``."""
    run, suite = _run_and_suite(request)
    return lambda rubric: run.prefer(request.node.nodeid, suite, rubric)


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Callable[[str], Judge]:
    """Make a scorer of a rubric in ``judges/``: ``judge("correctness")``."""
    run, _ = _run_and_suite(request)
    return run.judge


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Judge a comparison: ``gate(comparison, floor=, max_drop=, max_flips=, max_unscored=0, advisory=False)``.

    ``gate(comparison.by_tag("language"), ...)`` judges each slice by the same thresholds.
    """
    run, _ = _run_and_suite(request)

    def gate(judged: Comparison | Slices, **thresholds: Any) -> None:  # noqa: ANN401 - Gate checks names and types
        __tracebackhide__ = True
        verdicts = run.gate(request.node.nodeid, judged, build(thresholds, Gate, "gate()"))
        for verdict in verdicts:
            request.node.user_properties += properties_of(verdict)
        held = [verdict for verdict in verdicts if verdict.outcome != "passed" and not verdict.gate.advisory]
        if held:
            failed = any(verdict.outcome == "failed" for verdict in held)
            raise (GateFailed if failed else GateInconclusive)(_wording(judged, verdicts, run.report_path()))

    return gate


@pytest.fixture
def answer(request: pytest.FixtureRequest, case: Case) -> Response:
    """Return the candidate's answer to ``case``; a failed call makes the test inconclusive, never passed."""
    run, suite = _run_and_suite(request)
    return run.answer(suite, case)


def _remember(ledger: Ledger, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """Write down how a phase of a test ended; what the gate said itself it knows already."""
    undecided = getattr(report, "undecided", False)
    case = item.callspec.params.get("case") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    if isinstance(case, Case) and (report.when == "call" or (report.when == "setup" and not report.passed)):
        outcome: Outcome = "passed" if report.passed else "inconclusive" if undecided or report.skipped else "failed"
        ledger.pin(item.nodeid.split("[")[0], case, outcome, _reason(call))
    elif report.skipped:
        ledger.unmeasured.append(f"{item.nodeid} was skipped, so it measured nothing")
    elif report.failed and call.excinfo and not call.excinfo.errisinstance((GateFailed, GateInconclusive)):
        (ledger.unmeasured if undecided else ledger.broken).append(f"{item.nodeid}: {_reason(call)}")


def _wording(judged: Comparison | Slices, verdicts: tuple[Verdict, ...], report: str) -> str:
    return slices_wording(judged, verdicts, report) if isinstance(judged, Slices) else wording(verdicts[0], report)


def _run_and_suite(request: pytest.FixtureRequest) -> tuple[SuiteRun, Suite]:
    if not mark_of(request.node):
        raise pytest.UsageError(f"{request.node.nodeid} needs a suite: pytest.mark.suite(HERE / 'cases.jsonl')")
    return request.config.stash[RUN], suite_of(request.node)


def _open_run(config: pytest.Config) -> SuiteRun:
    option = config.option
    names = Names(
        candidate=option.candidate,
        baseline=option.baseline,
        engine=option.engine,
        base_url=option.base_url,
        judge=option.judge,
        runs=option.run_dir,
        verify=option.verify,
        fresh=option.fresh,
        accepted=tuple(dict.fromkeys(option.accept_difference)),
    )
    settings = Path(option.harness_config) if option.harness_config else None
    make = config.stash.get(OPEN_RUN, GateRun)
    return make(names, config.rootpath, settings, ("pytest", *config.invocation_params.args))


def _reason(call: pytest.CallInfo[None]) -> str:
    if call.excinfo is None:
        return ""
    first = (str(call.excinfo.value).splitlines() or [call.excinfo.typename])[0]
    speaks = call.excinfo.errisinstance((AssertionError, HarnessError))
    return first if speaks else f"{call.excinfo.typename}: {first}"


def _terminal(config: pytest.Config) -> pytest.TerminalReporter:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)  # noqa: S101 - pytest always has one
    return reporter


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
