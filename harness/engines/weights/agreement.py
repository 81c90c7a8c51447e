"""How far a merged model and its adapter agree: in logits, and in greedy answers to some questions."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import TemplateError

from harness.engines.weights.compare import ROUNDING
from harness.models.chat import ChatTemplate, PlainText
from harness.models.own_code import loading
from harness.models.tokenizer import usual_template
from harness.records.messages import Message
from harness.records.record import Record

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

QUESTIONS = (
    "What is the capital of France?",
    "Write one sentence about rain.",
    "What is 17 + 25?",
    "My order has not arrived yet. What can I do?",
    "Translate 'good morning' to Spanish.",
    'Answer with JSON: {"colour": ...} for a ripe banana.',
    "Name three animals that live in the sea.",
    "Is 91 a prime number? Answer yes or no.",
)
"""What a merged model and its adapter are both asked, rendered by the chat template where there is one."""
ANSWER_TOKENS = 24
COMPUTED = "float32"
"""The number format in which a model is merged and compared."""

Tokens = Sequence[int]


class Agreement(Record, frozen=True, kw_only=True):
    """How far a merged model agrees with its adapter, which PEFT serves unmerged in float32.

    ``merging``, ``saving`` and ``logits`` are largest differences of two logits as a share of the largest logit:
    merged but not yet rounded; read back from the files against what was saved; and read back against the adapter, with
    all rounding in it. The first two are refused above ``bound``. Of ``answers`` greedy answers ``equal`` are the same
    token by token, and of their ``tokens``, ``equal_tokens``; all 0 where nothing was asked.
    """

    merging: float
    saving: float
    logits: float
    bound: float = ROUNDING[COMPUTED]
    answers: int = 0
    equal: int = 0
    tokens: int = 0
    equal_tokens: int = 0


def prompts_of(folder: Path, questions: Sequence[str] = QUESTIONS) -> tuple[tuple[int, ...], ...]:
    """Return questions as the tokens that the model in ``folder`` is given; plain text where its template refuses them.

    Raises:
        NoSuchModel: its tokenizer can't be loaded.
    """
    from transformers import AutoTokenizer

    with loading(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    plain = PlainText(tokenizer)
    try:
        chat = plain if usual_template(folder) is None else ChatTemplate(tokenizer)
    except TemplateError:
        chat = plain

    def tokens_of(question: str) -> tuple[int, ...]:
        messages = (Message(role="user", content=question),)
        try:
            return tuple(chat.tokens(messages, answer_next=True))
        except (TemplateError, ValueError, TypeError):
            return tuple(plain.tokens(messages, answer_next=True))

    return tuple(tokens for tokens in map(tokens_of, questions) if tokens)


def answers_of(model: "PreTrainedModel | PeftModel", prompts: Sequence[Tokens]) -> tuple[tuple[int, ...], ...]:
    """Return the greedy answer to each prompt, in tokens."""
    import torch

    found = []
    for prompt in prompts:
        given = torch.tensor([list(prompt)], device=model.device)
        asked = {"input_ids": given, "attention_mask": torch.ones_like(given), "pad_token_id": 0}
        with torch.inference_mode():
            whole = model.generate(**asked, do_sample=False, max_new_tokens=ANSWER_TOKENS)
        found.append(tuple(whole[0, len(prompt) :].tolist()))
    return tuple(found)


def agreeing(
    model: "PreTrainedModel | PeftModel", prompts: Sequence[Tokens], answers: Sequence[Tokens]
) -> tuple[bool, ...]:
    """Return for each token of each greedy answer, in order, whether the model would give it there too.

    One pass over prompt and answer is enough: an answer whose tokens all agree is this model's greedy answer as well.
    """
    import torch

    found: list[bool] = []
    for prompt, answer in zip(prompts, answers, strict=True):
        given = torch.tensor([[*prompt, *answer]], device=model.device)
        with torch.inference_mode():
            best = model(input_ids=given, use_cache=False).logits[0, len(prompt) - 1 : -1].argmax(-1)
        found += [one == other for one, other in zip(best.tolist(), answer, strict=True)]
    return tuple(found)


def equal_answers(agree: Sequence[bool], answers: Sequence[Tokens]) -> int:
    """Return how many answers agree in all of their tokens.

    >>> equal_answers((True, True, True, False), ((5, 6), (7, 8)))
    1
    """
    left = iter(agree)
    return sum(all(list(islice(left, len(answer)))) for answer in answers)


def told(agreement: Agreement, dtype: str) -> tuple[str, ...]:
    """Return the figures as sentences."""
    one = agreement
    exact = (
        f"Before rounding, its logits differ from the adapter's by at most {one.merging:.2g} of the largest one, and "
        f"those of the saved model from what was saved by {one.saving:.2g}; more than {one.bound:g} is refused."
    )
    lines = [exact]
    if dtype != COMPUTED:
        lines.append(f"Rounding to {dtype} included, they differ by at most {one.logits:.2g} of the largest one.")
    if one.answers:
        same = (
            f"{one.equal} of {one.answers} are the same token by token, and {one.equal_tokens} of {one.tokens} tokens"
        )
        lines.append(f"Greedy answers: {same}.")
    return tuple(lines)
