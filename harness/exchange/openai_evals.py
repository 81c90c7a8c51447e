"""What OpenAI's evals writes: one event a line; the sampling events hold question and answer."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.exchange.foreign import Lax, as_record, decode, lines_of
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text
from harness.records.messages import Message
from harness.records.record import Json
from harness.text.visible import for_terminal, quoted

TOOL = "OpenAI evals"


class Spec(Lax, frozen=True, kw_only=True):
    """What was evaluated, by what."""

    completion_fns: tuple[str, ...] = ()


class Event(Lax, frozen=True, kw_only=True):
    """One event, or the line with the spec at the top, or the final report."""

    spec: Spec | None = None
    type: str = ""
    sample_id: str = ""
    data: Json = None


class Sampled(Lax, frozen=True, kw_only=True):
    """A question and its answers."""

    prompt: str | tuple[Message, ...]
    sampled: str | tuple[str, ...]


class Matched(Lax, frozen=True, kw_only=True):
    """What an answer was compared with."""

    expected: Json = None


class Events:
    """What a file says of each sample."""

    def __init__(self) -> None:
        self.model = ""
        self.asked: dict[str, tuple[str, Sampled]] = {}
        self.expected: dict[str, tuple[Json, ...]] = {}
        self.errors: dict[str, str] = {}

    def add(self, event: Event, place: str) -> None:
        """Take in one event.

        Raises:
            DataError: it is wrong, of another model than those before, or asks a second question of its sample.
        """
        if event.spec is not None:
            model = ", ".join(event.spec.completion_fns)
            if self.model not in {"", model}:
                raise DataError(
                    f"{place}: answers of {quoted(model)} after those of {quoted(self.model)}; split the file"
                )
            self.model = model
        elif event.type == "sampling":
            if event.sample_id in self.asked:
                raise DataError(
                    f"{place}: sample {event.sample_id} asks again after {self.asked[event.sample_id][0]}; an "
                    "evaluation in several questions, such as one graded by a model, can't be imported"
                )
            self.asked[event.sample_id] = place, as_record(event.data, Sampled, place)
        elif event.type == "match":
            found = as_record(event.data, Matched, place).expected
            if found is not None:
                self.expected[event.sample_id] = tuple(found) if isinstance(found, list) else (found,)
        elif event.type == "error":
            self.errors[event.sample_id] = for_terminal(str(event.data))


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a file.

    Raises:
        DataError: a line is wrong, or a sample has several questions.
    """
    events = Events()
    for place, line in lines_of(path, content):
        events.add(as_record(decode(line, place), Event, place), place)
    for name, (place, sampled) in events.asked.items():
        is_text = isinstance(sampled.prompt, str)
        by = AskedBy(tool=TOOL, model=events.model, format="raw" if is_text else "chat")
        prompt = asked_in_text(sampled.prompt) if isinstance(sampled.prompt, str) else sampled.prompt
        answers = (sampled.sampled,) if isinstance(sampled.sampled, str) else sampled.sampled
        error = None if answers else events.errors.get(name, "no answer")
        for repeat, text in enumerate(answers or ("",)):
            yield ImportedRow(
                place=place,
                by=by,
                prompt=prompt,
                id=name,
                targets=events.expected.get(name),
                text=text,
                error=error,
                repeat=repeat,
            )
