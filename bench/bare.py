"""The bare loop that the harness is compared with: send recorded bodies with aiohttp, read and parse each answer.

``python bench/bare.py URL BODIES`` where BODIES holds one body a line. It keeps nothing. It prints how many were
answered, and the CPU seconds that starting took.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
from project import IN_FLIGHT


async def ask(bodies: Iterator[bytes], session: aiohttp.ClientSession, url: str) -> int:
    """Send body after body and return how many got an answer with text."""
    answered = 0
    for body in bodies:
        async with session.post(url, data=body) as reply:
            answer = await reply.json()
        answered += bool(answer["choices"][0]["message"]["content"])
    return answered


async def main(url: str, path: Path) -> None:
    """Send all bodies, as many in flight as the harness has, and print the figures."""
    start_s = time.process_time()
    with path.open("rb") as file:
        bodies = (line.rstrip(b"\n") for line in file)
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        headers = {"Content-Type": "application/json"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            workers = [ask(bodies, session, f"{url}/chat/completions") for _ in range(IN_FLIGHT)]
            print(sum(await asyncio.gather(*workers)), start_s)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
