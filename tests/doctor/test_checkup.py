"""All checks together, on this machine."""

import os
import subprocess
import sys

from harness.doctor.checkup import examine
from harness.doctor.finding import Finding, exit_code
from harness.gating.settings import Names
from tests.test_layers import HEAVY


def test_the_installed_packages_fit(tmp_path, monkeypatch):
    """Those of this environment are what the lock names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))

    found = examine(None, Names(), {})

    states = {one.name: one.state for one in found}
    assert {states[name] for name in ("python", "packages", "versions", "settings", "runs", "store", "cache")} == {"ok"}


def test_a_note_is_not_a_problem():
    """Only a problem is exit code 1."""
    ok, note, problem = (Finding(name="a", state=state, found="b") for state in ("ok", "note", "problem"))

    assert [exit_code(found) for found in ([], [ok, note], [ok, problem])] == [0, 0, 1]


def test_no_heavy_library_is_loaded(tmp_path):
    """Packages are only looked up, so the command stays fast."""
    code = (
        "import os, sys\nfrom harness.doctor.checkup import examine\nfrom harness.gating.settings import Names\n"
        f"examine(None, Names(), os.environ)\nprint(sorted(set(sys.modules) & {HEAVY | {'pytest', 'aiohttp'}!r}))"
    )
    environ = {**os.environ, "HARNESS_HOME": str(tmp_path)}

    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environ).stdout

    assert told.strip() == "[]"
