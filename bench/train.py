"""Speed and memory of a training against plain TRL scripts with the same settings, on the same rows of tokens.

``python bench/train.py`` trains on the embedded model and the shipped rows, on this machine's GPU or one thread of its
CPU. ``python bench/train.py BASE --steps 60 --rows-per-batch 8`` takes another base model. Each training runs in a
process of its own, in rounds that take turns. Tokens are useful ones: padding is not counted. The time is that of the
steps: CPU time on a CPU, the clock on a GPU.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from measure import at_least, at_most, exit_code, run, run_script, tell

from harness.text.atomic import write_durably

WORKER = Path(__file__).with_name("train_one.py")
OURS, DEFAULTS, BY_LENGTH = "ours", "TRL's defaults", "TRL, rows by length"
FLATTENED = "TRL, flattened"
TRL = (DEFAULTS, BY_LENGTH, FLATTENED, "TRL, packed")
"""Plain scripts. A packed one reads other rows in a step, so its losses are told and not compared."""
AS_DEFAULTS, AS_BEST = 1.3, 1.05
MEMORY = 1.05
EQUAL = 0.01
"""Nats, over the steps: TRL keeps the adapter in bfloat16 and we in float32, so losses are not the same."""


def main() -> int:
    """Measure, print figures with their bars, and return the exit code."""
    given = _arguments()
    found: dict[str, list[dict]] = {name: [] for name in (OURS, *TRL)}
    for number in range(given.rounds):
        names = (OURS, *TRL)
        for name in names if number % 2 == 0 else reversed(names):
            one = _train(name, given)
            found[name].append(one)
            tell(
                f"{name:<22} {_speed(one):9.1f} useful tokens/s, {one['padding']:4.0%} padding, "
                f"{one['peak_mb']:7.0f} MB at most, loss {one['losses'][0]:.3f} -> {one['losses'][-1]:.3f}"
            )
    speeds = {name: statistics.median(map(_speed, trainings)) for name, trainings in found.items()}
    best = max(TRL, key=speeds.__getitem__)
    peaks = {name: statistics.median(one["peak_mb"] for one in trainings) for name, trainings in found.items()}
    tell(f"on {found[OURS][0]['device']}: {found[OURS][0]['batches']}; TRL's best setting here: {best}")
    alike = BY_LENGTH if found[OURS][0]["by_length"] else FLATTENED  # what reads the same rows in each step
    behind = statistics.mean(_losses(found, OURS)) - statistics.mean(_losses(found, alike))
    return exit_code(
        [
            at_least("speed against TRL's defaults", speeds[OURS] / speeds[DEFAULTS], "times", AS_DEFAULTS),
            at_least("speed against TRL's best setting", speeds[OURS] / speeds[best], "times", AS_BEST),
            at_most("peak memory against that setting", peaks[OURS] / peaks[best], "times", MEMORY),
            at_most(f"mean loss, above that of {alike}", behind, "nats", EQUAL),
        ]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("base", nargs="?", default="smollm2-135m-instruct")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rows-per-batch", type=int, default=8)
    parser.add_argument("--method", default="qlora")
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


def _train(name: str, given: argparse.Namespace) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wish = {"name": name, "base": given.base, "steps": given.steps, "method": given.method}
        write_durably(place / "wish.json", json.dumps(wish | {"rows_per_batch": given.rows_per_batch}).encode())
        run([sys.executable, str(WORKER), folder], place, {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"})
        return json.loads((place / "found.json").read_bytes())


def _speed(one: dict) -> float:
    return one["tokens"] / one["seconds"]


def _losses(found: dict[str, list[dict]], name: str) -> list[float]:
    return found[name][0]["losses"]


if __name__ == "__main__":
    run_script(main)
