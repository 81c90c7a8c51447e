"""``harness noise``: one model on both sides of suites, asked twice."""

import contextlib
import sys
from collections.abc import Sequence

import pytest

from harness.gating.fixtures import RUNS
from harness.gating.stash import NOISE_SAMPLE
from harness.gating.without_models.sessions import QUIET, Loading, Prepared
from harness.records.saved import Measure


def measure_noise(paths: Sequence[str], model: str, sample: int) -> tuple[Measure, ...]:
    """Run suites with one model on both sides, ask ``sample`` of its requests twice, and return what was measured.

    Empty when nothing could be measured, or not all because of Ctrl-C; pytest has then said why. What it prints goes to
    the standard error output, since the measure alone is the result.
    """
    prepared = Prepared(lambda config: config.stash.__setitem__(NOISE_SAMPLE, sample))
    arguments = [*paths, "--candidate", model, "--baseline", model, *QUIET, "--no-summary"]
    with contextlib.redirect_stdout(sys.stderr):
        ended = pytest.main(arguments, plugins=[Loading(), prepared])
    if ended == pytest.ExitCode.INTERRUPTED:
        return ()
    runs = prepared.config.stash.get(RUNS, {}) if prepared.config else {}
    return tuple(measure for run in runs.values() for measure in run.ledger.measures)
