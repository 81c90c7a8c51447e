"""The weights of a model that is shared out among processes, put together again in the first one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from trl import SFTTrainer


def gathered_weights(trainer: "SFTTrainer") -> "Mapping[str, Tensor] | None":
    """Return the weights by their names in the first process, part of them or none in others.

    All processes must call this. None where each process has all weights in its model.
    """
    if trainer.is_fsdp_enabled:
        # A user's configuration may have checkpoints in parts, of which no adapter could be saved.
        trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
        weights: Mapping[str, Tensor] = trainer.accelerator.get_state_dict(trainer.model)
        return weights
    if trainer.is_deepspeed_enabled:
        return trainer.accelerator.get_state_dict(trainer.deepspeed)  # type: ignore[no-any-return]
    return None
