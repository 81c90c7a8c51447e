"""A training that is killed at any moment goes on, and ends as if nothing had happened."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HF_DEACTIVATE_ASYNC_LOAD": "1"}
"""Forked children want no threads."""


def test_a_kill_at_any_of_ten_moments_changes_nothing(tmp_path):
    """With dropout, a drawn order of rows, the best checkpoint kept, and steps that end within an epoch: bit by bit."""
    command = [sys.executable, "-m", "tests.train.killed", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | ENVIRONMENT, check=True, capture_output=True)
    told = json.loads(done.stdout.splitlines()[-1])

    assert len(told["found"]) == 10
    for one in told["found"]:
        assert one["codes"] == [-9, 0], one
        # Where users look there is nothing or all of it, but for the page that is made of the rest.
        assert {*one["then"], "curve.html"} in ({"curve.html"}, set(told["files"])), one
        assert one["same"], one
    steps = {one["done"] for one in told["found"]}  # of checkpoints, which the clock keeps too
    assert 0 in steps
    assert steps & {4, 5}  # within the second epoch, or behind the last step
    assert {"curve.json", "curve.html"} <= set(told["files"])
    assert told["left"] == []
