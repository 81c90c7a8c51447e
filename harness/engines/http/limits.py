"""How much a server can send: what is larger is a fault, and is not read to its end."""

import asyncio
from collections.abc import AsyncIterator

from harness.engines.http.faults import Fault

LARGEST_BODY = 1 << 26
"""Bytes of one answer, after decompression; the store takes no longer line."""
LARGE = 1 << 20
"""Bytes. Larger bodies are read one at a time, so that many in flight can't fill the memory together."""
MOST_VALUES = 8_000_000
"""In the JSON of a large body, a list or an object counted as four: more take gigabytes, and half a minute to read."""
MOST_HEADERS, LONGEST_HEADER = 128, 8190
"""Of one answer; the longest line is in bytes."""


async def read_body(blocks: AsyncIterator[bytes], large: asyncio.Lock) -> bytes:
    """Return a whole body; ``large`` is held while more than ``LARGE`` bytes of one are read.

    Raises:
        Fault: it has more than ``LARGEST_BODY`` bytes, or ``MOST_VALUES``.
    """
    body = bytearray()
    async for block in blocks:
        body += block
        if len(body) > LARGE:
            break
    else:
        return bytes(body)
    async with large:
        _refuse_too_large(body)
        async for block in blocks:
            body += block
            _refuse_too_large(body)
        if body.count(b",") + 4 * (body.count(b"[") + body.count(b"{")) > MOST_VALUES:
            raise Fault("oversized", f"the server's answer has more than {MOST_VALUES:,} values, so it was not read")
        return bytes(body)


def unreadable_head(words: str) -> Fault:
    """Return the fault of an answer whose head is not HTTP, or too large."""
    return Fault(
        "unreadable",
        f"the server's answer can't be read: its head is malformed, or has more than {MOST_HEADERS} headers "
        f"or {LONGEST_HEADER:,} bytes in one: {words}",
    )


def _refuse_too_large(body: bytearray) -> None:
    if len(body) > LARGEST_BODY:
        raise Fault("oversized", f"the server's answer is larger than {LARGEST_BODY >> 20} MiB, so it was not read")
