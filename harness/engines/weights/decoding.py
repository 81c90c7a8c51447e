"""What is added to each step of transformers' greedy decoding: seeded draws, stop strings, log-probabilities."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.records.answered import TokenLogprob
from harness.records.asked import Sampling

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase


def draws(sampling: Sampling, repeats: Sequence[int]) -> list[Any]:
    """Return what turns greedy decoding into sampling; nothing at temperature 0."""
    from transformers import TemperatureLogitsWarper, TopPLogitsWarper

    if sampling.temperature == 0:
        return []
    draws: list[Any] = [TemperatureLogitsWarper(sampling.temperature)]
    if sampling.top_p < 1:
        draws.append(TopPLogitsWarper(sampling.top_p))
    return [*draws, GumbelNoise([sampling.seed + repeat for repeat in repeats])]


class GumbelNoise:
    """Gumbel noise on the logits: the largest of the sums is a draw from the distribution (Maddison et al., 2014).

    Each row draws from its own seed, so an answer doesn't depend on what else is in its batch.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        import torch

        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, _input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Return the scores with fresh noise."""
        import torch

        uniform = torch.stack([torch.rand(scores.shape[-1], generator=one) for one in self._generators])
        tiny = torch.finfo(torch.float32).tiny
        return scores - (-uniform.clamp(min=tiny).log()).clamp(min=tiny).log().to(scores.device)


class StopsAt:
    """Ends each row whose text has a stop string; the first ``width`` tokens are the prompt."""

    def __init__(self, stops: Sequence[str], width: int, tokenizer: "PreTrainedTokenizerBase") -> None:
        self._stops, self._width, self._tokenizer = stops, width, tokenizer

    def __call__(self, input_ids: "torch.Tensor", _scores: object, **_: object) -> "torch.Tensor":
        """Return for each row whether it is done."""
        import torch

        texts = self._tokenizer.batch_decode(input_ids[:, self._width :], skip_special_tokens=True)
        done = [any(stop in text for stop in self._stops) for text in texts]
        return torch.tensor(done, device=input_ids.device)


def report_logprobs(
    logits: Sequence["torch.Tensor"], tokens: Sequence[int], alternatives: int, tokenizer: "PreTrainedTokenizerBase"
) -> tuple[TokenLogprob, ...]:
    """Return the log-probability of each generated token, with its likeliest alternatives.

    ``logits`` has one vector over the vocabulary for each token, before any temperature.
    """
    reported = []
    for step, token in zip(logits, tokens, strict=False):
        logprobs = step.float().log_softmax(-1)
        values, numbers = logprobs.topk(alternatives)
        top = {
            tokenizer.decode([number]): value for number, value in zip(numbers.tolist(), values.tolist(), strict=True)
        }
        reported.append(TokenLogprob(token=tokenizer.decode([token]), logprob=float(logprobs[token]), top=top))
    return tuple(reported)
