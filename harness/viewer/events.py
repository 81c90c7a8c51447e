"""How far the runs are that are under way, as server-sent events: one when a page asks, then one for each change."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from harness.report.view.unfinished import unfinished_rows
from harness.runs.listing import read_unfinished

LOOK_S = 0.5
QUIET_LOOKS = 30
"""After so many looks without a change a comment is sent, by which it is noticed that nobody listens any more."""


async def follow(runs: Path, is_ending: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield events until ``is_ending``: the unfinished runs as JSON, ready to be shown."""
    shown, quiet = b"", 0
    while not is_ending():
        now = await asyncio.to_thread(unfinished, runs)
        quiet = 0 if now != shown else quiet + 1
        if now != shown:
            shown = now
            yield b"data: " + now + b"\n\n"
        elif quiet % QUIET_LOOKS == 0:
            yield b":\n\n"
        await asyncio.sleep(LOOK_S)


def unfinished(runs: Path) -> bytes:
    """Return the runs without a record as JSON on one line."""
    return msgspec.json.encode(unfinished_rows(read_unfinished(runs)))
