"""What HELM writes of a run's instances: ``scenario_state.json``."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.exchange.foreign import Lax, as_record, decode
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text
from harness.records.messages import Message
from harness.records.record import Json

TOOL = "HELM"
SAMPLING = ("temperature", "max_tokens", "top_p", "top_k_per_token", "stop_sequences", "random")
"""What of a request says how its answers are drawn."""
CORRECT = "correct"
ENDINGS = frozenset({"stop", "length"})


class Text(Lax, frozen=True, kw_only=True):
    """A text."""

    text: str


class Reference(Lax, frozen=True, kw_only=True):
    """A possible answer; those that are right are tagged."""

    output: Text
    tags: tuple[str, ...] = ()


class Instance(Lax, frozen=True, kw_only=True):
    """One case."""

    references: tuple[Reference, ...] = ()
    id: str = ""


class Request(Lax, frozen=True, kw_only=True):
    """What was sent."""

    prompt: str = ""
    messages: tuple[Message, ...] | None = None
    num_completions: int = 1
    model: str = ""
    model_deployment: str = ""
    multimodal_prompt: Json = None


class FinishReason(Lax, frozen=True, kw_only=True):
    """Why an answer ended."""

    reason: str = ""


class Completion(Lax, frozen=True, kw_only=True):
    """One answer."""

    text: str
    finish_reason: FinishReason | None = None


class Result(Lax, frozen=True, kw_only=True):
    """What came back."""

    success: bool
    completions: tuple[Completion, ...] = ()
    request_time: float | None = None
    error: str | None = None


class State(Lax, frozen=True, kw_only=True):
    """An instance as it was asked. Of a multiple choice, ``reference_index`` is of the choice that was weighed."""

    instance: Instance
    request: Request
    result: Result | None = None
    train_trial_index: int = 0
    reference_index: int | None = None
    output_mapping: dict[str, str] | None = None


class File(Lax, frozen=True, kw_only=True):
    """The whole file."""

    adapter_spec: dict[str, Json]
    request_states: tuple[Json, ...]


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a file.

    Raises:
        DataError: it is wrong, or an instance is a multiple choice or has images.
    """
    file = as_record(decode(content, str(path)), File, str(path))
    for number, given in enumerate(file.request_states, start=1):
        place = f"{path}: request state {number}"
        state = as_record(given, State, place)
        if state.reference_index is not None or state.output_mapping:
            raise DataError(f"{place}: a multiple choice, whose answer is a letter or a likelihood, can't be imported")
        if state.request.multimodal_prompt is not None:
            raise DataError(f"{place}: a question with images or sound can't be imported")
        yield from _rows(state, _by(given), place)


def _by(given: Json) -> AskedBy:
    request = given["request"] if isinstance(given, dict) else {}
    model, deployment = (str(request.get(name) or "") for name in ("model", "model_deployment"))
    known = {name: request[name] for name in SAMPLING if request.get(name) is not None}
    return AskedBy(
        tool=TOOL if deployment in {"", model} else f"{TOOL}, {deployment}",
        model=model,
        sampling=known,
    )


def _rows(state: State, by: AskedBy, place: str) -> Iterator[ImportedRow]:
    prompt = state.request.messages or asked_in_text(state.request.prompt)
    targets = tuple(one.output.text for one in state.instance.references if CORRECT in one.tags) or None
    answers = state.result.completions if state.result is not None and state.result.success else ()
    before = state.train_trial_index * max(state.request.num_completions, len(answers))
    if not answers:
        error = (state.result.error if state.result is not None else None) or "no answer"
        yield ImportedRow(
            place=place, by=by, prompt=prompt, id=state.instance.id, targets=targets, error=error, repeat=before
        )
    for repeat, answer in enumerate(answers):
        reason = answer.finish_reason.reason if answer.finish_reason is not None else ""
        yield ImportedRow(
            place=place,
            by=by,
            prompt=prompt,
            id=state.instance.id,
            targets=targets,
            text=answer.text,
            repeat=before + repeat,
            finish_reason=reason if reason in ENDINGS else "",
            seconds=(state.result.request_time if state.result is not None else None) or 0.0,
        )
