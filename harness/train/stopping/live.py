"""The trainer that asks a suite's gates at each validation: between two steps, through the engine of this process."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.engines.live import LiveEngine
from harness.errors import TrainingError
from harness.records.asked import Rendering
from harness.train.stopping.log import entry_of
from harness.train.stopping.part import StopPart
from harness.train.stopping.scored import score_gates

if TYPE_CHECKING:
    from transformers import TrainerControl
    from transformers.trainer_utils import EvalLoopOutput
    from trl import SFTTrainer


def gate_trainer(kind: "type[SFTTrainer]") -> "type[SFTTrainer]":
    """Return a kind of trainer that also logs ``score_gates()`` at each validation, which then needs no rows.

    Before the first step the gates alone are asked.
    """

    class GateTrainer(kind):  # type: ignore[misc]  # trl ships no types
        control: "TrainerControl"
        score_gates: Callable[[], Mapping[str, float]]

        def evaluate(self, *args: Any, **named: Any) -> dict[str, float]:  # noqa: ANN401 - the trainer's own
            if len(self.eval_dataset) and self.state.global_step:
                found: dict[str, float] = super().evaluate(*args, **named)
                return found
            metrics = entry_of(self.score_gates(), None)
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

        def evaluation_loop(self, *args: Any, **named: Any) -> "EvalLoopOutput":  # noqa: ANN401 - the trainer's own
            output = super().evaluation_loop(*args, **named)
            output.metrics.update(entry_of(self.score_gates(), output.metrics["eval_loss"]))
            return output

    return GateTrainer


def scoring(
    trainer: "SFTTrainer", part: StopPart, base: Path, rendering: Rendering
) -> Callable[[], Mapping[str, float]]:
    """Return what scores a trainer's model, on the base model in the folder ``base``, by a suite's gates.

    Raises:
        TrainingError: the model's weights are spread over processes, so that none can answer alone.
    """
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        raise TrainingError(
            "stop_by asks the whole model, and under FSDP or DeepSpeed no process has it; leave stop_by "
            "out, or train with DDP"
        )
    engine = LiveEngine(trainer.model, trainer.processing_class, base)

    def scored() -> Mapping[str, float]:
        with trainer.accelerator.autocast():
            return score_gates(part, engine, rendering)

    return scored
