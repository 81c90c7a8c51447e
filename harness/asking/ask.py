"""Get the response to each request once: from the store, else from its engine, noting what was asked in this run."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from harness.asking.ahead import Ahead, Readings
from harness.asking.left import Handed, Keyed, Left, Question, Questions, keyed, read_often
from harness.asking.responses import Responses
from harness.asking.store import Keeper, Store
from harness.asking.streams import Stream, side_by_side
from harness.errors import EngineError
from harness.interrupts import held
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.engine import Engine

Watch = Callable[[Iterator[Response], int], Iterator[Response]]
"""Passes a stream of responses through and shows how far it is; the number is how many are expected."""

LOOKED_UP_AT_ONCE = 10_000
"""Requests of which the answers are looked up together."""


class Asking:
    """The responses so far, by the keys of their requests; of a large run most of them are not in memory.

    ``waited`` holds those that were asked in this run: the seconds since the engine's previous answer; for the first of
    a stream, the time that it took itself. Their sum is the time that an engine spent, even if many were in flight at
    once. ``kept_at`` holds those of hosted models that came from the store: when each was kept, in seconds
    since 1970.
    """

    def __init__(self, store: Store, watch: Watch) -> None:
        self.responses = Responses()
        self.waited: Mapping[str, float] = self.responses.waited
        self.kept_at: dict[str, int] = {}
        self.left_out: set[str] = set()
        """Keys of requests that were never sent, and have an error in place of a response."""
        self._store = store
        self._watch = watch
        self._came_through = False
        """Whether any stream was read to its end; if even the first stopped early, no test has decided anything."""

    def fetch(self, questions: Questions, ahead: Readings | None = None) -> None:
        """Put a response to each request into ``responses``; a missing one becomes an error.

        Remote servers are asked at the same time as an engine on this machine. However it ends, by an error or by
        Ctrl-C, nothing more is asked, and what has arrived is stored. What ``ahead`` makes of the responses is asked
        meanwhile, as far as there is time for it. ``questions`` are read more than once; very many are made anew each
        time, see ``ManyQuestions``.

        Raises:
            EngineError: an engine can't answer, or answers what was not asked.
        """
        left = self._left_of(read_often(questions))
        if left:
            self._ask(left, ahead)
        self._came_through = True

    def unanswered(self, questions: Sequence[Question]) -> dict[str, Question]:
        """Return what an engine has to be asked, by key, once what the store has is among ``responses``."""
        if not self._left_of(questions):
            return {}
        return {one[1].key: one for one in questions if one[1].key not in self.responses}

    def leave_out(self, keys: Iterable[str], why: str) -> None:
        """Answer requests that are not sent with an error; a later run asks them."""
        for key in keys:
            self.left_out.add(key)
            self.responses.add(key, Response(request_key=key, error=why))

    def finish(self) -> None:
        """Note that the run has ended: hosted models' answers in it are not used by later runs.

        If asking stopped before anything was decided, or something was left out, they are kept for the run that
        continues from there.
        """
        if self._came_through and not self.left_out:
            self._store.finish_run()

    def _left_of(self, questions: Questions) -> Left:
        """Look up in the store what has no response yet, and return what is left to ask."""
        left, rest = Left(questions, self.responses), keyed(questions)
        self.responses.make_room(len(questions))
        while some := tuple(islice(rest, LOOKED_UP_AT_ONCE)):
            numbers = [self.responses.expect(key) for _, _, key in some]
            missing = [one for one, number in zip(some, numbers, strict=True) if not self.responses.has(number)]
            for key, response in self._stored(missing).items():
                self.responses.add(key, response)
            for (engine, _, _), number in zip(some, numbers, strict=True):
                if not self.responses.has(number):
                    left.add(number, engine)
        return left

    def _stored(self, unanswered: Iterable[Keyed]) -> dict[str, Response]:
        """Return what the store holds, by key; a saved run is never looked up there."""
        hosted_by_key = {key: model.is_hosted for engine, model, key in unanswered if engine.can_ask_again}
        seen, hosted_keys = ([key for key, one in hosted_by_key.items() if one is kind] for kind in (False, True))
        stored = self._store.find(seen) if seen else {}
        hosted = self._store.find_hosted(hosted_keys) if hosted_keys else {}
        self.kept_at |= {key: found.kept_at for key, found in hosted.items()}
        return stored | {key: found.response for key, found in hosted.items()}

    def _ask(self, left: Left, readings: Readings | None = None) -> None:
        """Ask what the store doesn't hold, and what follows from the answers while more are to come."""
        with held(), Keeper(self._store) as keeper:
            here: list[Stream] = []
            elsewhere: list[Stream] = []
            for engine in left.engines:
                kept = self._kept(engine, left.of(engine), left.handed, keeper)
                (elsewhere if engine.runs_elsewhere else here).append(Stream(kept, engine.stop))
            if readings is None:
                for _ in self._watch(side_by_side(here, elsewhere), len(left)):
                    pass  # each is kept on its way here
            else:
                with self._ahead(readings.engine, keeper) as ahead:
                    ahead.put(self._not_answered(readings.engine, readings.ready()))
                    for response in self._watch(side_by_side(here, elsewhere, ahead.stop), len(left)):
                        if requests := readings.after(response.request_key):
                            ahead.put(self._not_answered(readings.engine, requests))
        for key in left.without_response():
            self.responses.add(key, Response(request_key=key, error="the engine gave no response"))

    def _ahead(self, engine: Engine, keeper: Keeper) -> Ahead:
        """Return what asks one more engine meanwhile."""

        def kept(requests: Sequence[Request]) -> Iterator[Response]:
            asked = {request.key: (self.responses.expect(request.key), request) for request in requests}
            return self._kept(engine, requests, asked, keeper)

        return Ahead(kept, engine.stop)

    def _not_answered(self, engine: Engine, requests: Sequence[Request]) -> Iterator[Request]:
        return (one for _, one in self.unanswered([(engine, request) for request in requests]).values())

    def _kept(
        self, engine: Engine, requests: Sequence[Request], handed: dict[str, Handed], keeper: Keeper
    ) -> Iterator[Response]:
        """Yield what an engine answers after it was handed to the keeper, and note how long each answer took.

        A saved run is asked nothing, and its answers are not kept: the store may have a newer one, and the run's folder
        has this one.
        """
        before = None
        for response in engine.generate(requests):
            question = handed.pop(response.request_key, None)
            if question is None:
                raise EngineError(f"an engine answered a request that was not asked: {response.request_key}")
            number, request = question
            if engine.can_ask_again:
                now = time.monotonic()
                self.responses.note_waited(number, response.seconds if before is None else now - before)
                before = now
                keeper.put(request, response)
            self.responses.put(number, response)
            yield response
