"""Whether pytest loads the harness, and what gets in its way."""

import pytest

from harness.doctor.plugins import check_plugins, pytest_options

ALL = {"harness", "xdist", "pytest_forked", "randomly"}


@pytest.mark.parametrize(
    ("plugins", "options", "environ", "problem", "remedy"),
    [
        ({"xdist"}, (), {}, "no plugin of the harness is installed", "pip install"),
        (ALL, ("-p", "no:harness"), {}, "switch the harness off", "addopts"),
        (ALL, (), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, "not loaded by themselves", "-p harness,"),
        (ALL, ("--disable-plugin-autoload",), {}, "not loaded by themselves", "-p harness,"),
        (ALL, ("-n", "4"), {}, "-n is among pytest's options", "pytest suites/ -n 0"),
        (ALL, ("-nauto",), {}, "-nauto is among pytest's options", "pytest suites/ -n 0"),
        (ALL, ("--numprocesses=4",), {}, "--numprocesses=4 is among", "pytest suites/ -n 0"),
        (ALL, ("-q", "--forked"), {}, "--forked is among", "pytest suites/ -p no:forked"),
    ],
)
def test_what_stops_suites_is_a_problem(plugins, options, environ, problem, remedy):
    """With the option that helps."""
    (finding,) = check_plugins(plugins, options, environ)

    assert finding.state == "problem"
    assert problem in finding.found
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("plugins", "options", "environ"),
    [
        (ALL, ("-ra", "--no-header"), {}),
        (ALL, ("-n", "4", "-n", "0"), {}),
        ({"harness", "randomly"}, ("-n", "4"), {}),
        (ALL, ("-p", "harness.gating.plugin"), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
        (ALL, ("-pharness.gating.plugin",), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
        (ALL, (), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "harness.gating.plugin"}),
    ],
)
def test_what_does_no_harm_is_fine(plugins, options, environ):
    """Installed alone, xdist and forked change nothing."""
    (finding,) = check_plugins(plugins, options, environ)

    assert finding.state == "ok"
    assert finding.found == f"loads the harness; beside it: {', '.join(sorted(plugins - {'harness'}))}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -n 4 -k 'a b'\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = -n 4 -k 'a b'\n"),
        ("tox.ini", "[tox]\n[pytest]\naddopts =\n  -n 4\n  -k 'a b'\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = \"-n 4 -k 'a b'\"\n"),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["-n", "4", "-k", "a b"]\n'),
        ("pytest.toml", '[pytest]\naddopts = ["-n", "4", "-k", "a b"]\n'),
    ],
)
def test_options_are_read_from_each_file_that_pytest_reads(tmp_path, name, text):
    """Also from a folder below it; those of the environment come last."""
    (tmp_path / name).write_text(text)
    (tmp_path / "suites").mkdir()

    assert pytest_options(tmp_path / "suites", {"PYTEST_ADDOPTS": "-q"}) == ("-n", "4", "-k", "a b", "-q")


def test_the_nearest_settings_of_pytest_count(tmp_path):
    """A file that can't be read, or has nothing of pytest's, is none."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -n 4\n")
    (inner / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '-q'\n")
    (inner / "tox.ini").write_text("not an ini file")
    (inner / "pytest.toml").write_text("[other]\n")

    assert pytest_options(inner, {}) == ("-q",)
