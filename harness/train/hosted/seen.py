"""What a service sends, as far as it is used: every field but the id can be missing, and unknown ones are ignored."""

from typing import Any

import msgspec

NULL: Any = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An object of the protocol."""

    id: str


class File(Seen, frozen=True, kw_only=True):
    """An uploaded file, or one that a job left."""

    filename: str | None = None
    bytes: int | None = None
    status: str | None = None
    status_details: str | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job failed."""

    code: str | None = None
    message: str | None = None
    param: str | None = None


class Job(Seen, frozen=True, kw_only=True):
    """A job; ``status`` can be a word that is not known here."""

    status: str | None = None
    created_at: float | None = None
    fine_tuned_model: str | None = None
    training_file: str | None = None
    error: Failure | None = None
    result_files: tuple[str, ...] | None = None
    trained_tokens: int | None = None
    metadata: dict[str, str] | None = None


class Event(Seen, frozen=True, kw_only=True):
    """Something that happened in a job; ``data`` of one of type "metrics" has a step and losses."""

    created_at: float | None = None
    level: str | None = None
    message: str | None = None
    data: Any = NULL


class Kept(Seen, frozen=True, kw_only=True):
    """A checkpoint. Nebius Token Factory puts the files of its weights in ``result_files``, which OpenAI's has not."""

    step_number: int | None = None
    fine_tuned_model_checkpoint: str | None = None
    result_files: tuple[str, ...] | None = None
    metrics: dict[str, Any] | None = None


class Model(Seen, frozen=True, kw_only=True):
    """A model that the service knows.

    ``deprecation`` is a day at Mistral; at Azure a table with times in seconds, of which "inference" is the end.
    """

    deprecation: Any = NULL
