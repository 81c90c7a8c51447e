"""The cross-entropy of answers, with its gradient made along with it, a piece of the tokens at a time.

Left to autograd, three more copies of all logits in float32 are kept until the backward pass. Here none is: the
gradient takes the place of the logits, in their own number format, which is the one that the backward pass hands on.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import torch

PIECE = 256
"""Tokens whose logits are in float32 at once."""
RAISED = 1024.0
"""Gradients are kept this much larger, so that float16 does not lose the small ones; a power of two rounds nothing."""


def summed_loss(logits: "torch.Tensor", targets: "torch.Tensor") -> "torch.Tensor":
    """Return the loss summed over tokens, in nats: logits have shape (tokens, words), targets the right words.

    The logits hold their gradient afterwards: nobody can read them any more.
    """
    return _function()(logits, targets)


@cache
def _function() -> Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]:
    import torch

    class SummedLoss(torch.autograd.Function):  # type: ignore[misc]  # torch is not read by mypy
        @staticmethod
        def forward(context: "torch.autograd.function.FunctionCtx", logits: torch.Tensor, targets: torch.Tensor):  # type: ignore[no-untyped-def]  # noqa: ANN205
            gradient = logits.detach()
            loss = torch.zeros((), dtype=torch.float32, device=logits.device)
            for start in range(0, len(logits), PIECE):
                part, right = logits[start : start + PIECE].float(), targets[start : start + PIECE, None]
                logs = part.log_softmax(dim=-1)
                loss -= logs.gather(1, right).sum()
                likely = logs.exp_()
                likely.scatter_add_(1, right, likely.new_full((1, 1), -1.0).expand_as(right))
                gradient[start : start + PIECE] = likely.mul_(RAISED)
            context.save_for_backward(gradient)
            return loss

        @staticmethod
        def backward(context, above):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN205
            (gradient,) = context.saved_tensors
            return gradient * (above / RAISED).to(gradient.dtype), None

    return cast(Callable[[torch.Tensor, torch.Tensor], torch.Tensor], SummedLoss.apply)
