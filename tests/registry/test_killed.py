"""A promotion or rollback that is killed at any moment is done or not, and the ledger is whole."""

import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_kill_at_any_of_ten_moments_loses_nothing(tmp_path):
    """Of both, in both kinds of ledgers; where nothing was done, the same command does it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.registry.killed", str(tmp_path)], cwd=ROOT, check=True, capture_output=True
    )
    found = json.loads(done.stdout)

    assert len(found) == 40
    assert {one["code"] for one in found} == {-9}
    for of, group in groupby(found, key=lambda one: one["of"]):
        ended = list(group)
        assert {one["then"] for one in ended} == {0, 1}, of  # some before it was done, some after
        number, name = (2, "second") if "promote" in of else (3, "first")
        assert {tuple(one["done"]) for one in ended} == {(number, name)}
