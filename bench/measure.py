"""What every benchmark does: run a command, measure its whole process, and compare a figure with its bar.

Nothing heavy is imported here: Linux counts the memory of the process that starts another one into its peak.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

LEFT_OUT = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "GITHUB_STEP_SUMMARY", "OPENAI_API_KEY")
"""What a developer's environment can hold that would change what is measured."""
LAST_LINES = 30
HOLDS, FAILS = "holds", "FAILS"


@dataclass(frozen=True)
class Used:
    """What a process used up to its end, with all processes that it started and waited for; 1 MB is 10^6 bytes."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def run_script(benchmark: Callable[[], int]) -> NoReturn:
    """Run a benchmark and exit with its code; ending it from outside stops everything that it started."""
    signal.signal(signal.SIGTERM, _end)
    sys.exit(benchmark())


def run(
    command: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None, exit_codes: Sequence[int] = (0,)
) -> Used:
    """Run a command in a folder, with ``extra`` added to its environment, and return what it used.

    Raises:
        SystemExit: it ended with an exit code that is not among ``exit_codes``; its last lines are shown.
    """
    environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT} | dict(extra or {})
    log = folder / "output.log"
    with log.open("wb") as file:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        wall_s = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    output = log.read_text(errors="replace")
    if process.returncode not in exit_codes:
        last = "\n".join(output.splitlines()[-LAST_LINES:])
        sys.exit(f"{last}\n{' '.join(command)}\n  ended with exit code {process.returncode}")
    return Used(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, output)


def at_most(name: str, value: float, unit: str, bar: float) -> bool:
    """Print a figure with its upper bar and return whether it holds."""
    return _show(name, f"{value:,.2f} {unit}", f"bar {bar:g}", value <= bar)


def at_least(name: str, value: float, unit: str, bar: float) -> bool:
    """Print a figure with its lower bar and return whether it holds."""
    return _show(name, f"{value:,.2f} {unit}", f"bar {bar:g} or more", value >= bar)


def tell(text: str) -> None:
    """Print a line that is not a figure with a bar."""
    print(text, flush=True)


def exit_code(held: Sequence[bool]) -> int:
    """Return 0 when every bar holds, and there was one."""
    return 0 if held and all(held) else 1


def _show(name: str, figure: str, bar: str, holds: bool) -> bool:
    tell(f"{name:<42}  {figure:<32}  {bar:<17}  {HOLDS if holds else FAILS}")
    return holds


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
