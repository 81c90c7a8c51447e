"""How the harness's own modules are imported where pytest loads it as a plugin."""

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader

import harness
from harness.gating import opening
from harness.gating.own_imports import OwnImports, import_as_written


class Other:
    """A finder that finds nothing."""

    find_spec = staticmethod(lambda *_given: None)


def test_pytest_leaves_the_harness_as_it_is_written():
    """This session has the plugin; a module that pytest changed would have pytest's own loader."""
    assert type(opening.__spec__.loader) is SourceFileLoader


def test_the_finder_is_asked_first_and_once(monkeypatch):
    """However often a session begins."""
    monkeypatch.setattr(sys, "meta_path", [Other, *(one for one in sys.meta_path if one is not OwnImports)])

    import_as_written()
    import_as_written()

    assert sys.meta_path[:2] == [OwnImports, Other]


def test_other_modules_are_none_of_its_business():
    """A user's tests, and packages whose names only begin alike."""
    assert OwnImports.find_spec("test_mine") is None
    assert OwnImports.find_spec("harness_of_others") is None
    assert OwnImports.find_spec("harness.errors", harness.__path__).origin == harness.errors.__file__


def test_a_plugin_that_is_named_warns_of_nothing(tmp_path):
    """Where a project lets no plugin load by itself, and takes warnings as errors."""
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n")
    arguments = ["-p", "harness.gating.plugin", "-W", "error", "-p", "no:cacheprovider", "-q", "test_own.py"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
