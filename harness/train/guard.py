"""The template guard: what rows render to in training is what engines will build of the same messages when they answer.

Three renderings are compared token by token. Training's is in ``tokens.py``. The transformers engine renders by the
same class with what harness.toml says. vLLM renders with ``apply_chat_template`` of transformers, and then makes tokens
of the text; that is done here as vLLM does it, without a server.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.config.located import settings_file
from harness.config.models import ModelConfig
from harness.config.read import load_config
from harness.data.row import DataRow
from harness.errors import DataError, InputError
from harness.models.chat import ChatTemplate, ends_of, shown_tools
from harness.models.foreign import reading
from harness.models.template_file import read_template
from harness.models.tokenizer import usual_template
from harness.records.asked import AS_IS, Rendering
from harness.records.messages import Tools
from harness.records.record import Record
from harness.train.tokens import IGNORED, LossOn, Template, TokenRow, answers_of, first_difference, shown_at

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SAMPLE = 50
"""Rows that are compared where one template renders them all, on either side."""
REMEDY = (
    "train and ask with the same chat_template and template_args: in train.toml, and in harness.toml, for all models "
    "or under [models.NAME] with this adapter"
)


class InUse(Record, frozen=True, kw_only=True):
    """How the adapter on the model in ``base`` will be given messages, where that is set, and how it is trained."""

    rendering: Rendering
    trained: Rendering = AS_IS
    place: str
    base: Path


def rendering_in_use(output: Path, base: Path, name: str, trained: Rendering, start: Path) -> InUse:
    """Return how the adapter in ``output`` will be asked, by the harness.toml that is the nearest above ``start``.

    ``name`` is what the training calls its base model, which is in the folder ``base``. A table [models.NAME] for the
    adapter comes before what is set for all. Where neither is, or that base model is another one, the adapter will be
    asked as it was trained: its manifest says how.

    Raises:
        InputError: harness.toml is wrong, or its chat template can't be read.
    """
    path = settings_file(None, start)
    if not path.is_file():
        return InUse(rendering=trained, trained=trained, place="", base=base)
    config, root = load_config(path), path.parent
    known = ModelConfig(
        chat_template=config.chat_template, template_args=config.template_args, prompt_format=config.prompt_format
    )
    for table_name, table in config.models.items():
        if table.adapter is not None and (root / table.adapter).resolve() == output:
            is_own = table.base not in {None, config.base_model}
            settings = table if is_own else _over(table, known)
            return InUse(
                rendering=_rendering(settings, root, base),
                trained=trained,
                place=f"{path.name}, [models.{table_name}]",
                base=base,
            )
    beside = root / config.base_model
    is_same = beside.resolve() == base.resolve() if beside.is_dir() else _repo(config.base_model) == _repo(name)
    if not is_same:
        return InUse(rendering=trained, trained=trained, place="", base=base)
    return InUse(rendering=_rendering(known, root, base), trained=trained, place=path.name, base=base)


def guard(
    rows: Sequence[DataRow],
    encoded: Sequence[TokenRow],
    template: ChatTemplate,
    in_use: InUse,
    on: LossOn,
) -> None:
    """Compare rows, as they are trained on, with the prompts that both engines build for their answers.

    A sample is compared where they are rendered by what they are trained by, and else all: two templates can
    differ at few rows, such as those with spaces at an end.

    Raises:
        DataError: one differs; the text has both, at the first token that differs.
    """
    if in_use.rendering.format == "raw":
        raise DataError(
            f'{in_use.place}: prompt_format = "raw" sends the text of a case as it is, and the rows are trained on in '
            "the chat template; leave prompt_format out, or give the adapter a table [models.NAME] without it"
        )
    from transformers import AutoTokenizer

    base = in_use.base
    with reading(f"{base}: the chat template can't be used:", InputError):
        tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True, trust_remote_code=False)
        used = ChatTemplate(tokenizer, in_use.rendering.template, in_use.rendering.template_args, ends_of(base))
    where = f" ({in_use.place})" if in_use.place else ""
    is_same = in_use.rendering == in_use.trained
    for row, tokens in sampled(rows, encoded) if is_same else zip(rows, encoded, strict=True):
        for place in answers_of(row, on):
            with reading(f"{row.place}: the chat template in use{where} can't render this row:", DataError):
                ours = used.tokens(row.messages[:place], answer_next=True, tools=Tools(functions=row.tools))
                vllm = as_vllm(row, place, tokenizer, used, in_use.rendering)
            for engine, prompt in (("the transformers engine", ours), ("vLLM", vllm)):
                told = f"{row.place}: the prompt of message {place + 1}, as {engine} will build it{where}, "
                refuse_other(tokens, prompt, template, told)


def sampled(
    rows: Sequence[DataRow], encoded: Sequence[TokenRow], most: int = SAMPLE
) -> Iterator[tuple[DataRow, TokenRow]]:
    """Yield rows spread over all, and the one with the most turns and the first with tools."""
    step = max(1, -(-len(rows) // most))
    places = dict.fromkeys(range(0, len(rows), step))
    places |= dict.fromkeys(sorted(range(len(rows)), key=lambda one: -len(rows[one].messages))[:1])
    places |= dict.fromkeys([one for one, row in enumerate(rows) if row.tools][:1])
    for place in places:
        yield rows[place], encoded[place]


def as_vllm(
    row: DataRow, place: int, tokenizer: "PreTrainedTokenizerBase", used: ChatTemplate, rendering: Rendering
) -> list[int]:
    """Return the prompt of the answer at ``place`` in a row as vLLM builds it: by transformers, text first.

    ``used`` has rendered the same messages within its limits before, so the work of the template is bounded.
    """
    text = tokenizer.apply_chat_template(
        [used.shown(message) for message in row.messages[:place]],
        tools=shown_tools(Tools(functions=row.tools)),
        chat_template=rendering.template,
        add_generation_prompt=True,
        tokenize=False,
        **rendering.template_args,
    )
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def refuse_other(trained: TokenRow, prompt: Sequence[int], template: Template, told: str) -> None:
    """Refuse a row whose tokens don't start with a prompt in use, or whose answer doesn't start behind it.

    Raises:
        DataError: so it is; the text starts with ``told``.
    """
    at = first_difference(trained.input_ids[: len(prompt)], prompt)
    if at is not None:
        raise DataError(
            f"{told}differs from training at token {at + 1}: there it is {shown_at(prompt, at, template)}, and in "
            f"training {shown_at(trained.input_ids, at, template)}; {REMEDY}"
        )
    end = len(prompt)
    if end >= len(trained.labels) or trained.labels[end] == IGNORED:
        raise DataError(
            f"{told}ends at token {end} with {shown_at(prompt, end, template)}, and in training the answer doesn't "
            f"start there: {shown_at(trained.input_ids, end, template)}; {REMEDY}"
        )


def _over(table: ModelConfig, known: ModelConfig) -> ModelConfig:
    """Return a table's settings, with what is set for all where it is silent."""
    return msgspec.structs.replace(
        table,
        chat_template=table.chat_template or known.chat_template,
        template_args={**known.template_args, **table.template_args},
        prompt_format=known.prompt_format if table.prompt_format == "chat" else table.prompt_format,
    )


def _rendering(settings: ModelConfig, root: Path, base: Path) -> Rendering:
    if settings.prompt_format == "raw":
        return Rendering(format="raw")
    file = settings.chat_template
    text = None if file is None else read_template(root / file, "chat_template, harness.toml")
    return Rendering(template=None if text == usual_template(base) else text, template_args=settings.template_args)


def _repo(name: str) -> str:
    return name.partition("@")[0]
