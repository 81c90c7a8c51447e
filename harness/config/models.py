"""[models.NAME], [judge] and [judges.NAME]: the models that names lead to, and those that read rubrics."""

from typing import Annotated

import msgspec

from harness.config.kinds import Count, Parameter, PromptFormat
from harness.records.budget import Budget, read_budget
from harness.records.record import Json, Record


class ModelConfig(Record, frozen=True, kw_only=True):
    """[models.NAME]: a model that NAME leads to; see docs/models.md. What is unset is as for ``base_model``."""

    base: str | None = None
    """Its base model, named as ``base_model`` is."""
    adapter: str | None = None
    """Folder of its adapter; unset is the base model alone, as a model with fully trained weights is."""
    chat_template: str | None = None
    """File with a Jinja template that is used in place of the model's own."""
    template_args: dict[str, Json] = msgspec.field(default_factory=dict)
    """Values for the template, such as ``{enable_thinking = false}``."""
    prompt_format: PromptFormat = "chat"
    """"raw" sends the text of a case as it is, to a base model without a chat template."""
    args: tuple[str, ...] = ()
    """More arguments for its vLLM server, behind those of [engine]."""
    served_as: str | None = None
    """What the server at ``base_url`` calls it, where that is not its own name."""


class JudgeConfig(Record, frozen=True, kw_only=True):
    """[judge]: the model that reads rubrics. ``base`` asks the base model through the same engine."""

    model: str = "base"
    """"base", ``openai:MODEL``, or NAME of a table [models.NAME] or [judges.NAME]."""
    base_url: str | None = None
    """Address for ``openai:MODEL``; unset asks at [engine]'s, and at OpenAI's own where that is unset too."""
    api_key_env: str | None = None
    """As under [engine]. Unset takes [engine]'s at the same address, OPENAI_API_KEY at OpenAI's own, and elsewhere no
    key: a key is only sent to its own address."""
    allow_plain_http: bool = False
    """As under [engine], whose value also counts at the same address."""
    leave_out: tuple[Parameter, ...] = ()
    """As under [engine], for the judge's server."""
    max_tokens: Count = 64
    """Longest reply of a judge."""
    allow_self: bool = False
    """Whether the candidate can be judged by itself; models prefer their own answers."""
    budget: Annotated[int, msgspec.Meta(ge=0)] | str | None = None
    """The most that a run can ask of judges: a number of calls, or a sum such as "2.50USD", which needs a price under
    [prices]. What is left is unscored; stored verdicts cost nothing. ``--judge-budget`` overrules it."""

    def __post_init__(self) -> None:
        """Refuse a budget that can't be read."""
        if self.budget is not None:
            try:
                read_budget(str(self.budget))
            except ValueError as problem:
                raise ValueError(f"`budget`: {problem}") from problem

    @property
    def most(self) -> Budget | None:
        """The budget; None where there is none."""
        return None if self.budget is None else read_budget(str(self.budget))


class NamedJudge(Record, frozen=True, kw_only=True):
    """[judges.NAME]: a hosted judge with an address of its own, for ``judge("correctness", models=["NAME", ...])``."""

    model: str
    """``openai:MODEL``."""
    base_url: str | None = None
    """As under [judge]."""
    api_key_env: str | None = None
    """As under [judge]."""
    allow_plain_http: bool = False
    """As under [judge]."""
    leave_out: tuple[Parameter, ...] = ()
    """As under [judge]."""
