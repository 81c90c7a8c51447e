"""Turns keep the workers of one endpoint to its pace."""

import asyncio
from collections import deque

from harness.engines.http.pace import Pace


class Turns:
    """Lets as many workers run at once as the pace allows, in the order in which they asked; none during a pause."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._alarm: asyncio.TimerHandle | None = None

    async def take(self) -> None:
        """Wait for a turn."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self.hand_out()
        await turn

    def give_back(self) -> None:
        """End a turn."""
        self._taken -= 1
        self.hand_out()

    def must_end(self, now: float) -> bool:
        """Return whether a turn must end, because others wait, or the pace allows fewer or none."""
        return bool(self._waiting) or self._taken > self._pace.limit or now < self._pace.resumes_at

    def hand_out(self) -> None:
        """Give turns to those whom the pace allows."""
        loop = asyncio.get_running_loop()
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        if not self._waiting:
            return
        if loop.time() < self._pace.resumes_at:
            self._alarm = loop.call_at(self._pace.resumes_at, self.hand_out)
            return
        while self._waiting and self._taken < self._pace.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
