"""Personal data masked on both sides in the same way, so that a mask is never what tells logs from a reference."""

import msgspec

from harness.logs.masking import text_without
from harness.records.answered import Response
from harness.records.messages import Called


def masked_text(text: str) -> str:
    """Return a text as the reader of logs gives it: what is masked already stays as it is."""
    return text_without(text)


def masked_answer(answer: Response) -> Response:
    """Return an answer as the reader of logs gives it, with its calls."""
    calls = tuple(Called(name=one.name, arguments=masked_text(one.arguments)) for one in answer.tool_calls)
    return msgspec.structs.replace(answer, text=masked_text(answer.text), tool_calls=calls)
