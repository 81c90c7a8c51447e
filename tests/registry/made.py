"""An invented project: adapters, a suite, and runs that judged them."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.config.release import RegistryConfig
from harness.config.whole import HarnessConfig
from harness.models.answering import digest_adapter
from harness.models.own_text import own_text
from harness.records.asked import ModelRef
from harness.records.compared import Gate, Outcome, Row, Verdict
from harness.records.saved import Run
from harness.registry.promote import Registry, Wish
from harness.runs.folder import write_run
from harness.runs.suite_files import suite_files
from harness.verdicts.compare import over
from tests.models.fakes import adapter_in
from tests.sample_run import sample_run, slower
from tests.saved_runs import empty_run

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
ADA = Wish(by="Ada <ada@larkspur.example>")
CASE = '{"id": "one", "messages": [{"role": "user", "content": "1+1"}], "expected": "2"}\n'
GIT = RegistryConfig(ledger="promotions.jsonl")


def override(reason: str) -> Wish:
    """Return the wish to let through what is missing."""
    return msgspec.structs.replace(ADA, reason=reason, override=True)


def project(root: Path, registry: RegistryConfig = RegistryConfig()) -> Registry:  # noqa: B008 - it is frozen
    """Make three adapters and a suite in ``root``, and return the registry there."""
    for name in ("first", "second", "third"):
        adapter_in(root / "adapters" / name, weights=name.encode())
    suite = root / "suites" / "sums"
    suite.mkdir(parents=True)
    (suite / "test_sums.py").write_text("def test_sums(): ...\n")
    (suite / "cases.jsonl").write_text(CASE)
    return Registry(HarnessConfig(registry=registry), root, lambda: NOW)


def judged(root: Path, name: str, against: str = "", outcome: Outcome = "passed", **changed: object) -> Path:
    """Write a run that judged an adapter against another one, or against its base model, and return its folder."""
    number = len(list((root / "runs").glob("*"))) + 1
    facts: dict[str, object] = {
        "id": f"{number:04}-2026-11-27-abcd",
        "number": number,
        "command": ("pytest", "suites/"),
        "candidate": model(root, name),
        "baseline": model(root, against),
        "verdicts": (msgspec.structs.replace(slower(()), outcome=outcome, reasons=("3 cases were lost",)),),
        "suite_files": files(root),
        "own_text": own_text(root / "adapters" / name),
    }
    run = empty_run(**facts | changed)
    folder = root / "runs" / run.id
    folder.mkdir(parents=True)
    write_run(folder, run, (), ())
    return folder


def lost(*cases: int) -> Verdict:
    """Return a verdict that passed on 100 cases of which these were lost: two of them pass alone, at 4.9 %."""
    verdict = next(one for one in sample_run().run.verdicts if not one.comparison.unit and not one.comparison.figure)
    rows = tuple(Row(case_id=f"c{n}", baseline=1.0, candidate=0.0 if n in cases else 1.0) for n in range(100))
    return msgspec.structs.replace(
        verdict, comparison=over(verdict.comparison, rows), gate=Gate(max_drop=0.07), outcome="passed"
    )


def asked_together(root: Path, verdicts: Mapping[str, Verdict]) -> list[Path]:
    """Write the runs of adapters that were asked together, each with its verdict, and return their folders."""
    done = len(list((root / "runs").glob("*")))
    ids = tuple(f"{number:04}-2026-11-27-abcd" for number in range(done + 1, done + 1 + len(verdicts)))
    return [judged(root, name, verdicts=(verdict,), beside=ids) for name, verdict in verdicts.items()]


def model(root: Path, name: str) -> ModelRef:
    """Return an adapter of the project on its base model; without a name that base model."""
    base: Run = empty_run()
    if not name:
        return base.baseline
    return msgspec.structs.replace(base.baseline, adapter=name, adapter_digest=digest_adapter(root / "adapters" / name))


def files(root: Path):
    """Return the files of the suite as a run keeps them."""
    suite = root / "suites" / "sums"
    return suite_files({suite / "test_sums.py": 1}, {suite / "cases.jsonl"}, root)


def promote(registry: Registry, root: Path, name: str, against: str = ""):
    """Judge an adapter and promote it, and return the entry."""
    return registry.promote(root / "adapters" / name, judged(root, name, against), ADA)
