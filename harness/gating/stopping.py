"""The gates of a suite by which a training can choose its checkpoint: those that need no judge and no model."""

from collections.abc import Sequence
from pathlib import Path

from harness.data.seal import read_seal
from harness.errors import ConfigError
from harness.gating.without_models.sessions import Session
from harness.gating.without_models.used import Gated, Reading, read_suites
from harness.scorers.grounded import GroundedIn
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.quantities import Quantity
from harness.scorers.repeats import OverRepeats
from harness.scorers.scoring import describe
from harness.scorers.similar import Similar
from harness.text.visible import for_terminal
from harness.train.stopping.part import GatedSuite, StopGate

HOW_TO_CHOOSE = 'name tests that need none under [stop_by]: tests = ["test_..."]'


def read_gates(folder: Path, tests: Sequence[str]) -> GatedSuite:
    """Return what the tests in a suite's folder gate, or those of them that are named; no model is asked.

    Gates that are advisory, or on a quantity such as a latency, choose nothing and are passed over.

    Raises:
        ConfigError: there is no suite, a name is none of its tests, a test broke, nothing is gated, the suite is
            sealed, or a scorer needs a judge or a model.
    """
    if not folder.is_dir():
        raise ConfigError(f"stop_by: {folder}: no such folder; name that of a suite, relative to this file")
    reading, session = read_suites([str(folder)])
    _refuse_unread(folder, reading, session, tests)
    chosen = [one for one in reading.gated if _is_named(one.test_id, tests)]
    for name in tests:
        if not any(_is_named(one.test_id, (name,)) for one in reading.gated):
            known = ", ".join(dict.fromkeys(map(_short, (one.test_id for one in reading.gated))))
            raise ConfigError(
                f"stop_by: {folder}: {for_terminal(name)} is none of its tests that gate; these are {known or 'none'}"
            )
    gates: list[StopGate] = []
    passed_over: list[str] = []
    for one in chosen:
        _refuse_sealed(one, reading)
        if isinstance(one.scorer, Quantity):
            passed_over.append(f"{_short(one.test_id)} chooses nothing, since it gates a quantity")
            continue
        _refuse_models(one)
        if one.advisory:
            passed_over.append(f"{_short(one.test_id)} chooses nothing, since it is advisory")
            continue
        gates.append(StopGate(name=_short(one.test_id), suite=one.suite, scorer=one.scorer))  # type: ignore[arg-type]  # judges and quantities are gone
    if not gates:
        raise ConfigError(f"stop_by: {folder}: no test gates scores, so nothing can be chosen by it; add a gate")
    pinned = frozenset((suite.name, case.id) for suite in reading.pinned for case in suite.cases)
    return GatedSuite(gates=_once(gates), pinned=pinned, passed_over=tuple(dict.fromkeys(passed_over)))


def _refuse_unread(folder: Path, reading: Reading, session: Session, tests: Sequence[str]) -> None:
    broken = [one for one in reading.broken if not tests or _is_named(one.partition(": ")[0], tests)]
    if broken:
        raise ConfigError(f"stop_by: {folder}: a test broke, so what it gates is not known: {broken[0]}")
    if not reading.suites:
        told = for_terminal(session.told.strip() or "no test with a suite was collected", 2000)
        raise ConfigError(f"stop_by: {folder}: no suite could be read: {told}")


def _refuse_models(gated: Gated) -> None:
    scorer = gated.scorer.scorer if isinstance(gated.scorer, OverRepeats) else gated.scorer
    if isinstance(scorer, Judge | PairJudge):
        what = "a judge, which would be asked at each validation"
    elif isinstance(scorer, Similar | GroundedIn):
        what = "another model"
    else:
        return
    raise ConfigError(
        f"stop_by: {_short(gated.test_id)}: {for_terminal(describe(gated.scorer))} needs {what}; {HOW_TO_CHOOSE}"
    )


def _refuse_sealed(gated: Gated, reading: Reading) -> None:
    for used in reading.suites:
        if used.suite is gated.suite and read_seal(used.path) is not None:
            raise ConfigError(
                f"stop_by: {used.path}: is a sealed test, and what a training looks at again and again is no such test "
                "any more; name another suite"
            )


def _is_named(test_id: str, tests: Sequence[str]) -> bool:
    return not tests or _short(test_id) in tests or _short(test_id).rpartition("::")[2] in tests


def _short(test_id: str) -> str:
    """Return a test's name without its file and parameters.

    >>> _short("suites/mine/test_mine.py::TestIt::test_queue[3]")
    'TestIt::test_queue'
    """
    return for_terminal(test_id.partition("::")[2].partition("[")[0] or test_id)


def _once(gates: Sequence[StopGate]) -> tuple[StopGate, ...]:
    """Return each gate once: a test that gates one scorer by several thresholds has one score."""
    found = {(one.name, id(one.suite), describe(one.scorer)): one for one in gates}
    return tuple(found.values())
