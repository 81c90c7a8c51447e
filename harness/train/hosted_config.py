"""[jobs] in train.toml: a training at a service that speaks OpenAI's fine-tuning protocol."""

import datetime as dt
from typing import Annotated, Literal

import msgspec

from harness.config.prices import TrainingPrice
from harness.records.record import Json, Record

Backend = Literal["local", "jobs"]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Suffix = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class JobsConfig(Record, frozen=True, kw_only=True):
    """[jobs]: where the training runs, on which model, and how long it is waited for; see docs/hosted.md."""

    base_url: str
    """Address of the service, up to and including ``/v1``."""
    model: str
    """The base model, as the service calls it."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; the key itself is never written anywhere. Unset sends the
    one in OPENAI_API_KEY to OpenAI's own address, and no key to any other."""
    allow_plain_http: bool = False
    """Whether the key and the rows can be sent unencrypted to another machine."""
    form: Literal["method", "hyperparameters"] = "method"
    """Where the hyperparameters are in the request: in ``method``, or, as before it was there, beside the model."""
    hyperparameters: dict[str, Json] = msgspec.field(default_factory=dict)
    """[jobs.hyperparameters]: what the service takes, as it is, such as ``lora_r = 16``; ``epochs`` is sent with it."""
    suffix: Suffix | None = None
    """A part of the tuned model's name."""
    price: TrainingPrice | None = None
    """[jobs.price]: what a million training tokens cost, for the estimate."""
    base_ends: dt.date | None = None
    """The day on which the service retires the base model, and so what was tuned on it; unset, what it says itself."""
    poll_s: Positive = 10.0
    """Seconds between two looks at the job, at first; they grow to a minute."""
    wait_hours: Positive = 24.0
    """How long the command waits for the job. The job goes on after that, and so does the same command."""
    model_wait_s: Annotated[float, msgspec.Meta(ge=0)] = 300.0
    """How long the tuned model may be unknown to the service after the job has succeeded."""
