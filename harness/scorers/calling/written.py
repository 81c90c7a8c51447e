"""Calls that a model writes into its text as ``<tool_call>{"name": ..., "arguments": {...}}</tool_call>``.

So do Qwen2.5, Qwen3, Hermes and models trained like them. Read as vLLM's parser "hermes" reads them.
"""

import re

import msgspec

from harness.records.messages import Called, Tools
from harness.records.record import UNREADABLE
from harness.scorers.reading.reasoning import reasoning_ends

BEGIN, END = "<tool_call>", "</tool_call>"
CALL_TAGS = frozenset({BEGIN, END})
_CALL = re.compile(rf"{BEGIN}(.*?)(?:{END}|\Z)", re.DOTALL)


class _Written(msgspec.Struct):
    name: str
    arguments: msgspec.Raw


_DECODER = msgspec.json.Decoder(_Written)


def may_call(tools: Tools) -> bool:
    """Tell whether an answer can call something."""
    return bool(tools.functions) and tools.choice != "none"


def is_written(text: str) -> bool:
    """Tell whether a text begins a call, behind its reasoning."""
    return BEGIN in text[reasoning_ends(text) :]


def written_calls(text: str) -> tuple[str, tuple[Called, ...]]:
    """Return the text before the calls that are written in it, and the calls, with arguments as they are written.

    What is between calls or behind them is left out. Where one of them is not JSON with a name and arguments, none is
    read and the text stays whole. Calls inside of reasoning were only thought of.

    >>> written_calls('One moment. <tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>')
    ('One moment. ', (Called(name='add', arguments='{"a": 1}'),))
    """
    start = text.find(BEGIN, reasoning_ends(text))
    if start < 0:
        return text, ()
    try:
        calls = tuple(_read(found[1]) for found in _CALL.finditer(text, start))
    except UNREADABLE:
        return text, ()
    before = text[:start]
    return before if before.strip() else "", calls


def _read(written: str) -> Called:
    call = _DECODER.decode(written)
    return Called(name=call.name, arguments=bytes(call.arguments).decode())
