"""What ``promptfoo eval -o results.json`` writes: a result for each test, prompt and provider."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.exchange.foreign import Lax, as_record, decode
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text, sampling_in
from harness.records.messages import Message
from harness.records.record import Json
from harness.text.visible import quoted

TOOL = "promptfoo"
SHOWS_TARGET = ("equals", "icontains", "contains")


class TokenUsage(Lax, frozen=True, kw_only=True):
    """Counted tokens."""

    prompt: int | None = None
    completion: int | None = None


class Response(Lax, frozen=True, kw_only=True):
    """What a provider gave."""

    output: Json = None
    error: str | None = None
    tokenUsage: TokenUsage | None = None  # noqa: N815 - promptfoo's name
    finishReason: str = ""  # noqa: N815


class Prompt(Lax, frozen=True, kw_only=True):
    """What was sent: a text, or the JSON of a chat. ``config`` is put over that of the provider."""

    raw: str
    config: dict[str, Json] | None = None


class Provider(Lax, frozen=True, kw_only=True):
    """Who answered."""

    id: str
    label: str | None = None


class Assertion(Lax, frozen=True, kw_only=True):
    """What a test asks of the answer."""

    type: str
    value: Json = None


class TestCase(Lax, frozen=True, kw_only=True):
    """One test. ``options`` are put over the configuration of prompt and provider."""

    options: dict[str, Json] | None = None
    description: str | None = None
    # ``assert`` is a word of Python.
    assertions: tuple[Assertion, ...] = msgspec.field(default=(), name="assert")


class Result(Lax, frozen=True, kw_only=True):
    """One test with one prompt and one provider."""

    provider: Provider
    prompt: Prompt
    testCase: TestCase = TestCase()  # noqa: N815
    response: Response | None = None
    error: str | None = None
    failureReason: int = 0  # noqa: N815
    latencyMs: float | None = None  # noqa: N815


class Results(Lax, frozen=True, kw_only=True):
    """All results."""

    results: tuple[Json, ...]


class Given(Lax, frozen=True, kw_only=True):
    """What the configuration says of the providers."""

    providers: Json = None


class File(Lax, frozen=True, kw_only=True):
    """The whole file."""

    results: Results
    config: Given = Given()
    metadata: dict[str, Json] = msgspec.field(default_factory=dict)


NO_ANSWER = 2
"""promptfoo's reason of a failure that was an error, not an assertion."""


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a file.

    Raises:
        DataError: it is wrong, an answer is not a text, or two providers can't be told apart.
    """
    file = as_record(decode(content, str(path)), File, str(path))
    version = file.metadata.get("promptfooVersion", "")
    told = f"{TOOL} {version}".strip()
    known = _configured(file.config.providers, str(path))
    seen: dict[tuple[str, str], int] = {}
    for number, given in enumerate(file.results.results, start=1):
        place = f"{path}: result {number}"
        result = as_record(given, Result, place)
        model = result.provider.label or result.provider.id
        settings = known.get(model, {}) | (result.prompt.config or {}) | (result.testCase.options or {})
        by = AskedBy(tool=told, model=model, sampling=sampling_in(settings))
        asked = (model, result.prompt.raw)
        repeat = seen[asked] = seen.get(asked, -1) + 1
        yield _row(result, by, repeat, place)


def _row(result: Result, by: AskedBy, repeat: int, place: str) -> ImportedRow:
    response = result.response or Response()
    error = response.error or (result.error or "an error without words" if result.failureReason == NO_ANSWER else None)
    if error is None and response.output is None:
        error = result.error or "no answer"
    if error is None and not isinstance(response.output, str):
        raise DataError(f"{place}: the answer is {quoted(response.output)}; only a text is imported")
    targets = tuple(one.value for one in result.testCase.assertions if one.type in SHOWS_TARGET)
    usage = response.tokenUsage or TokenUsage()
    return ImportedRow(
        place=place,
        by=by,
        prompt=_prompt(result.prompt.raw, place),
        id=result.testCase.description or "",
        targets=targets or None,
        text="" if error else str(response.output),
        error=error,
        repeat=repeat,
        finish_reason="" if error or response.finishReason not in {"stop", "length"} else response.finishReason,
        tokens_in=usage.prompt,
        tokens_out=usage.completion,
        seconds=(result.latencyMs or 0.0) / 1000,
    )


def _prompt(raw: str, place: str) -> tuple[Message, ...]:
    """Return what was sent: promptfoo sends the JSON of a list as a chat, and any other text as the user's message."""
    if not raw.lstrip().startswith("["):
        return asked_in_text(raw)
    try:
        chat = decode(raw.encode(), place)
    except DataError:
        return asked_in_text(raw)
    if not isinstance(chat, list) or not all(isinstance(one, dict) and "role" in one for one in chat):
        return asked_in_text(raw)
    return as_record(chat, tuple[Message, ...], f"{place}: the chat")


def _configured(providers: Json, place: str) -> Mapping[str, dict[str, Json]]:
    """Return what was configured for each provider, by its label or id, by which the results name it too."""
    found: dict[str, tuple[Json, dict[str, Json]]] = {}
    for one in providers if isinstance(providers, list) else [providers]:
        name, given = _named(one)
        config = given.get("config")
        first = found.setdefault(name, (given, config if isinstance(config, dict) else {}))
        if first[0] != given:
            raise DataError(
                f"{place}: two providers are called {quoted(name)} and differ; give each a label of its own"
            )
    return {name: config for name, (_, config) in found.items()}


def _named(provider: Json) -> tuple[str, dict[str, Json]]:
    """Return a provider's name and what is said of it, which is an object, or an object under the id, or the id."""
    if not isinstance(provider, dict):
        return str(provider), {}
    if "id" not in provider and len(provider) == 1:
        ((name, given),) = provider.items()
        given = given if isinstance(given, dict) else {}
        return str(given.get("label") or given.get("id") or name), given
    return str(provider.get("label") or provider.get("id") or ""), provider
