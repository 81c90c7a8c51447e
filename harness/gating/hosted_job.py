"""A candidate that was tuned at a service: where it is asked, with which key, and when its base model ends."""

import datetime as dt
from pathlib import Path

from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import address_of
from harness.errors import ConfigError
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal
from harness.train.hosted.ends import end_in_words
from harness.train.hosted.trusted import trusted_service
from harness.train.hosted_manifest import JobManifest, read_job


def job_engine(folder: Path, config: HarnessConfig) -> EngineConfig:
    """Return how the model of a job is asked: at the address of the job, with the key that was named for it.

    The folder decides neither by itself, for it can come from anybody: [engine] names the address, or a training on
    this machine did.

    Raises:
        ConfigError: neither did.
    """
    job = _job_in(folder)
    if hide_login(address_of(config.engine)).rstrip("/") == job.base_url.rstrip("/"):
        return config.engine
    service = trusted_service(job.base_url)
    if service is None:
        address = for_terminal(job.base_url)
        raise ConfigError(
            f"{folder}: was tuned at {address}, but neither does harness.toml name that address, nor was anything "
            f'trained there from this machine; if you trust it, set base_url = "{address}" under [engine], and '
            "api_key_env with the name of the variable that holds the key"
        )
    return EngineConfig(
        kind="openai",
        base_url=service.base_url,
        api_key_env=service.api_key_env,
        allow_plain_http=service.allow_plain_http,
        deadline_s=config.engine.deadline_s,
    )


def end_of_base(folder: Path, model: str) -> dt.date | None:
    """Return the day on which the base model of a job's ``model`` is retired; None for that itself, or if unknown."""
    job = _job_in(folder)
    return job.base_ends if model == job.model else None


def told_of_job(folder: Path, today: dt.date) -> str:
    """Say when the base model of a job ends; empty where that is not known."""
    job = _job_in(folder)
    if job.base_ends is None:
        return ""
    told = f"{job.name}: its base model {job.base_model} {end_in_words(job.base_ends, today)}"
    return for_terminal(told, None)


def _job_in(folder: Path) -> JobManifest:
    job = read_job(folder)
    assert job is not None  # noqa: S101 - its name was found by it
    return job
