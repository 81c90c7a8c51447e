"""Read the part of an answer that a scorer looks at. Some readers also look at what the case asked."""

from collections.abc import Sequence
from typing import Protocol

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.scorers.reading.embedded import embedded_json, last_json
from harness.scorers.reading.json_values import NotJson, look_up, parse_json
from harness.scorers.reading.readers import Reader


class _ReaderWithPrompt(Protocol):
    def __call__(self, text: str, asked: Sequence[Message] = ()) -> str: ...


_WITH_PROMPT: tuple[_ReaderWithPrompt, ...] = (embedded_json, last_json)


def read_answer(read: Reader, case: Case, response: Response) -> str:
    """Return the part of an answer that a reader names.

    Raises:
        NotJson: the reader looks for JSON, and can't say which part is the answer.
    """
    with_prompt = next((reader for reader in _WITH_PROMPT if reader is read), None)
    return with_prompt(response.text, case.messages) if with_prompt else read(response.text)


def read_field(read: Reader, case: Case, response: Response, field: str | None) -> str:
    """Return a field of an answer that is a JSON object; without a field, and of any other answer, the part itself.

    Raises:
        LookupError: a JSON answer lacks the field, or it is no text.
        NotJson: as ``read_answer``.
    """
    answer = read_answer(read, case, response)
    if field is None:
        return answer
    try:
        value = parse_json(answer)
    except NotJson:
        return answer
    found = look_up(value, field) if isinstance(value, dict) else answer
    if not isinstance(found, str):
        raise LookupError(f"no field `{field}`")  # noqa: TRY004 - to a scorer, the same as no field
    return found
