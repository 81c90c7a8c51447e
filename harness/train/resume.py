"""Where a killed training goes on: after its last whole checkpoint, or behind its last step, where only saving is left.

The trainer itself would do one more step there, and would forget how many validations went without a better loss.
"""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from harness.records.record import Record
from harness.train.spread import ONE, Spread
from harness.train.workspace import DONE, last_checkpoint

if TYPE_CHECKING:
    from trl import SFTTrainer


class Resumed(Record, frozen=True, kw_only=True):
    """A checkpoint to go on from, and after how many steps it is; ``has_ended`` is true where no step is left."""

    checkpoint: Path
    done: int
    has_ended: bool


def resumed(work: Path, spread: Spread = ONE) -> Resumed | None:
    """Return where the training in a work folder goes on; None where it starts.

    Weights that processes share out are only loaded for another step: a training that was killed behind its last one
    goes on from the checkpoint before.
    """
    checkpoint = last_checkpoint(work, spread.processes)
    if checkpoint is None:
        return None
    found = _read(checkpoint)
    if found.has_ended and not spread.is_whole:
        shutil.rmtree(checkpoint)
        return resumed(work, spread)
    return found


def _read(checkpoint: Path) -> Resumed:
    # Not by msgspec: the trainer writes NaN, which is no JSON.
    state = json.loads((checkpoint / DONE).read_text(encoding="utf-8"))
    control = state.get("stateful_callbacks", {}).get("TrainerControl", {})
    return Resumed(
        checkpoint=checkpoint,
        done=int(checkpoint.name.rpartition("-")[2]),
        has_ended=control.get("args", {}).get("should_training_stop") is True,
    )


def run_from(trainer: "SFTTrainer", start: Resumed | None) -> None:
    """Do the steps that are left; the trainer then has the weights that are kept, the best where rows validate."""
    if start is None or not start.has_ended:
        trainer.train(resume_from_checkpoint=str(start.checkpoint) if start else None)
        return
    from transformers import TrainerState

    trainer.state = TrainerState.load_from_json(str(start.checkpoint / DONE))
    best = start.checkpoint.with_name(f"checkpoint-{trainer.state.best_global_step or start.done}")
    trainer._load_from_checkpoint(str(best))  # noqa: SLF001 - what train() does first
