"""Make the record of a run that is saved in its folder, and add a summary for CI; note what could not be saved."""

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from harness.asking.cases import Suite
from harness.asking.usage import usage_of
from harness.config.prices import Prices
from harness.errors import HarnessError, StoreError
from harness.gating.asked import Asked
from harness.gating.ledger import Ledger
from harness.gating.short import short_suites
from harness.models.installed import installed_versions
from harness.records.asked import ModelRef
from harness.records.compared import Probe
from harness.records.engine import Contender
from harness.records.parties import Origin, Setup, Usage
from harness.records.record import Record, digest
from harness.records.saved import Run
from harness.report.markdown import SUMMARY_BYTES
from harness.runs.names import number_of
from harness.runs.outcome import data_failures, overall
from harness.runs.test_ids import title
from harness.text.figures import count_cases
from harness.text.unwritten import is_full, unwritten
from harness.text.visible import for_terminal
from harness.verdicts.wording import wording

CI_SUMMARY = "GITHUB_STEP_SUMMARY"


class Circumstances(Record, frozen=True, kw_only=True):
    """The circumstances of a run. There are no ``judges`` where no rubric was used; ``called`` is as in ``Run``."""

    folder: str
    command: tuple[str, ...]
    settings: str
    suites: tuple[Suite, ...]
    commit: str
    judges: tuple[ModelRef, ...]
    called: dict[str, str]
    prices: Prices
    probes: tuple[Probe, ...]
    origins: tuple[Origin, ...]
    timings: dict[str, float]
    notes: tuple[str, ...]
    beside: tuple[str, ...] = ()


def run_of(ledger: Ledger, asked: Asked, under: Circumstances) -> Run:
    """Return the record of a run that ends now."""
    baseline, candidate = asked.contenders["baseline"], asked.contenders["candidate"]
    return Run(
        id=under.folder,
        time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        command=under.command,
        settings=under.settings,
        baseline=baseline.model,
        candidate=candidate.model,
        engine=candidate.engine.identity,
        judge=", ".join(dict.fromkeys(judge.name for judge in under.judges)),
        versions=installed_versions(),
        fingerprint=digest([suite.digest for suite in under.suites]),
        outcome=overall(ledger),
        verdicts=ledger.verdicts,
        measures=ledger.measures,
        pinned=ledger.pinned,
        timings=under.timings,
        number=number_of(under.folder),
        commit=under.commit,
        usage=_usage(asked, under),
        probes=under.probes,
        origins=under.origins,
        judges=under.called,
        broken=ledger.broken,
        leak_failure=ledger.leak_failure,
        given_away_failure=ledger.given_away_failure,
        unmeasured=ledger.unmeasured,
        notes=under.notes,
        beside=under.beside,
        setups={side: _setup(one) for side, one in asked.contenders.items()},
        short=short_suites(under.suites),
    )


def tell_ci(summary: Callable[[int], str], environ: Mapping[str, str]) -> None:
    """Add Markdown to the summary of a GitHub job, where there is one.

    ``summary`` is called with the number of bytes that are left: GitHub drops a summary that is too long whole.

    Raises:
        StoreError: its file can't be written.
    """
    path = environ.get(CI_SUMMARY)
    if not path:
        return
    try:
        # A FIFO that nobody reads is an error, in place of a wait without an end.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o644)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(summary(SUMMARY_BYTES - os.fstat(descriptor).st_size))
    except OSError as problem:
        raise StoreError(f"{CI_SUMMARY} names {path}: {unwritten(problem)}") from problem


class Unsaved:
    """What could not be saved after the tests ended: a line for each, which also leaves the run inconclusive."""

    def __init__(self, ledger: Ledger) -> None:
        self.lines: tuple[str, ...] = ()
        self._ledger = ledger

    @contextmanager
    def noting(self, what: str, instead: str) -> Iterator[None]:
        """Do one step of saving; where it breaks, note ``what`` is missing, why, and what to do ``instead``."""
        try:
            yield
        except Exception as problem:  # noqa: BLE001 - the tests have ended: whatever broke, their verdicts are shown
            self.note(what, problem, instead)

    def note(self, what: str, problem: Exception, instead: str) -> None:
        """Note what could not be saved, why, and what to do instead."""
        line = f"{what}: {_why(problem)}; {instead}"
        self.lines += (line,)
        self._ledger.could_not_measure(line)


def results(ledger: Ledger) -> list[str]:
    """Return every verdict as lines for the terminal, for a run whose report possibly can't be looked at."""
    lines = []
    for verdict in ledger.verdicts:
        first, *rest = wording(verdict).splitlines()
        lines += [f"{verdict.outcome}: {title(verdict.test_id)}: {first}", *rest]
    pinned = Counter(one.outcome for one in ledger.pinned)
    lines += [f"{outcome}: {count_cases(number)} with a test of their own" for outcome, number in pinned.items()]
    return [*lines, *(f"failed: {why}" for why in data_failures(ledger))]


def _setup(side: Contender) -> Setup:
    return Setup(engine=side.engine.identity, rendering=side.rendering, declared=side.declared, sampling=side.sampling)


def _why(problem: Exception) -> str:
    """Return the first line of an error; with its kind where it was not raised on purpose, and so says no remedy."""
    first = (str(problem).splitlines() or [""])[0]
    if isinstance(problem, HarnessError):
        return for_terminal(first, None)
    todo = "; make room" if is_full(problem) else ""
    return for_terminal(f"{type(problem).__name__}{f': {first}' if first else ''}{todo}", None)


def _usage(asked: Asked, under: Circumstances) -> tuple[Usage, ...]:
    spent = asked.spent()
    judges = sum(one.party == "judge" for _, one in spent)
    return tuple(
        msgspec.structs.replace(
            usage_of(one, model, under.prices), name=model.name if one.party == "judge" and judges > 1 else ""
        )
        for model, one in spent
    )
