"""How much of a body is read."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest

from harness.engines.http.faults import Fault
from harness.engines.http.limits import LARGE, LARGEST_BODY, read_body

BLOCK = bytes(LARGE)
FULL = LARGEST_BODY // LARGE


async def sent(blocks: Iterable[bytes], taken: list[bytes]) -> AsyncIterator[bytes]:
    """Yield blocks one by one, and note which were taken."""
    for block in blocks:
        taken.append(block)
        yield block


def read(blocks: Iterable[bytes], taken: list[bytes] | None = None) -> bytes:
    """Read a body that comes in blocks."""

    async def run() -> bytes:
        return await read_body(sent(blocks, [] if taken is None else taken), asyncio.Lock())

    return asyncio.run(run())


@pytest.mark.parametrize("blocks", [[], [b"a"], [b"a", b"", b"bc"], [BLOCK], [BLOCK, b"a"], [BLOCK, b"a", b"b"]])
def test_a_body_is_read_whole(blocks):
    """Whatever blocks it comes in."""
    assert read(blocks) == b"".join(blocks)


def test_the_largest_body_is_read_and_a_larger_one_is_not():
    """Not even its next block: what is cut is no answer."""
    taken: list[bytes] = []

    whole = read([BLOCK] * FULL)
    with pytest.raises(Fault, match="larger than 64 MiB") as raised:
        read([BLOCK] * FULL + [b"a"] * 10, taken)

    assert len(whole) == LARGEST_BODY
    assert raised.value.kind == "oversized"
    assert len(taken) == FULL + 1


def test_one_block_that_is_too_large_is_refused():
    """The limit holds however the client hands it over."""
    with pytest.raises(Fault, match="larger than 64 MiB"):
        read([bytes(LARGEST_BODY + 1)])


@pytest.mark.parametrize("value", [b"[],", b"{},", b'"",', b"1,"])
def test_a_body_of_very_many_values_is_refused(value):
    """As JSON a list of 20 million empty lists took 1.5 GB and 36 s."""
    with pytest.raises(Fault, match=r"has more than 8,000,000 values") as raised:
        read([b"[", value * 8_000_000, b"1]"])

    assert raised.value.kind == "oversized"


def test_a_large_answer_with_log_probabilities_is_read():
    """Ten thousand tokens with twenty alternatives each are the most that servers send."""
    alternative = b'{"token":" the","logprob":-12.345678,"bytes":[32,116,104,101]},'
    tokens = [b"[" + alternative * 20 + b"]," for _ in range(10_000)]

    assert len(read(tokens)) == len(b"".join(tokens))


def test_small_bodies_are_read_while_a_large_one_is():
    """Only large ones wait for each other."""

    async def run() -> list[bytes]:
        large = asyncio.Lock()
        await large.acquire()
        waiting = asyncio.ensure_future(read_body(sent([BLOCK, b"a"], []), large))
        small = await asyncio.wait_for(read_body(sent([b"small"], []), large), 5)
        await asyncio.sleep(0)
        was_done = waiting.done()
        large.release()
        return [small, (await waiting)[-1:], b"done" if was_done else b"waited"]

    assert asyncio.run(run()) == [b"small", b"a", b"waited"]
