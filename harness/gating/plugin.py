"""The harness as a pytest plugin: options, the ``suite`` mark, and a run when a selected test has that mark.

Without such a test the plugin does nothing, and little is loaded: every session of pytest loads this module, so what
only a suite needs is imported where it is used. What opens a run is in ``opening``, what happens then in ``run_hooks``.
For pytest: PYTEST_DONT_REWRITE
"""

import copy
from collections import Counter
from collections.abc import Generator, Mapping, Sequence

import pytest

from harness.errors import InputError, ScorerError
from harness.gating.candidates import said_one_by_one
from harness.gating.each_candidate import CANDIDATES
from harness.gating.marks import JUDGING, SUITES, mark_of, suite_of
from harness.gating.options import add_base_url, add_options, candidates_of
from harness.gating.own_imports import import_as_written
from harness.gating.pointing import leave_out_of_summary, refusal, usage_error
from harness.gating.stash import DESELECTED, GIVEN_RUN, WRONG_INPUT

pytest_plugins = ("harness.gating.fixtures", "harness.gating.each_candidate")

REFUSED = "harness_refused"
ONE_PROCESS = "all requests already go out as one stream. Run the suites in one process:"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Add the one option that other plugins also have, after they added theirs; then read all candidates.

    pytest parses ``args`` anew after this, but has already taken which folders to look into for a conftest.py, and
    that none above the project is one: without that it would list every folder up to the root, in each session.
    """
    import_as_written()
    add_base_url(parser)
    args[:] = said_one_by_one(args, early_config.invocation_params.args)
    known = parser.parse_known_args(args, namespace=copy.copy(early_config.option))
    known.confcutdir = early_config.known_args_namespace.confcutdir
    early_config.known_args_namespace = known


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers",
        "suite(cases, system=None, prompt=None, tags=(), baseline_prompt=None, ...): a test's cases and how to ask",
    )
    config.stash[SUITES] = {}
    config.stash[WRONG_INPUT] = []
    config.stash[DESELECTED] = Counter()
    try:
        candidates: Mapping[str, str | None] = {"": None} if GIVEN_RUN in config.stash else candidates_of(config)
        config.stash[CANDIDATES] = candidates
    except InputError as problem:
        raise usage_error(problem) from problem


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each case where a test of a suite asks for ``case``."""
    if "case" not in metafunc.fixturenames or not mark_of(metafunc.definition) or _has_cases_of_its_own(metafunc):
        return
    try:
        cases = suite_of(metafunc.definition).cases
    except InputError as problem:
        # An exception here would only be a collection error (exit code 2); wrong input is exit code 4.
        metafunc.config.stash[WRONG_INPUT].append(problem)
        cases = ()
    metafunc.parametrize("case", cases, ids=[case.id for case in cases])


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Stop at a scorer that a test file makes wrongly at its top: nothing is asked, and one line says where."""
    report = yield
    excinfo = call.excinfo if (call := getattr(report, "call", None)) else None
    if (
        excinfo
        and isinstance(excinfo.value, InputError | ScorerError)
        and not hasattr(collector.config, "workeroutput")
    ):
        lines = [entry.lineno + 1 for entry in excinfo.traceback if entry.path == collector.path]
        place = ":".join([collector.nodeid, *map(str, lines[-1:])])
        raise usage_error(excinfo.value, f"{place}: {excinfo.value}") from excinfo.value
    return report


def pytest_exception_interact(call: pytest.CallInfo[object], report: pytest.CollectReport | pytest.TestReport) -> None:
    """Keep pytest's summary, which is longer in CI, from repeating where more is said about a wrong use."""
    if call.excinfo and isinstance(call.excinfo.value, pytest.UsageError):
        leave_out_of_summary(report, call)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Pass on, in the process that a person sees, why a worker of pytest-xdist refused its tests."""
    if refused := getattr(node, "workeroutput", {}).get(REFUSED):
        raise refusal(refused)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Count the tests of suites that are left out: a run without them proves nothing of the whole."""
    if items:
        items[0].config.stash[DESELECTED].update(item.path for item in items if mark_of(item))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse suites in a worker of pytest-xdist, before its tests reach the main process; warn of needless judges."""
    if hasattr(session.config, "workeroutput") and any(mark_of(item) for item in session.items):
        session.config.workeroutput[REFUSED] = f"pytest-xdist can't run suites: {ONE_PROCESS} -n 0"
        session.items.clear()
    if any(mark_of(item) and JUDGING & set(getattr(item, "fixturenames", ())) for item in session.items):
        from harness.gating.needless import warn_at_collection

        warn_at_collection(session)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Open a run when a test with a suite is about to run, so that wrong input is reported before any model starts.

    Sessions that only show something, such as ``--fixtures``, never reach this hook, or say so in their options. Tests
    that wait for lost cases to be asked again run after all others.
    """
    config, items = session.config, [item for item in session.items if mark_of(item)]
    if config.option.collectonly or config.option.setupplan or not items:
        return (yield)
    if session.testsfailed and not config.option.continue_on_collection_errors:
        return (yield)  # pytest stops here by itself
    if _forks(config, items):
        raise refusal(f"pytest-forked can't run suites: {ONE_PROCESS} leave out --forked and its mark")
    from harness.gating.opening import open_session

    run_waiting_tests = open_session(session, items)
    result = yield
    run_waiting_tests(session)
    return result


def _forks(config: pytest.Config, items: Sequence[pytest.Item]) -> bool:
    """Tell whether pytest-forked, where it is installed, would run one of the tests in a process of its own."""
    return hasattr(config.option, "forked") and (
        bool(config.option.forked) or any(item.get_closest_marker("forked") for item in items)
    )


def _has_cases_of_its_own(metafunc: pytest.Metafunc) -> bool:
    """Tell whether the test itself defines ``case``, with pytest's own parametrize mark."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if "case" in ([name.strip() for name in names.split(",")] if isinstance(names, str) else names):
            return True
    return False
