"""pytest on what was trained, in a process of its own."""

import pytest

from harness.errors import ConfigError
from harness.gating.child import gate_root, gate_together
from tests.models.fakes import adapter_in

SUITE = """
from pathlib import Path

def test_candidates(request):
    Path("asked.txt").write_text(" ".join(request.config.option.harness_candidate))
    assert Path.cwd() != Path(__file__).parent.parent
"""


def test_pytest_is_asked_for_all_candidates_in_the_folder_of_the_settings(tmp_path, capfd):
    """What it prints goes to standard error, since standard output can be for machines."""
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "test_x.py").write_text(SUITE)
    (tmp_path / "harness.toml").write_text("")
    adapters = [adapter_in(tmp_path / "adapters" / name, weights=name.encode()) for name in ("one", "two")]

    code = gate_together(adapters, tmp_path)

    out, err = capfd.readouterr()
    assert (tmp_path / "asked.txt").read_text() == "adapters/one adapters/two"
    assert out == ""
    assert "test_x.py" in err
    assert code == 1


def test_the_gate_is_that_of_the_nearest_settings_above_and_needs_suites(tmp_path):
    """Also where train.toml is in a folder of its own."""
    place = tmp_path / "suites" / "sums" / "training" / "train.toml"
    place.parent.mkdir(parents=True)
    with pytest.raises(ConfigError, match="no such folder, so there is nothing to gate by"):
        gate_root(place)
    (tmp_path / "harness.toml").write_text("")

    assert gate_root(place) == tmp_path
