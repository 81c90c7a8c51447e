"""Run pytest or the command in this process as if it had one of its own, which costs a tenth of starting one."""

import gc
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from harness.cli.main import main


def run_pytest(folder: Path, *arguments: str) -> pytest.RunResult:
    """Run pytest in ``folder``; its exit code and lines are those that a new process would have."""
    return _run(folder, lambda: pytest.main([*arguments]))


def run_harness(folder: Path, *arguments: str) -> pytest.RunResult:
    """Run the command in ``folder``, as ``python -m harness.cli`` would."""

    def command() -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["harness", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        return ended.value.code or 0

    return _run(folder, command)


def _run(folder: Path, run: Callable[[], int]) -> pytest.RunResult:
    out, err = io.StringIO(), io.StringIO()
    with _apart(folder), redirect_stdout(out), redirect_stderr(err):
        code = run()
    return pytest.RunResult(code, out.getvalue().splitlines(), err.getvalue().splitlines(), 0.0)


@contextmanager
def _apart(folder: Path) -> Iterator[None]:
    """Work in ``folder``; what a run of pytest changes in its process is as before after the block.

    Nothing tells the run that it is inside of another one, or of a worker of pytest-xdist.

    Libraries that it imported stay imported, the modules in ``folder`` are forgotten. What lives already is kept out
    of the garbage collections, of which pytest makes five at each end.
    """
    modules, path, finders = set(sys.modules), sys.path[:], sys.meta_path[:]
    thresholds = gc.get_threshold()
    importlib.invalidate_caches()
    gc.freeze()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            for name in [name for name in os.environ if name.startswith("PYTEST_")]:
                patch.delenv(name)
            yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        sys.path[:], sys.meta_path[:] = path, finders
        for name in set(sys.modules) - modules:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(folder):
                del sys.modules[name]
