"""The harness as a pytest plugin: options, the ``suite`` mark, and a run when a selected test has that mark.

Without such a test the plugin does nothing. What happens during a run is in ``run_hooks``, fixtures in ``fixtures``.
"""

import copy
from collections.abc import Generator, Mapping, Sequence

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.errors import EngineSetupError, InputError, ScorerError, StoreError
from harness.gating.candidates import said_one_by_one
from harness.gating.each_candidate import CANDIDATES, candidate_of
from harness.gating.fixtures import RUNS
from harness.gating.gate_runs import GateRuns, open_gate_runs
from harness.gating.marks import SUITES, mark_of, suite_of
from harness.gating.options import add_base_url, add_options, candidates_of, names_of, settings_of
from harness.gating.run_hooks import RunHooks
from harness.gating.suite_run import SuiteRun
from harness.text.visible import error_in_words

pytest_plugins = ("harness.gating.fixtures", "harness.gating.each_candidate")

GIVEN_RUN = pytest.StashKey[SuiteRun]()
"""A run that asks nobody, put here by a session that only plans or decides again."""
NOISE_SAMPLE = pytest.StashKey[int]()
"""Number of requests to ask twice, put here by a session that only measures noise."""
WRONG_INPUT = pytest.StashKey[list[str]]()
REFUSED = "harness_refused"
ONE_PROCESS = "all requests already go out as one stream. Run the suites in one process:"
JUDGING = {"judge", "prefer"}
"""Fixtures that need the judge."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Add the one option that other plugins also have, after they added theirs; then read all candidates.

    pytest parses ``args`` anew after this, but has already taken which folders to look into for a conftest.py.
    """
    add_base_url(parser)
    args[:] = said_one_by_one(args, early_config.invocation_params.args)
    early_config.known_args_namespace = parser.parse_known_args(args, namespace=copy.copy(early_config.option))


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers",
        "suite(cases, system=None, tags=(), baseline_prompt=None, max_tokens=256, ...): a test's cases and how to ask",
    )
    config.stash[SUITES] = {}
    config.stash[WRONG_INPUT] = []
    try:
        candidates: Mapping[str, str | None] = {"": None} if GIVEN_RUN in config.stash else candidates_of(config)
        config.stash[CANDIDATES] = candidates
    except InputError as problem:
        raise pytest.UsageError(str(problem)) from problem


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each case where a test of a suite asks for ``case``."""
    if "case" not in metafunc.fixturenames or not mark_of(metafunc.definition) or _has_cases_of_its_own(metafunc):
        return
    try:
        cases = suite_of(metafunc.definition).cases
    except InputError as problem:
        # An exception here would only be a collection error (exit code 2); wrong input is exit code 4.
        metafunc.config.stash[WRONG_INPUT].append(str(problem))
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
        raise pytest.UsageError(f"{place}: {excinfo.value}") from excinfo.value
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Pass on, in the process that a person sees, why a worker of pytest-xdist refused its tests."""
    if refused := getattr(node, "workeroutput", {}).get(REFUSED):
        raise pytest.UsageError(refused)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse suites in a worker of pytest-xdist, before its tests reach the main process."""
    if hasattr(session.config, "workeroutput") and any(mark_of(item) for item in session.items):
        session.config.workeroutput[REFUSED] = f"pytest-xdist can't run suites: {ONE_PROCESS} -n 0"
        session.items.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Open a run when a test with a suite is about to run, so that wrong input is reported before any model starts.

    Its hooks are registered here, so that they exist in no other session. Sessions that only show something, such as
    ``--fixtures``, never reach this hook, or say so in their options.
    """
    config, items = session.config, [item for item in session.items if mark_of(item)]
    if config.option.collectonly or config.option.setupplan or not items:
        return
    if session.testsfailed and not config.option.continue_on_collection_errors:
        return  # pytest stops here by itself
    if _forks(config, items):
        raise pytest.UsageError(f"pytest-forked can't run suites: {ONE_PROCESS} leave out --forked and its mark")
    try:
        suites = tuple({id(suite): suite for item in items for suite in [suite_of(item)]}.values())
        if config.stash[WRONG_INPUT]:
            raise pytest.UsageError(config.stash[WRONG_INPUT][0])
        given = config.stash.get(GIVEN_RUN, None)
        live = None if given else _open(config, items, suites)
    except (InputError, StoreError, EngineSetupError, OSError) as problem:
        if (told := error_in_words(problem)) is None:
            raise
        raise pytest.UsageError(told) from problem
    runs = live.runs if live else {"": config.stash[GIVEN_RUN]}
    config.stash[RUNS] = runs
    if session.testsfailed:
        for run in runs.values():
            run.ledger.broke(f"{session.testsfailed} files could not be collected")
    hooks = RunHooks(runs, live)
    config.pluginmanager.register(hooks, "harness-run")
    hooks.ask(len(session.items))


def _forks(config: pytest.Config, items: Sequence[pytest.Item]) -> bool:
    """Tell whether pytest-forked, where it is installed, would run one of the tests in a process of its own."""
    return hasattr(config.option, "forked") and (
        bool(config.option.forked) or any(item.get_closest_marker("forked") for item in items)
    )


def _open(config: pytest.Config, items: Sequence[pytest.Item], suites: Sequence[Suite]) -> GateRuns:
    names = msgspec.structs.replace(names_of(config), noise_sample=config.stash.get(NOISE_SAMPLE, None))
    folders = sorted({item.path.parent for item in items})
    chosen = {candidate_of(item) for item in items}
    candidates = {label: name for label, name in config.stash[CANDIDATES].items() if label in chosen}
    command = ("pytest", *config.invocation_params.args)
    live = open_gate_runs(names, candidates, settings_of(config, folders), command)
    try:
        if any(JUDGING & set(getattr(item, "fixturenames", ())) for item in items):
            live.check_judge()
        live.plan(suites, folders)
    except BaseException:
        live.discard()
        raise
    return live


def _has_cases_of_its_own(metafunc: pytest.Metafunc) -> bool:
    """Tell whether the test itself defines ``case``, with pytest's own parametrize mark."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if "case" in ([name.strip() for name in names.split(",")] if isinstance(names, str) else names):
            return True
    return False
