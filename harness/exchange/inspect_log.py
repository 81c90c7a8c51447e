"""Logs of Inspect, ``.eval`` and ``.json``: a sample for each epoch, long texts as attachments."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.exchange.archive import Archive
from harness.exchange.foreign import Lax, as_record, decode
from harness.exchange.imported import AskedBy, ImportedRow, sampling_in
from harness.records.messages import Message
from harness.records.record import Json
from harness.text.visible import quoted

TOOL = "Inspect"
ATTACHMENT = "attachment://"
ENDINGS: Mapping[str, str] = {"stop": "stop", "max_tokens": "length", "tool_calls": "tool_calls", "unknown": ""}
"""Inspect's stop reasons of answers; with any other it is not an answer."""


class Part(Lax, frozen=True, kw_only=True):
    """A part of a message's content."""

    type: str
    text: str = ""
    reasoning: str = ""


class Turn(Lax, frozen=True, kw_only=True):
    """A message."""

    role: str
    content: str | tuple[Part, ...]
    tool_calls: list[Json] | None = None


class Usage(Lax, frozen=True, kw_only=True):
    """Counted tokens."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class Choice(Lax, frozen=True, kw_only=True):
    """An answer."""

    message: Turn
    stop_reason: str = "unknown"


class Output(Lax, frozen=True, kw_only=True):
    """What a model gave."""

    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    time: float | None = None
    error: str | None = None


class SampleError(Lax, frozen=True, kw_only=True):
    """Why a sample has no answer."""

    message: str


class Limit(Lax, frozen=True, kw_only=True):
    """A limit that stopped a sample."""

    type: str


class Sample(Lax, frozen=True, kw_only=True):
    """A sample in one epoch."""

    id: int | str
    epoch: int
    target: str | tuple[str, ...]
    messages: tuple[Turn, ...] = ()
    output: Output = Output()
    error: SampleError | None = None
    limit: Limit | None = None
    attachments: dict[str, str] = msgspec.field(default_factory=dict)


class Spec(Lax, frozen=True, kw_only=True):
    """What was evaluated, by what. A model of this machine is named by its folder, in ``model_args``."""

    model: str
    model_args: dict[str, Json] = msgspec.field(default_factory=dict)
    model_generate_config: dict[str, Json] = msgspec.field(default_factory=dict)
    packages: dict[str, str] = msgspec.field(default_factory=dict)


class Step(Lax, frozen=True, kw_only=True):
    """A part of the way to the answer, such as ``generate(temperature=1)``."""

    params: dict[str, Json] | None = None


class Plan(Lax, frozen=True, kw_only=True):
    """How it was solved."""

    steps: tuple[Step, ...] = ()
    config: dict[str, Json] = msgspec.field(default_factory=dict)


class Header(Lax, frozen=True, kw_only=True):
    """What a log says of all its samples."""

    eval: Spec
    plan: Plan = Plan()


class Log(Header, frozen=True, kw_only=True):
    """A log in one file of JSON."""

    samples: tuple[Json, ...] | None = None


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a ``.json`` log.

    Raises:
        DataError: it is wrong, or has no samples, or a sample is more than one question and its answer.
    """
    log = as_record(decode(content, str(path)), Log, str(path))
    if not log.samples:
        raise DataError(f"{path}: the log has no samples; it was written with --no-log-samples, or before any was done")
    for number, sample in enumerate(log.samples, start=1):
        place = f"{path}: sample {number}"
        yield _row(as_record(sample, Sample, place), log, place)


def read_archive(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of an ``.eval`` log.

    Raises:
        DataError: as ``read``; or the archive is damaged, or was not finished.
    """
    archive = Archive(path, content)
    if "header.json" not in archive.names:
        raise DataError(f"{path}: no header.json in it: the evaluation did not end; run it to its end")
    place = archive.place("header.json")
    header = as_record(decode(archive.read("header.json"), place), Header, place)
    samples = [name for name in archive.names if name.startswith("samples/") and name.endswith(".json")]
    if not samples:
        raise DataError(f"{path}: the log has no samples; it was written with --no-log-samples")
    for name in samples:
        place = archive.place(name)
        yield _row(as_record(decode(archive.read(name), place), Sample, place), header, place)


def _row(sample: Sample, header: Header, place: str) -> ImportedRow:
    spec = header.eval
    version = spec.packages.get("inspect_ai", "")
    by = AskedBy(tool=f"{TOOL} {version}".strip(), model=_model_of(spec), sampling=_sampling_of(header))
    error = _error(sample)
    turns = sample.messages
    if turns and turns[-1].role == "assistant":
        turns = turns[:-1]
    elif error is None:
        raise DataError(f"{place}: the sample has no answer and no error")
    usage = sample.output.usage or Usage()
    text, reasoning = ("", "") if error else _said(sample.output.choices[0].message, sample, place)
    return ImportedRow(
        place=place,
        by=by,
        prompt=tuple(_message(turn, sample, place) for turn in turns),
        id=str(sample.id),
        targets=(sample.target,) if isinstance(sample.target, str) else tuple(sample.target),
        text=text,
        error=error,
        repeat=sample.epoch - 1,
        finish_reason="" if error else ENDINGS[sample.output.choices[0].stop_reason],
        tokens_in=usage.input_tokens,
        tokens_out=usage.output_tokens,
        seconds=sample.output.time or 0.0,
        reasoning=reasoning,
    )


def _model_of(spec: Spec) -> str:
    path = spec.model_args.get("model_path")
    return f"{spec.model}, {path}" if isinstance(path, str) and path else spec.model


def _sampling_of(header: Header) -> dict[str, Json]:
    """Return how answers were drawn: what a step says of it counts more than what holds for all of them."""
    spec, plan = header.eval, header.plan
    said = (spec.model_args, spec.model_generate_config, plan.config, *map(_told_by, plan.steps))
    return {name: value for settings in said for name, value in sampling_in(settings).items()}


def _told_by(step: Step) -> dict[str, Json]:
    params = step.params or {}
    more = params.get("kwargs")
    return params | more if isinstance(more, dict) else params


def _error(sample: Sample) -> str | None:
    """Return why there is no answer; None where there is one."""
    if sample.error is not None:
        return sample.error.message or "an error without words"
    if sample.output.error:
        return sample.output.error
    if sample.limit is not None:
        return f"stopped by the limit of {sample.limit.type}"
    if len(sample.output.choices) != 1:
        return f"{len(sample.output.choices)} answers to one question"
    reason = sample.output.choices[0].stop_reason
    return None if reason in ENDINGS else f"stopped with {reason}"


def _message(turn: Turn, sample: Sample, place: str) -> Message:
    if turn.role not in {"system", "user", "assistant"} or turn.tool_calls:
        raise DataError(
            f"{place}: a message of role {quoted(turn.role)}{' with calls of tools' if turn.tool_calls else ''}: what "
            "an agent did in several steps is not one question and its answer, and can't be imported"
        )
    text, _ = _said(turn, sample, place)
    return Message(role=turn.role, content=text)  # type: ignore[arg-type]


def _said(turn: Turn, sample: Sample, place: str) -> tuple[str, str]:
    """Return a message's text, and what was reasoned before it."""
    if turn.tool_calls:
        raise DataError(f"{place}: the answer calls tools, which is not imported")
    parts = (Part(type="text", text=turn.content),) if isinstance(turn.content, str) else turn.content
    other = next((part.type for part in parts if part.type not in {"text", "reasoning"}), None)
    if other is not None:
        raise DataError(f"{place}: a message has content of type {quoted(other)}; only text is imported")
    attached = sample.attachments
    return (
        "".join(_whole(part.text, attached, place) for part in parts if part.type == "text"),
        "".join(_whole(part.reasoning, attached, place) for part in parts if part.type == "reasoning"),
    )


def _whole(text: str, attached: Mapping[str, str], place: str) -> str:
    if not text.startswith(ATTACHMENT):
        return text
    name = text.removeprefix(ATTACHMENT)
    if name not in attached:
        raise DataError(f"{place}: the attachment {quoted(name)} is missing")
    return attached[name]
