"""``pytest suites/`` on what was trained, in a process of its own, as somebody would type it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import msgspec

from harness.ci.ended import Ended, saved_since
from harness.config.located import settings_file
from harness.config.read import load_config
from harness.config.whole import HarnessConfig
from harness.errors import ConfigError
from harness.runs.folder import read_run
from harness.runs.names import highest_number
from harness.runs.suite_files import SUITES
from harness.text.visible import for_terminal
from harness.train.config import TrainConfig

STDERR = 2


class ToGate(msgspec.Struct, frozen=True, kw_only=True):
    """What will be gated: the folder of harness.toml, in which pytest runs, the candidate's name, and the runs."""

    root: Path
    candidate: str
    runs: Path


class Gated(msgspec.Struct, frozen=True, kw_only=True):
    """How a gate ended, with the folder of its run; None where none was saved."""

    ended: Ended
    run: Path | None


def to_gate(config: TrainConfig, settings: Path) -> ToGate:
    """Return what the gate of a training will be asked, by the harness.toml that is the nearest above its settings.

    Without one the defaults hold, for the current folder.

    Raises:
        ConfigError: there are no suites, or no table names the whole model that is trained.
    """
    path = settings_file(None, settings.parent.absolute())
    if not path.is_file():
        path = settings_file(None, Path.cwd())
    known, root = load_config(path), path.parent
    if not (root / SUITES).is_dir():
        raise ConfigError(f"--gate: {root / SUITES}: no such folder; write suites there, or train without --gate")
    output = (settings.parent / config.output).resolve()
    return ToGate(root=root, candidate=_candidate(config, output, known, root), runs=root / known.runs)


def gate(wanted: ToGate, digest: str, output: int | None = None) -> Gated:
    """Run the suites on the model with this digest, or of that table; ``output`` is as for ``run_suites``."""
    before = highest_number(wanted.runs)
    code = run_suites(wanted.root, [wanted.candidate], output)
    saved = saved_since(wanted.runs, before)
    own = {
        folder: run
        for folder, run in zip(saved, map(read_run, saved), strict=True)
        if digest == run.candidate.adapter_digest or run.candidate.label == wanted.candidate
    }
    return Gated(ended=Ended(exit_code=code, runs=tuple(own.values())), run=next(iter(own), None))


def gate_root(settings: Path) -> Path:
    """Return the folder in which a sweep is gated: that of the nearest harness.toml above its settings.

    Raises:
        ConfigError: there are no suites in it.
    """
    root = settings_file(None, settings.parent.absolute()).parent
    if not (root / SUITES).is_dir():
        raise ConfigError(
            f"{root / SUITES}: no such folder, so there is nothing to gate by; write suites, put a harness.toml in the "
            "folder that has them, or leave gating out with --no-gate"
        )
    return root


def gate_together(candidates: Sequence[Path], root: Path) -> int:
    """Run the suites on adapters, all in one run, and return pytest's exit code; it prints to our standard error."""
    return run_suites(root, [os.path.relpath(one.absolute(), root.absolute()) for one in candidates], STDERR)


def run_suites(root: Path, candidates: Sequence[str], output: int | None = None) -> int:
    """Run ``pytest suites`` in ``root`` with these candidates, and return its exit code.

    What pytest prints goes to the file descriptor ``output``, else to where our own does. A signal that ends this
    process ends the child first, which keeps what was answered.
    """
    named = [part for one in candidates for part in ("--candidate", one)]
    return _run_pytest(root, [SUITES, *named], output)


def gate_again(root: Path, suite: str, named: Sequence[str], runs: Path) -> Gated:
    """Run one suite with these options, asking everything anew, and return how it ended; it prints to standard error.

    ``suite`` is its folder, seen from ``root``; ``runs`` is the folder of the runs.
    """
    before = highest_number(runs)
    more = ["--fresh", "--run-dir", os.path.relpath(runs, root)]
    code = _run_pytest(root, [suite, *named, *more], STDERR)
    saved = {folder: read_run(folder) for folder in saved_since(runs, before)}
    own = {folder: run for folder, run in saved.items() if set(named) <= set(run.command)}
    return Gated(ended=Ended(exit_code=code, runs=tuple(own.values())), run=next(iter(own), None))


def _run_pytest(root: Path, arguments: Sequence[str], output: int | None) -> int:
    sys.stderr.flush()
    child = subprocess.Popen([sys.executable, "-P", "-m", "pytest", *arguments], cwd=root, stdout=output)
    with _passed_on(child):
        code = _wait(child)
    return code if 0 <= code <= 255 else 128 - code


def _candidate(config: TrainConfig, output: Path, known: HarnessConfig, root: Path) -> str:
    """Return what names the trained model on the command line: its table, or the path of an adapter."""
    for name, table in known.models.items():
        place = table.base if config.method == "full" else table.adapter
        is_whole = config.method != "full" or table.adapter is None
        if place is not None and is_whole and (root / place).resolve() == output:
            return name
    shown = os.path.relpath(output, root.resolve())
    if config.method == "full":
        raise ConfigError(
            f'--gate: a whole model is gated by a table in harness.toml; write [models.NAME] with base = "'
            f'{for_terminal(shown)}"'
        )
    return str(output) if shown.startswith("..") else shown


def _wait(child: "subprocess.Popen[bytes]") -> int:
    """Return a child's exit code; Ctrl-C reaches it by itself, and is waited for."""
    while True:
        with suppress(KeyboardInterrupt):
            return child.wait()


@contextmanager
def _passed_on(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Hand the signals on to a child that would end this process alone."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            child.send_signal(number)

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
