"""What a training trains: the rank by the number of rows, PEFT's configuration, and what is refused of both.

An adapter that vLLM can't serve as a LoRA module is refused before anything is trained, unless it will be merged.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.data.checks.shape.advice import RANKS, advised_rank
from harness.errors import ConfigError
from harness.models.adapter import beyond_lora_modules, checked_config
from harness.models.folders import CONFIG
from harness.models.foreign import reading
from harness.models.starts import changes_weights, refusal_of_start
from harness.text.toml import nearest
from harness.text.visible import for_terminal
from harness.train.config import Quantization, TrainConfig
from harness.train.passed_on import lora_settings

if TYPE_CHECKING:
    from peft import LoraConfig

OF_LORA = (
    *("lora_rank", "lora_alpha", "lora_dropout", "rslora", "loraplus_ratio", "init", "targets", "quantization"),
    *("lora", "merge"),
)
"""Settings that a training of all weights has no use for."""
STARTS = ("default", "gaussian", "orthogonal", "mica", "olora", "pissa")
OF_THE_WEIGHTS = ("mica", "olora", "pissa")
"""Starts that are computed from the base model's weights, which must not be rounded to a few bits for it."""
NEED_ROWS = {"eva": "EVA", "corda": "CorDA", "lora_ga": "LoRA-GA"}
"""Starts that take a pass over the rows before the training."""


def settled(config: TrainConfig, rows: int) -> TrainConfig:
    """Return the settings with what follows from the others and the number of rows: rank, alpha, quantization.

    The steps of the rank are those that ``harness data check`` advises: a rule of thumb.

    >>> least = TrainConfig(output="a", train=("b",))
    >>> [(one.lora_rank, one.lora_alpha) for one in (settled(least, 100), settled(least, 718), settled(least, 5000))]
    [(8, 16), (16, 32), (32, 64)]
    """
    if config.method == "full":
        return config
    rank = config.lora_rank or advised_rank(rows) or RANKS[0][1]
    return msgspec.structs.replace(config, lora_rank=rank, lora_alpha=config.lora_alpha or 2 * rank)


def quantization_of(config: TrainConfig) -> Quantization:
    """Return how the base model is quantized while it is trained on."""
    if config.quantization is not None:
        return config.quantization
    return "nf4" if config.method == "qlora" else "none"


def refuse_method(config: TrainConfig, place: Path) -> None:
    """Refuse settings that contradict each other, or whose adapter could not be served.

    Raises:
        ConfigError: there are some; the text starts with ``place``, the file of the settings.
    """
    if config.method == "full":
        _refuse_of_lora(config, place)
        return
    _refuse_quantization(config, place)
    _refuse_start(config, place)
    content = _written(lora_config(config, place))
    beyond = beyond_lora_modules(checked_config(content, f"{place}: [lora]", ConfigError))
    if beyond is not None and not config.merge:
        raise ConfigError(
            f"{place}: vLLM can't serve this adapter as a LoRA module, because of {_as_set(beyond, config)}; set "
            "merge = true, which leaves it merged into its base model too, or leave that out"
        )


def lora_config(config: TrainConfig, place: Path) -> "LoraConfig":
    """Return PEFT's configuration of the adapter.

    Raises:
        ConfigError: PEFT doesn't know a key of [lora], or refuses a value.
    """
    from peft import LoraConfig

    rank = config.lora_rank or RANKS[0][1]
    given = lora_settings(config.lora, place)
    with reading(f"{place}: PEFT refuses these settings:", ConfigError):
        return LoraConfig(
            r=rank,
            lora_alpha=config.lora_alpha or 2 * rank,
            lora_dropout=config.lora_dropout,
            target_modules=config.targets if isinstance(config.targets, str) else list(config.targets),
            use_rslora=config.rslora,
            use_dora=config.method == "dora",
            init_lora_weights=True if config.init == "default" else config.init,
            task_type="CAUSAL_LM",
            **given,
        )


def _refuse_of_lora(config: TrainConfig, place: Path) -> None:
    defaults = TrainConfig(output="", train=("",))
    for name in OF_LORA:
        if getattr(config, name) != getattr(defaults, name):
            raise ConfigError(
                f'{place}: `{name}` says nothing to method = "full", which trains all weights; leave it out'
            )


def _refuse_quantization(config: TrainConfig, place: Path) -> None:
    wanted = config.quantization
    if config.method == "qlora" and wanted == "none":
        raise ConfigError(f'{place}: method = "qlora" trains on quantized weights; for plain ones set method = "lora"')
    if config.method == "lora" and wanted not in {None, "none"}:
        raise ConfigError(f'{place}: method = "lora" trains on plain weights; for quantized ones set method = "qlora"')


def _refuse_start(config: TrainConfig, place: Path) -> None:
    start = config.init.partition("_niter_")[0] if config.init.startswith("pissa_niter_") else config.init
    if start in NEED_ROWS:
        told = f"{NEED_ROWS[start]} needs a pass over the rows before the training, which the harness doesn't make"
        raise ConfigError(f'{place}: init = "{start}": {told}; known are {", ".join(STARTS)}')
    if (refused := refusal_of_start(config.init)) is not None:
        raise ConfigError(f"{place}: {refused}")
    if start not in STARTS:
        shown = for_terminal(config.init, 40)
        raise ConfigError(f'{place}: init = "{shown}" is unknown; {nearest(config.init, STARTS)}')
    if start in OF_THE_WEIGHTS and quantization_of(config) != "none":
        raise ConfigError(
            f'{place}: init = "{config.init}" is computed from the base model\'s weights as they are, not from rounded '
            'ones; set method = "lora", or another init'
        )


def _as_set(beyond: str, config: TrainConfig) -> str:
    """Return the setting of ours that makes an adapter more than a LoRA module, in place of PEFT's name of it."""
    if beyond == "use_dora":
        return 'method = "dora"'
    return (
        f'init = "{config.init}"' if changes_weights(config.init) and "init_lora" in beyond else f"{beyond} in [lora]"
    )


def _written(config: "LoraConfig") -> dict[str, object]:
    """Return a configuration as PEFT writes it into ``adapter_config.json``."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        return msgspec.json.decode((Path(folder) / CONFIG).read_bytes(), type=dict[str, object])
