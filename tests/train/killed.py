"""Kill trainings at drawn moments: ``python -m tests.train.killed FOLDER`` prints how each ended, as JSON.

Each is ``harness train`` in a forked child that kills itself before the n-th change of a file that it makes below its
folder: what a kill leaves can't differ between two of them. A process of its own, since a fork wants no threads.
"""

import contextlib
import gc
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from harness.cli.train import train_command
from harness.train.curve import read_curve
from harness.train.manifest import read_manifest
from harness.train.results import digest_result
from tests.train.tiny import write_tiny

CHANGE = "a change"
EACH = 5
"""Kills with each order of rows."""
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate"}
WRITES = os.O_WRONLY | os.O_RDWR
SETTINGS = """
output = "{output}"
train = ["rows.jsonl"]
validation = "held_out.jsonl"
base_model = "tiny"
method = "lora"
lora_rank = 2
lora_dropout = 0.1
learning_rate = 1e-2
max_length = 128
rows_per_batch = 4
epochs = 1.6
validations = 3

[trainer]
train_sampling_strategy = "{order}"
"""
ORDERS = ("group_by_length", "random")


def main() -> None:
    """Train undisturbed and count the changes, then kill at ten moments, each time a training of its own."""
    import_module("trl.trainer.sft_trainer")
    folder, found = Path(sys.argv[1]), []
    write_tiny(folder)
    for order in ORDERS:
        changes, modules = _changes_of(lambda: _train(folder, f"whole-{order}", order), folder)  # noqa: B023 - at once
        for name in modules - set(sys.modules):  # what a training imports, once for all children
            with contextlib.suppress(ImportError):
                import_module(name)
        gc.freeze()  # so that the trainer's own collections need not look at all of this
        draw = random.Random(order)  # noqa: S311 - moments, no secrets
        for part in range(EACH):  # one moment of each part, so that late ones are among them
            moment = draw.randrange(changes * part // EACH, changes * (part + 1) // EACH)
            output = f"{order}-{moment}"
            code = _in_child(lambda: _train(folder, output, order), folder, moment)  # noqa: B023 - the same
            then, done = _files(folder / output), _steps_done(folder / f".{output}.partial")
            again = _in_child(lambda: _train(folder, output, order), folder, None)  # noqa: B023 - the same
            same = _came_of(folder / output) == _came_of(folder / f"whole-{order}")
            found.append({"moment": moment, "codes": (code, again), "then": then, "done": done, "same": same})
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    print(json.dumps({"found": found, "files": _files(folder / f"whole-{order}"), "left": left}))  # noqa: T201 - read


def _came_of(output: Path) -> tuple[object, ...] | None:
    """Return what came of a training, but for its name and time."""
    manifest = read_manifest(output)
    curve = read_curve(output)
    if manifest is None or curve is None:
        return None
    losses = manifest.train_losses, manifest.validation_losses
    return digest_result(output), manifest.steps, manifest.tokens, *losses, curve.kept, curve.points, _files(output)


def _files(output: Path) -> list[str]:
    return sorted(path.name for path in output.glob("*"))


def _steps_done(work: Path) -> int:
    """Return after how many steps a work folder's last whole checkpoint is."""
    return max(
        (int(path.parent.name.rpartition("-")[2]) for path in work.glob("checkpoint-*/trainer_state.json")), default=0
    )


def _train(folder: Path, output: str, order: str) -> None:
    settings = folder / f"{output}.toml"
    settings.write_text(SETTINGS.format(output=output, order=order), encoding="utf-8")
    train_command(settings)


def _changes_of(act: Callable[[], object], folder: Path) -> tuple[int, set[str]]:
    """Return how many changes of files an act makes, and all modules that are imported then."""
    with tempfile.TemporaryFile("w+", buffering=1) as told:

        def act_and_tell() -> None:
            act()
            told.write("".join(f"{name}\n" for name in list(sys.modules)))
            told.flush()

        _in_child(act_and_tell, folder, None, lambda _count: told.write(f"{CHANGE}\n"))
        told.seek(0)
        lines = told.read().splitlines()
    return lines.count(CHANGE), {*lines} - {CHANGE}


def _in_child(
    act: Callable[[], object], folder: Path, moment: int | None, at: Callable[[int], object] = lambda _count: None
) -> int:
    """Do something in a child that kills itself at a moment, and return how that ended."""
    child = os.fork()
    if not child:
        code = 1
        try:
            _counting(folder, lambda count: os.kill(os.getpid(), signal.SIGKILL) if count == moment else at(count))
            act()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _counting(folder: Path, at: Callable[[int], object]) -> None:
    """Call ``at`` before each change of a file below a folder with the number of those before it."""
    count = 0

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        is_write = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        if (is_write or event in CHANGES) and str(arguments[0]).startswith(str(folder)):
            at(count)
            count += 1

    sys.addaudithook(hear)


if __name__ == "__main__":
    main()
