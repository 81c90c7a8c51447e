"""Kill `make demo` ten times at random moments, let it end, and compare its verdicts with those of an undisturbed demo.

``python scripts/kill_demo.py REFERENCE``: REFERENCE is a checkout in which `make demo` has ended. Runs in the checkout
that holds this file, in any state, and kills in all five steps of the demo. Needs Linux, and half
an hour.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KILLS = (1, 2, 2, 2, 3, 3, 3, 4, 5, 5)
"""The steps of the demo that are waited for."""
LONGEST_S = 60.0
"""A kill comes up to this long after its step has begun, which can be in the next step."""
POLL_S = 0.2
ENDED = "the demo ended before it was killed"


def main(reference: Path) -> int:
    """Return 0 when the verdicts are the same and no process stayed after any kill."""
    seed = time.time_ns()
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number, step in enumerate(KILLS, start=1):
        seconds = chance.uniform(0.0, LONGEST_S)
        last, left = kill_in(step, seconds)
        print(f"kill {number}, {seconds:.0f} s into step {step}: {last!r}, {left} processes left", flush=True)
        if left or last == ENDED:
            return 1
    code = subprocess.run(["make", "demo"], cwd=ROOT, check=False, stdin=subprocess.DEVNULL).returncode
    ours, theirs = verdicts(ROOT), verdicts(reference)
    for test, outcome in sorted(theirs.items()):
        print(f"{'same' if ours.get(test) == outcome else 'OTHER'}  {test}: {outcome}, here {ours.get(test)}")
    return code or int(ours != theirs)


def kill_in(step: int, seconds: float) -> tuple[str, int]:
    """Start the demo, kill make ``seconds`` after a step began, and return the last line and how many processes stay.

    Instead of the last line comes ``ENDED`` if the demo was faster.
    """
    mark = f"KILL_DEMO={time.monotonic_ns()}"
    name, _, value = mark.partition("=")
    log = ROOT / "runs" / "kill_demo.log"
    log.parent.mkdir(exist_ok=True)
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["make", "demo"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {name: value},
        ) as make,
    ):
        while make.poll() is None and f"=== {step} of" not in log.read_text(errors="replace"):
            time.sleep(POLL_S)
        time.sleep(seconds)
        make.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if make.returncode != -signal.SIGKILL:
        return ENDED, len(left)
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return (lines[-1][:100] if lines else ""), len(left)


def marked(mark: str) -> list[int]:
    """Return the processes whose environment carries the mark: the demo's own, however deep."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def verdicts(checkout: Path) -> dict[str, str]:
    """Return the outcome of each gate in the newest run of each candidate."""
    found = {}
    for path in sorted(checkout.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime):
        run = json.loads(path.read_bytes())
        for verdict in run["verdicts"]:
            found[f"{run['candidate']['adapter']} {verdict['test_id']}"] = verdict["outcome"]
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
