"""Which models judge: what their names mean, where hosted ones are asked, and that no model judges itself."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import address_of, is_openais
from harness.errors import ConfigError, NoSuchModel
from harness.gating.known_models import KnownModels
from harness.gating.naming import BASE, HOSTED, Named
from harness.gating.origins import judge_engine
from harness.records.asked import ModelRef
from harness.records.engine import Contender
from harness.records.parties import Origin


class HostedJudge(NamedTuple):
    """A judge that is only a name at an address, and how it is asked there."""

    model: str
    settings: EngineConfig


def judge_of(name: str, config: HarnessConfig, known: KnownModels) -> Named | HostedJudge:
    """Return what a judge's name means: ``base``, ``openai:MODEL``, or NAME of a table [models.NAME] or [judges.NAME].

    Raises:
        ConfigError: it can't be a judge.
        NoSuchModel: it means nothing.
    """
    own = config.judges.get(name)
    model = name if own is None else own.model
    if model.startswith(HOSTED):
        if not model.removeprefix(HOSTED).strip():
            raise NoSuchModel(f"the judge is {name!r}, which names no model; write openai:MODEL")
        return HostedJudge(model.removeprefix(HOSTED), judge_engine(config, own))
    if own is not None:
        raise ConfigError(f"[judges.{name}] model = {model!r}: such a table is for hosted judges, openai:MODEL")
    if name != BASE and name not in config.models:
        raise NoSuchModel(
            f"the judge is {name!r}: expected base, openai:MODEL, or NAME of a table [models.NAME] or [judges.NAME]"
        )
    if config.judge.model == name and config.judge.base_url is not None:
        raise ConfigError(
            f"[judge] base_url is only for hosted models, but model = {name!r} is asked as the sides are; "
            'name the model at that address: model = "openai:MODEL"'
        )
    named = known.meaning("judge", name)
    if named.settings.prompt_format == "raw":
        raise ConfigError(
            f'the judge is {name!r}: a judge is asked in messages, and prompt_format = "raw" sends none; name a hosted '
            "judge, openai:MODEL, or a chat_template for the model"
        )
    return named


def can_go_on(settings: EngineConfig) -> bool:
    """Tell whether a hosted model may go on from the beginning of an answer: OpenAI's own API has no such thing."""
    return not is_openais(address_of(settings))


def refuse_self(judge: Contender, candidate: ModelRef, baseline: ModelRef, config: HarnessConfig) -> None:
    """Refuse a candidate that judges itself.

    Models prefer their own answers (Panickssery et al. 2024, arXiv 2404.13076). Where the baseline is the
    same model too, nothing can be preferred.

    Raises:
        ConfigError: it does, and the settings don't allow it.
    """
    if config.judge.allow_self or _is_one(candidate, baseline) or not _is_one(judge.model, candidate):
        return
    raise ConfigError(
        f"the judge {judge.model.name} is the candidate itself, and models prefer their own answers; name another "
        "with --judge or [judge] model, or write allow_self = true under [judge] in harness.toml"
    )


def named_origins(judges: Sequence[tuple[Contender, Origin]]) -> tuple[Origin, ...]:
    """Return where each judge's verdicts come from, with its name where there are several."""
    names = [judge.model.name if len(judges) > 1 else "" for judge, _ in judges]
    return tuple(msgspec.structs.replace(origin, name=name) for name, (_, origin) in zip(names, judges, strict=True))


def _is_one(first: ModelRef, second: ModelRef) -> bool:
    """Tell whether two are the same weights; of hosted ones, known by name alone, whether they have the same name."""
    if first.weights == second.weights:
        return True
    return first.is_hosted and second.is_hosted and first.own_name == second.own_name
