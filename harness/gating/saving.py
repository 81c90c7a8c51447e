"""Make the record of a run that is saved in its folder, and add a summary for CI."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from harness.asking.cases import Suite
from harness.asking.usage import usage_of
from harness.config import Prices
from harness.gating.asked import Asked
from harness.gating.ledger import Ledger
from harness.models.installed import installed_versions
from harness.records.asked import ModelRef
from harness.records.compared import Probe
from harness.records.record import Record, digest
from harness.records.saved import Origin, Party, Run, Usage
from harness.report import markdown_summary
from harness.runs.names import number_of
from harness.runs.outcome import overall
from harness.text.progress import say

CI_SUMMARY = "GITHUB_STEP_SUMMARY"


class Circumstances(Record, frozen=True, kw_only=True):
    """The circumstances of a run. ``judge`` is None where no rubric was used."""

    folder: str
    command: tuple[str, ...]
    settings: str
    suites: tuple[Suite, ...]
    commit: str
    judge: ModelRef | None
    prices: Prices
    probes: tuple[Probe, ...]
    origins: tuple[Origin, ...]
    timings: dict[str, float]
    notes: tuple[str, ...]


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
        judge=under.judge.name if under.judge else "",
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
        broken=ledger.broken,
        unmeasured=ledger.unmeasured,
        notes=under.notes,
    )


def tell_ci(run: Run, environ: Mapping[str, str]) -> None:
    """Add the run to the summary of a GitHub job; a file that can't be written does not change a verdict."""
    path = environ.get(CI_SUMMARY)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(markdown_summary(run))
    except OSError as problem:
        say(f"the summary for CI was not written: {CI_SUMMARY} names {path}: {problem.strerror}")


def _usage(asked: Asked, under: Circumstances) -> tuple[Usage, ...]:
    models: dict[Party, ModelRef] = {side: contender.model for side, contender in asked.contenders.items()}
    if under.judge:
        models["judge"] = under.judge
    return tuple(usage_of(spent, models[spent.party], under.prices) for spent in asked.spent())
