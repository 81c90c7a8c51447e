"""Open the runs of a session whose tests have suites, or refuse what is wrong before any model starts."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.errors import ConfigError, EngineSetupError, InputError, PromotionRefused, RegistryError, StoreError
from harness.gating.ahead import surely_used
from harness.gating.each_candidate import CANDIDATES, candidate_of, recorded_id
from harness.gating.fixtures import RUNS
from harness.gating.gate_runs import GateRuns
from harness.gating.leaked import too_many, without
from harness.gating.marks import JUDGING, case_file_of, leave_out, mark_of, suite_of
from harness.gating.opened_runs import open_gate_runs
from harness.gating.options import names_of, settings_of
from harness.gating.pointing import usage_error
from harness.gating.postponed import PostponedTests, can_postpone
from harness.gating.run_hooks import RunHooks
from harness.gating.sealed import sealed_among
from harness.gating.short import ask_short
from harness.gating.stash import DESELECTED, GIVEN_LEAKS, GIVEN_RUN, NOISE_SAMPLE, WRONG_INPUT
from harness.gating.until_decided.always import always_of
from harness.records.asked import Case
from harness.records.scored import Rubric
from harness.runs.suite_files import SUITES, suite_files
from harness.text.figures import count
from harness.text.visible import error_in_words

NO_WAITING = (
    "--until-decided runs a test again when more cases were asked, which -x, --maxfail, --stepwise and plugins that "
    "run tests themselves don't allow; leave these out, or give --ask-all"
)


def open_session(session: pytest.Session, items: Sequence[pytest.Item]) -> Callable[[pytest.Session], None]:
    """Open a run for the tests of suites, ``items``, and register its hooks, so that they exist in no other session.

    Returns what is to be called after the tests: it runs those that wait, see ``postponed``.

    Raises:
        UsageError: something that a person wrote is wrong.
    """
    config = session.config
    try:
        suites = _suites_of(items)
        if config.stash[WRONG_INPUT]:
            raise usage_error(config.stash[WRONG_INPUT][0])
        given = config.stash.get(GIVEN_RUN, None)
        live = None if given else _open(session, items, suites)
        if given and (leaks := config.stash.get(GIVEN_LEAKS, None)):
            _leave_out(session, leaks.left_out)
            given.ledger.fail_by_leaks(too_many(leaks, given.gates.max_leaked))
    except (InputError, StoreError, EngineSetupError, RegistryError, PromotionRefused, OSError) as problem:
        if (told := error_in_words(problem)) is None:
            raise
        raise usage_error(problem, told) from problem
    runs = live.runs if live else {"": config.stash[GIVEN_RUN]}
    config.stash[RUNS] = runs
    if session.testsfailed:
        for run in runs.values():
            run.ledger.broke(f"{count(session.testsfailed, 'file')} could not be collected")
    hooks = RunHooks(runs, live)
    config.pluginmanager.register(hooks, "harness-run")
    hooks.ask(len(session.items))
    if live is None or not can_postpone(config):
        return lambda _session: None
    postponed = PostponedTests(live.waiting, live.ask_waiting, hooks.forget)
    config.pluginmanager.register(postponed, "harness-postponed")
    return postponed.run_again


def _suites_of(items: Iterable[pytest.Item]) -> tuple[Suite, ...]:
    """Return the suites of tests, each once."""
    return tuple({id(suite): suite for item in items for suite in [suite_of(item)]}.values())


def _refuse_unable_to_wait(config: pytest.Config, *, until_decided: bool) -> None:
    if until_decided and not can_postpone(config):
        raise ConfigError(NO_WAITING)


def _surely_judged(session: pytest.Session) -> dict[str, list[tuple[Suite, Rubric]]]:
    """Return the suites of each candidate's tests, by its label, with the rubrics that judge them."""
    found: dict[str, list[tuple[Suite, Rubric]]] = {}
    for item in session.items:
        for one in surely_used(item):
            each = found.setdefault(candidate_of(item), [])
            each += [] if one in each else [one]
    return found


def _leave_out(session: pytest.Session, left_out: AbstractSet[tuple[str, str]]) -> list[tuple[str, tuple[str, str]]]:
    """Take cases out of every suite, and their own tests out of the session; return these, each with its case."""
    if not left_out:
        return []
    leave_out(session.config, lambda suite: without(suite, left_out))
    gone = [item for item in session.items if mark_of(item) and _case_of(item) in left_out]
    told = [(recorded_id(item), _case_of(item)) for item in gone]
    if gone:
        session.items[:] = [item for item in session.items if item not in gone]
        session.config.hook.pytest_deselected(items=gone)
    return told


def _case_of(item: pytest.Item) -> tuple[str, str]:
    """Return the suite and the id of the case that a test is about; empty where it is about none."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    case = parameters.get("case")
    return (suite_of(item).name, case.id) if isinstance(case, Case) else ("", "")


def _open(session: pytest.Session, items: Sequence[pytest.Item], suites: Sequence[Suite]) -> GateRuns:
    config = session.config
    noise_sample = config.stash.get(NOISE_SAMPLE, None)
    names = msgspec.structs.replace(names_of(config), noise_sample=noise_sample)
    if noise_sample is not None or (config.option.harness_anchors and not names.until_decided):
        # No gate decides anything; or few cases are asked, whatever the settings say of many.
        names = msgspec.structs.replace(names, until_decided=False)
    folders = sorted({item.path.parent for item in items})
    chosen = {candidate_of(item) for item in items}
    candidates = {label: name for label, name in config.stash[CANDIDATES].items() if label in chosen}
    sealed = sealed_among(map(case_file_of, items))
    command = ("pytest", *config.invocation_params.args)
    deselected = config.stash[DESELECTED].copy()  # before leaks are left out, which are none of these
    live = open_gate_runs(names, candidates, settings_of(config, folders), command)
    try:
        if any(JUDGING & set(getattr(item, "fixturenames", ())) for item in items):
            live.check_judge()
        left_out = live.find_leaks(suites, names)
        live.lack_pinned(_leave_out(session, left_out))
        if config.option.harness_anchors:
            ask_short(config, session.items, len(candidates))
        root = settings_of(config, folders).parent
        there = (root / SUITES, *folders)  # plain tests there are part of the suites too
        asked = Counter(one.path for one in session.items if any(map(one.path.is_relative_to, there)))
        files = suite_files(asked, set(map(case_file_of, items)), root, deselected)
        _refuse_unable_to_wait(config, until_decided=live.until_decided)
        live.plan(_suites_of(items), folders, sealed, files, always_of(session.items, lambda item: _case_of(item)[1]))
        if can_postpone(config):
            live.judge_ahead(_surely_judged(session))
    except BaseException:
        live.discard()
        raise
    return live
