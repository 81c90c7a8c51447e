"""The loss of answers, made with its gradient, is what autograd makes of the cross-entropy."""

import pytest
import torch
from torch.nn import functional

from harness.train.answer_loss import PIECE, summed_loss


@pytest.mark.parametrize(
    ("tokens", "dtype", "apart"), [(1, "float32", 1e-7), (2 * PIECE + 1, "float32", 1e-7), (PIECE, "bfloat16", 2**-9)]
)
def test_loss_and_gradient_are_those_of_autograd(tokens: int, dtype: str, apart: float) -> None:
    """Also where the last piece is not a whole one."""
    drawn = torch.Generator().manual_seed(7)
    logits = torch.randn(tokens, 50, generator=drawn).to(getattr(torch, dtype))
    targets = torch.randint(50, (tokens,), generator=drawn)
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()

    loss = summed_loss(ours, targets)
    (loss / 3).backward()
    expected = functional.cross_entropy(theirs.float(), targets, reduction="sum")
    (expected / 3).backward()

    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert (ours.grad - theirs.grad).abs().max().item() <= apart


def test_no_token_costs_nothing() -> None:
    """A batch whose answers all are in other batches."""
    logits = torch.zeros(0, 5, requires_grad=True)
    loss = summed_loss(logits, torch.zeros(0, dtype=torch.int64))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None


def test_halves_keep_gradients_below_their_smallest_number() -> None:
    """In float16 a likelihood of 2e-8 is 0; raised it is not, and a scaled loss finds it."""
    logits = torch.tensor([[0.0, -17.73]], dtype=torch.float16, requires_grad=True)
    loss = summed_loss(logits, torch.tensor([0]))
    (loss * 1024).backward()
    assert logits.grad is not None
    assert logits.grad[0, 1].item() == pytest.approx(1024 * 2.0e-8, rel=0.05)
