"""The whole of harness.toml: the settings of one checkout, and their only defaults."""

from typing import Annotated

import msgspec

from harness.config.engine import EngineConfig
from harness.config.kinds import PromptFormat
from harness.config.models import JudgeConfig, ModelConfig, NamedJudge
from harness.config.prices import Price, Prices
from harness.config.release import DriftConfig, GatesConfig, RegistryConfig, ReviewConfig, ShareConfig
from harness.config.rows import DataConfig, LogsConfig
from harness.records.record import Json, Record

CURRENCY = "currency"


class HarnessConfig(Record, frozen=True, kw_only=True):
    """The whole of harness.toml. Folders are relative to the file."""

    base_model: str = "smollm2-135m-instruct"
    """The embedded model's name, a folder with a transformers model, or one on a hub: org/name or org/name@revision."""
    chat_template: str | None = None
    """File with a Jinja template for ``base_model`` and all adapters on it, in place of the model's own."""
    template_args: dict[str, Json] = msgspec.field(default_factory=dict)
    """Values for the template, such as ``{enable_thinking = false}``."""
    prompt_format: PromptFormat = "chat"
    """"raw" sends the text of a case as it is, to a base model without a chat template."""
    models: dict[str, ModelConfig] = msgspec.field(default_factory=dict)
    """[models.NAME], by NAME."""
    candidate: str | None = None
    """The model that is judged, named as for ``--candidate``; unset takes the adapter that was trained last."""
    baseline: str | None = None
    """The model that it is compared with, named as for ``--baseline``; unset takes the promoted adapter of the
    candidate's base model, and without one that base model itself."""
    adapters: str = "adapters"
    """Folder of the adapters."""
    runs: str = "runs"
    """Folder where runs and stored answers are kept."""
    noise_sample: Annotated[int, msgspec.Meta(ge=0)] = 20
    """How many of the baseline's requests are asked a second time, to measure noise; 0 measures none."""
    reuse_hosted: bool = False
    """Whether a hosted model's stored answers serve every later run, even if another model has its name by then."""
    engine: EngineConfig = EngineConfig()
    judge: JudgeConfig = JudgeConfig()
    judges: dict[str, NamedJudge] = msgspec.field(default_factory=dict)
    """[judges.NAME], by NAME."""
    gates: GatesConfig = GatesConfig()
    review: ReviewConfig = ReviewConfig()
    data: DataConfig = DataConfig()
    logs: LogsConfig = LogsConfig()
    registry: RegistryConfig = RegistryConfig()
    drift: DriftConfig = DriftConfig()
    share: ShareConfig = ShareConfig()
    prices: dict[str, str | Price] = msgspec.field(default_factory=dict)
    """[prices]: ``currency``, and one table for each model; see ``price_table`` and docs/efficiency.md."""

    def __post_init__(self) -> None:
        """Refuse an entry under [prices] that is neither the currency nor a model's table."""
        for name, value in self.prices.items():
            if (name == CURRENCY) != isinstance(value, str):
                raise ValueError(
                    f"[prices] has `{CURRENCY}`, a text, and a table for each model, "
                    f'such as [prices."openai:gpt-5-mini"]; `{name}` is neither'
                )

    @property
    def price_table(self) -> Prices:
        """The prices as a table."""
        models = {name: value for name, value in self.prices.items() if isinstance(value, Price)}
        currency = self.prices.get(CURRENCY)
        return Prices(currency=currency, models=models) if isinstance(currency, str) else Prices(models=models)
