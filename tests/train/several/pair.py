"""Run by test_pair.py: starts two processes, which train the tiny model of a folder three times, and a fourth time.

The first training is undisturbed. The second one stops before its sixth step, in the middle of an epoch, and is given
again. In the last one the system ends one of the two processes.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path

import msgspec

from harness.errors import TrainingError
from harness.train import trainer
from harness.train.config import load_train_config
from harness.train.job import Job
from harness.train.quantized import this_device
from harness.train.recipe import train
from harness.train.several.group import joined
from harness.train.several.handed import read_job
from harness.train.several.launch import read_launch, start
from harness.train.spread import member_of


class Stopped(Exception):
    """Both processes stop here."""


def disturb(index: int) -> None:
    """Have trainings stop by the name of their result."""
    from transformers import TrainerCallback

    make = trainer.make_trainer

    def disturbing(job: Job, *rest: object) -> object:
        class Disturbs(TrainerCallback):
            def on_step_begin(self, _args, state, _control, **_: object) -> None:
                if job.work.name == ".mine.partial" and state.global_step == 5 and job.start is None:
                    raise Stopped
                if job.work.name == ".killed.partial" and index == 1:
                    os.kill(os.getpid(), signal.SIGKILL)

        made = make(job, *rest)
        made.add_callback(Disturbs())
        return made

    trainer.make_trainer = disturbing


def main(folder: Path) -> int:
    """Train in this process, or start those that do."""
    if "WORLD_SIZE" not in os.environ:
        try:
            return start(read_launch("2"), [str(folder)], (__file__,))
        except TrainingError as problem:
            sys.stdout.write(f"error: {problem}\n")
            return 2
    config = load_train_config(folder / "train.toml")
    with joined(member_of()) as group:
        disturb(group.member.index)
        if group.is_lead:
            for output in ("whole", "mine", "mine", "killed"):
                with contextlib.suppress(Stopped):
                    train(
                        msgspec.structs.replace(config, output=output),
                        folder / "train.toml",
                        folder / "tiny",
                        None,
                        group,
                    )
        else:
            for file in group.jobs():
                with contextlib.suppress(Stopped):
                    trainer.follow_trainer(read_job(Path(file), this_device()))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
