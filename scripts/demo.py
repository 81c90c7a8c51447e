"""The whole product on shipped data: check, train, gate, damage, gate again. Run it with `make demo`.

Each step is a command that a person could type; it is printed before it runs. Each runs under a guard, so that
killing the demo at any moment leaves no process behind; started again, the demo continues where it was.
"""

import ctypes
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness.engines.server import guard
from harness.train.workspace import free_name

PR_SET_PDEATHSIG = 1
ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TRAINING = "suites/support_triage/training"
ROWS = (f"{TRAINING}/train.jsonl", f"{TRAINING}/everyday.jsonl")
PAGE = "runs/training_rows.html"
"""Where the reports of the gates look for the check of their adapter's rows, since harness.toml names no other page."""
LEDGER = ROOT / "adapters" / "promotions.sqlite"
RUN = "RUN"
"""Stands for the run that the last gate has saved."""
CHECK = ("harness", "data", "check", *ROWS, "--suites", "suites/", "--html", PAGE)


def main() -> int:
    """Run the steps and return the exit code: 0 when every step ended as it must."""
    end_with_make()
    steps = (
        ("check the training rows against the suites (some seconds)", CHECK, 0),
        ("make the base model (once, about a minute)", ("harness", "base-model"), 0),
        ("train adapters/triage (about 8 minutes)", ("harness", "train", f"{TRAINING}/triage.toml"), 0),
        ("gate it against the base model: must pass (about 3 minutes)", gate("adapters/triage"), 0),
        ("promote it by that run: it is what users get from here on", promote("triage"), 0),
        ("train a damaged adapter, too hot (about 2 minutes)", ("harness", "train", f"{TRAINING}/damaged.toml"), 0),
        ("gate the damaged adapter: must fail (about 3 minutes)", gate("adapters/damaged"), 1),
        ("promote the damaged adapter: must be refused", promote("damaged"), 2),
    )
    begin_ledger()
    times, reports = [], []
    for number, (title, typed, expected) in enumerate(steps, start=1):
        command = tuple(Path(reports[-1]).parent.name if part is RUN else part for part in typed)
        print(f"\n=== {number} of {len(steps)}: {title}\n$ {shlex.join(command)}", flush=True)
        started = time.monotonic()
        code, report = run(command)
        times.append((title.split(" (")[0], time.monotonic() - started))
        reports += [report] if report else []
        if code != expected:
            print(f"\ndemo: step {number} ended with exit code {code}, expected {expected}", file=sys.stderr)
            return 1
    print("\n=== done")
    for title, seconds in times:
        print(f"{seconds:7.0f} s  {title}")
    print(f"{sum(seconds for _, seconds in times):7.0f} s  in all")
    for name, report in zip(("adapters/triage, passed: ", "adapters/damaged, failed:"), reports, strict=True):
        print(f"{name} {report}")
    return 0


def end_with_make() -> None:
    """Have this process ended when make is killed, which Linux alone can do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def gate(adapter: str) -> tuple[str, ...]:
    """Return the command that gates an adapter against the base model."""
    return ("pytest", "suites/", "--candidate", adapter, "--baseline", "base", "-q")


def promote(adapter: str) -> tuple[str, ...]:
    """Return the command that promotes an adapter by the run that was saved last."""
    return ("harness", "promote", adapter, "--run", RUN)


def begin_ledger() -> None:
    """Put the promotions of an earlier demo aside: a first promotion is by a comparison with the base model."""
    if LEDGER.exists():
        aside = LEDGER.rename(free_name(LEDGER))
        print(f"the promotions of an earlier demo are in {aside.relative_to(ROOT)} now")


def run(command: tuple[str, ...]) -> tuple[int, str]:
    """Run a command of this environment, pass its output through, and return its exit code and report path."""
    report = ""
    guarded = [sys.executable, "-I", guard.__file__, "--", str(BIN / command[0]), *command[1:]]
    with subprocess.Popen(
        guarded, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if found := re.match(r"report: (\S+)", line):
                report = found.group(1)
    return process.returncode, report


if __name__ == "__main__":
    sys.exit(main())
