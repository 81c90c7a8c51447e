"""What is ordered of a service: the request and its key, what of train.toml it is made of, and what it would cost."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from harness.engines.http.endpoint import HOSTED_KEY, NO_KEY, Endpoint, is_openais, key_in
from harness.errors import ConfigError
from harness.records.record import Json, Record, digest
from harness.text.secrets import hide_login, known_secrets
from harness.text.visible import for_terminal
from harness.train.config import TrainConfig
from harness.train.hosted.api import KEY
from harness.train.hosted.rows import JobRows
from harness.train.hosted_config import JobsConfig

OURS = frozenset({"output", "train", "validation", "base_model", "backend", "jobs", "epochs", "seed"})
"""What a job is made of; everything else in train.toml is for trainings on this machine."""
REQUEST_S = 600.0
KEY_DIGITS = 32


class Order(Record, frozen=True, kw_only=True):
    """A job as it will be asked for. ``hyperparameters`` have the epochs; ``key`` is the digest of it and its rows."""

    jobs: JobsConfig
    hyperparameters: dict[str, Json]
    epochs: int
    seed: int
    key: str

    def request(self, training_file: str, validation_file: str | None) -> dict[str, Json]:
        """Return what is sent, for the ids of uploaded files."""
        held_out: dict[str, Json] = {"validation_file": validation_file} if validation_file else {}
        suffix: dict[str, Json] = {"suffix": self.jobs.suffix} if self.jobs.suffix else {}
        return {
            "model": self.jobs.model,
            "training_file": training_file,
            **held_out,
            **suffix,
            "seed": self.seed,
            "metadata": {KEY: self.key},
            **_formed(self.jobs.form, self.hyperparameters),
        }


def order_of(config: TrainConfig, place: Path, rows: JobRows) -> Order:
    """Return the order that settings in the file ``place`` mean.

    Raises:
        ConfigError: a key is for trainings on this machine alone, or the epochs are no whole number.
    """
    jobs = jobs_in(config, place)
    hyperparameters: dict[str, Json] = {"n_epochs": int(config.epochs), **jobs.hyperparameters}
    digests = [hashlib.sha256(content).hexdigest() for content in (rows.train, rows.validation)]
    decides = (jobs.base_url.rstrip("/"), jobs.model, jobs.form, hyperparameters, jobs.suffix, config.seed, digests)
    return Order(
        jobs=jobs,
        hyperparameters=hyperparameters,
        epochs=int(config.epochs),
        seed=config.seed,
        key=digest(decides)[:KEY_DIGITS],
    )


def jobs_in(config: TrainConfig, place: Path) -> JobsConfig:
    """Return the table [jobs], checked with what is beside it.

    Raises:
        ConfigError: it is missing, or something beside it would not be sent.
    """
    if config.jobs is None:
        raise ConfigError(f'{place}: backend = "jobs" needs a table [jobs] with base_url and model; see docs/hosted.md')
    for field in msgspec.structs.fields(TrainConfig):
        default = field.default_factory() if callable(field.default_factory) else field.default
        if field.name not in OURS and getattr(config, field.name) != default:
            raise ConfigError(
                f"{place}: `{field.name}` is for trainings on this machine and would not be sent; take it out, or "
                "write what the service calls it under [jobs.hyperparameters]"
            )
    if config.epochs != int(config.epochs):
        raise ConfigError(f"{place}: epochs = {config.epochs:g}: a service trains whole epochs; write a whole number")
    if "n_epochs" in config.jobs.hyperparameters:
        raise ConfigError(f"{place}: [jobs.hyperparameters] n_epochs is sent for `epochs`; set that one")
    return config.jobs


def endpoint_of(jobs: JobsConfig, environ: Mapping[str, str], place: Path) -> Endpoint:
    """Return where a job is ordered.

    Raises:
        ConfigError: the address is none, has a login, or would be asked without encryption; or the key is missing.
        EngineSetupError: the key can't be sent.
    """
    url = jobs.base_url.rstrip("/")
    if not _is_address(url):
        shown = for_terminal(hide_login(url))
        raise ConfigError(
            f"{place}: [jobs] base_url = {shown!r} is not an address without a login; write it like "
            "https://api.example.com/v1, and name the variable with the key: api_key_env"
        )
    variable = jobs.api_key_env if jobs.api_key_env is not None else HOSTED_KEY if is_openais(url) else ""
    key = key_in(environ, variable) if variable else ""
    if variable and not key:
        raise ConfigError(f"{place}: the environment variable {variable} has no API key in it; set it ([jobs])")
    endpoint = Endpoint(
        base_url=url,
        api_key=key or NO_KEY,
        api_key_env=variable,
        timeout_s=REQUEST_S,
        known=known_secrets(environ, (), ()),
    )
    if urlsplit(url).scheme == "http" and not endpoint.is_here and not jobs.allow_plain_http:
        raise ConfigError(
            f"{place}: {url} is not on this machine and has no encryption, so anyone on the way could read the rows "
            "and the key; use an https address, or, in a network that you trust, set allow_plain_http = true ([jobs])"
        )
    return endpoint


def cost_of(jobs: JobsConfig, tokens: int, epochs: int) -> str:
    """Say what so many tokens an epoch cost; empty without a price."""
    if jobs.price is None:
        return ""
    price = jobs.price
    as_of = f", as of {price.as_of}" if price.as_of else ""
    amount = tokens * epochs * price.per_million / 1e6
    return f"about {amount:,.2f} {price.currency} ({price.per_million:g} {price.currency} for a million tokens{as_of})"


def _formed(form: str, hyperparameters: dict[str, Json]) -> dict[str, Json]:
    if form == "hyperparameters":
        return {"hyperparameters": hyperparameters}
    return {"method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}}


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
