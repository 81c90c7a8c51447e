"""``harness power``: the gates of suites, before anything is asked."""

from collections.abc import Mapping, Sequence

import msgspec

from harness.config.release import GatesConfig
from harness.gating.ledger import Ledger
from harness.gating.suite_run import SuiteRun
from harness.gating.without_models.not_asked import NotAsked
from harness.gating.without_models.sessions import Session, quiet_session
from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.verdicts.power import PlannedGate, planned_gates


class Planning(msgspec.Struct, frozen=True, kw_only=True):
    """The gates of the suites, and what their tests recorded while no model was asked."""

    gates: tuple[PlannedGate, ...]
    ledger: Ledger


def plan_power(paths: Sequence[str], judges: Mapping[str, str], settings: GatesConfig) -> tuple[Planning, Session]:
    """Run suites without any model and return their gates; ``judges`` says what judges are called, as in ``Run``."""
    gates: list[PlannedGate] = []

    def collect(test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        gates.extend(planned_gates(test_id, judged, gate))
        return ()

    judge = ModelRef(base=judges.get("", "a judge"), base_digest="", template_digest="")
    run = SuiteRun(NotAsked(judge, judges), collect, settings)
    session = quiet_session(paths, run)
    return Planning(gates=tuple(gates), ledger=run.ledger), session
