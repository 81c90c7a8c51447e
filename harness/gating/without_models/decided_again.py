"""``harness decide``: today's thresholds on the comparisons and answers of a saved run."""

from collections.abc import Sequence

from harness.config.release import GatesConfig
from harness.gating.leaked import check_of
from harness.gating.ledger import Ledger
from harness.gating.regurgitation import hold_against
from harness.gating.saved_run import SavedRun
from harness.gating.stash import GIVEN_LEAKS
from harness.gating.suite_run import SuiteRun
from harness.gating.without_models.sessions import Prepared, Session, quiet_session


def decide_again(paths: Sequence[str], saved: SavedRun, gates: GatesConfig) -> tuple[Ledger, Session]:
    """Run suites on the comparisons and answers of a saved run, and return what today's thresholds decide."""
    run = SuiteRun(saved, gates=gates)
    if saved.run.candidate.adapter is not None:
        hold_against(run.ledger, saved.run.regurgitation, gates.max_regurgitated)
    leaks = Prepared(lambda config: config.stash.__setitem__(GIVEN_LEAKS, check_of(saved.run)))
    return run.ledger, quiet_session(paths, run, leaks)
