"""What the command line says over harness.toml."""

from typing import TYPE_CHECKING

import msgspec

from harness.config.engine import ENGINE_KINDS
from harness.errors import ConfigError
from harness.records.budget import read_budget

if TYPE_CHECKING:
    from harness.config.whole import HarnessConfig


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line may say over harness.toml; None leaves harness.toml's word."""

    candidate: str | None = None
    baseline: str | None = None
    engine: str | None = None
    base_urls: tuple[str, ...] = ()
    judge: str | None = None
    judge_budget: str | None = None
    runs: str | None = None
    noise_sample: int | None = None
    verify: bool = False
    fresh: bool = False
    """Ask everything, whatever the store holds."""
    accepted: tuple[str, ...] = ()
    """Entries of the fingerprint in which the sides may differ."""
    training_data: tuple[str, ...] = ()
    """Files with the candidates' training rows, where an adapter has no signatures of them."""
    allowed_leaks: tuple[str, ...] = ()
    """Cases that stay in although they are in the training rows."""
    regurgitation: bool = False
    """Whether the candidates are asked to go on from the beginnings of their training rows."""
    canaries: str = ""
    """The file that lists canaries among the training rows; empty for none."""
    until_decided: bool | None = None
    """Whether cases are asked only until each gate is decided."""


def overrule(config: "HarnessConfig", names: Names) -> "HarnessConfig":
    """Return the settings with the command line's words in their places."""
    engine = config.engine
    if names.base_urls:
        first, *more = names.base_urls
        engine = msgspec.structs.replace(engine, kind="openai", base_url=first, replica_urls=tuple(more))
    elif names.engine:
        if names.engine not in ENGINE_KINDS:
            raise ConfigError(f"--engine {names.engine}: expected one of {', '.join(ENGINE_KINDS)}")
        engine = msgspec.structs.replace(engine, kind=names.engine)
    changed: dict[str, object] = {"engine": engine}
    if names.candidate is not None:
        changed["candidate"] = names.candidate
    if names.baseline is not None:
        changed["baseline"] = names.baseline
    if judge := _said_of_judge(names):
        changed["judge"] = msgspec.structs.replace(config.judge, **judge)
    if names.runs:
        changed["runs"] = names.runs
    if names.noise_sample is not None:
        changed["noise_sample"] = names.noise_sample
    if names.until_decided is not None:
        changed["gates"] = msgspec.structs.replace(config.gates, until_decided=names.until_decided)
    return msgspec.structs.replace(config, **changed)


def _said_of_judge(names: Names) -> dict[str, str]:
    """Return what the command line says of the judge.

    Raises:
        ConfigError: its budget can't be read.
    """
    if names.judge_budget is not None:
        try:
            read_budget(names.judge_budget)
        except ValueError as problem:
            raise ConfigError(f"--judge-budget: {problem}") from problem
    said = {"model": names.judge, "budget": names.judge_budget}
    return {key: value for key, value in said.items() if value is not None}
