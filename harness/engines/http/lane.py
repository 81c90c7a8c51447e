"""Ask one endpoint: as many requests at once as its pace allows, each asked again as its faults allow."""

import asyncio
import http
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from harness.engines.http.chat import encode_request, goes_on_in_chat, read_answer
from harness.engines.http.endpoint import WHERE, Endpoint
from harness.engines.http.failure import as_setup_error, read_failure, refused_rendering
from harness.engines.http.faults import Fault, back_off_s
from harness.engines.http.left_out import LeftOut
from harness.engines.http.likelihood import WITH_MODULES, ReadSpans, by_name_alone, encode_likelihood, read_likelihood
from harness.engines.http.outbox import Outbox
from harness.engines.http.pace import Pace
from harness.engines.http.patience import Patience, Question, Questions
from harness.engines.http.raw import as_chat, encode_begun, encode_raw
from harness.engines.http.room import limit_in_words, most_connections
from harness.engines.http.said import Said
from harness.engines.http.transport import Post
from harness.engines.http.turns import Turns
from harness.errors import ServerLost
from harness.models.continued import Span
from harness.records.answered import Response
from harness.records.asked import Request, Sampling
from harness.records.messages import Message, Tools

HARMLESS = (Message(role="user", content="Hello"),)
"""Asked to find out whether a server denies one question or all."""


@dataclass(frozen=True)
class Manner:
    """How an engine asks at all its addresses.

    ``chance`` draws from [0, 1), for the pauses before asking again; ``say`` is called with lines about the asking.
    ``read_spans`` returns the tokens of texts of which it is asked how likely they are, and of answers that have begun.
    """

    chance: Callable[[], float]
    left_out: LeftOut
    say: Callable[[str], None]
    read_spans: ReadSpans = by_name_alone


class Lane:
    """At most ``count`` requests to one endpoint; ``served_name`` gives the name under which a request is served.

    Each gets exactly one response, put into the outbox. An error that ends everything is raised.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        endpoint: Endpoint,
        asked: Iterator[Request],
        count: int,
        served_name: Callable[[Request], str],
        outbox: Outbox,
        manner: Manner,
    ) -> None:
        self._endpoint = endpoint
        self._served_name = served_name
        self._questions = Questions(asked)
        self._unanswered = self._most_workers = count
        self._outbox = outbox
        self._manner = manner
        most = min(endpoint.max_in_flight, most_connections())
        self._pace = Pace(endpoint.in_flight, most, endpoint.window_s, endpoint.timeout_s)
        if most < min(endpoint.in_flight, endpoint.max_in_flight):
            self._say_limit()
        self._turns = Turns(self._pace)
        self._workers: list[asyncio.Task[None]] = []
        self._under_way: dict[int, Question] = {}
        self._was_reached = False
        self._served: set[str] = set()
        """The names under which something was answered, and those under which everything is denied."""
        self._denied: set[str] = set()
        self._doubt = asyncio.Lock()
        self._patience = Patience(endpoint.timeout_s, endpoint.back_off_s, time.monotonic())

    def start(self, post: Post, group: asyncio.TaskGroup) -> None:
        """Ask through ``post``; the tasks of the group have ended when everything is answered.

        The tasks raise EngineSetupError for what a setting causes, and ServerLost when the server stopped.
        """
        self._post, self._group = post, group
        self._staff()

    def lacks_one(self) -> None:
        """Note that there is one request less than it was made for."""
        self._unanswered -= 1

    def give_up(self, reason: str) -> None:
        """Stop at once: every unanswered request gets an error response."""
        for request in (*(one.request for one in self._under_way.values()), *self._questions.rest()):
            self._outbox.put(Response(request_key=request.key, error=reason))
        self._under_way.clear()
        for worker in self._workers:
            worker.cancel()

    def _staff(self) -> None:
        """Have a worker for every request that can be in flight."""
        while len(self._workers) < min(self._pace.limit, self._most_workers):
            self._workers.append(self._group.create_task(self._work(len(self._workers))))
        self._turns.hand_out()

    async def _work(self, number: int) -> None:
        await self._turns.take()
        while question := self._questions.next_one(time.monotonic(), others_first=self._patience.others_first):
            self._under_way[number] = question
            if question.due > time.monotonic():
                await self._wait_until(question.due)
            response = await self._try(question)
            if self._under_way.pop(number, None):
                if response is None:
                    self._questions.put_back(question)
                else:
                    self._unanswered -= 1
                    self._outbox.put(response)
            if self._outbox.is_full:
                await self._outbox.wait_for_room()
                self._patience.got_through(time.monotonic())  # it was not the server that was silent
            if self._turns.must_end(time.monotonic()):
                self._turns.give_back()
                await self._turns.take()
        self._turns.give_back()

    async def _wait_until(self, due: float) -> None:
        """Let others have the turn for so long."""
        self._turns.give_back()
        await asyncio.sleep(due - time.monotonic())
        await self._turns.take()

    async def _try(self, question: Question) -> Response | None:
        """Ask once, and return what there is to answer; None when the question is to be asked again."""
        request = question.request
        served_name = self._served_name(request)
        while True:
            unsent = self._manner.left_out.of(self._endpoint, served_name)
            try:
                return await self._ask(request, served_name, unsent)
            except Fault as fault:
                if fault.kind == "refused" and fault.said and self._learn(fault.said, served_name, unsent):
                    continue
                await self._raise_for_all(fault, request, served_name)
                return self._after(fault, question)

    async def _ask(self, request: Request, served_name: str, unsent: frozenset[str]) -> Response:
        """Ask once. Raises Fault."""
        in_chat = goes_on_in_chat(request)
        spans = self._spans(request) if request.continuations or (request.begun and not in_chat) else ()
        if request.begun and not in_chat:
            body = encode_begun(request, spans[0].tokens, served_name, self._endpoint, unsent)
        elif spans:
            body = encode_likelihood(spans, served_name)
        elif request.rendering.format == "raw":
            body = encode_raw(request, served_name, self._endpoint, unsent)
        else:
            body = encode_request(request, served_name, self._endpoint, unsent)
        started = time.monotonic()
        reply = await self._post(body)
        now = time.monotonic()
        if reply.status != http.HTTPStatus.OK:
            raise read_failure(reply, self._endpoint, time.time())
        response = self._read(request, spans, reply.body, now - started)
        self._was_reached = True
        self._served.add(served_name)
        self._patience.got_through(now)
        limit = self._pace.limit
        self._pace.answered(response.tokens_out, now, response.seconds)
        if self._pace.limit > limit:
            self._staff()
        return response

    def _spans(self, request: Request) -> tuple[Span, ...]:
        if self._endpoint.serves_modules and request.continuations:
            raise Fault("refused", WITH_MODULES)
        try:
            return self._manner.read_spans(request)
        except ValueError as problem:
            raise Fault("refused", str(problem)) from None

    def _read(self, request: Request, spans: tuple[Span, ...], body: bytes, seconds: float) -> Response:
        if request.continuations:
            return read_likelihood(request, spans, body, seconds, self._endpoint)
        is_text = request.rendering.format == "raw" or (bool(request.begun) and not goes_on_in_chat(request))
        answer = as_chat(body) if is_text else body
        return read_answer(request.key, answer, seconds, self._endpoint)

    def _learn(self, said: Said, served_name: str, unsent: frozenset[str]) -> bool:
        """Return whether the request can be asked again at once, without a parameter that the server refuses."""
        self._was_reached = True
        return self._manner.left_out.learn(said, self._endpoint, served_name, unsent)

    async def _raise_for_all(self, fault: Fault, request: Request, served_name: str) -> None:
        """Raise a fault that ends everything, because every other request would meet it too."""
        if refused := refused_rendering(fault, request.rendering, self._endpoint):
            raise refused from None
        if fault.kind in {"lost", "unreachable"} and await self._has_stopped():
            raise ServerLost(f"the server at {self._endpoint.address} has stopped: {fault.words}") from None
        if (
            fault.kind in {"setting", "unpaid"}
            or (fault.kind == "unreachable" and not self._was_reached)
            or (fault.kind == "denied" and await self._denies_all(request, served_name))
        ):
            raise as_setup_error(fault, self._endpoint, served_name) from None
        self._was_reached = True

    async def _has_stopped(self) -> bool:
        """Return whether the server is gone; one request at a time finds it out."""
        async with self._doubt:
            return not await self._endpoint.is_alive()

    async def _denies_all(self, request: Request, served_name: str) -> bool:
        """Return whether every question to a model is denied, a harmless one too, when nothing got through yet."""
        async with self._doubt:
            if served_name in self._served | self._denied:
                return served_name in self._denied
            plain = {
                "messages": HARMLESS,
                "sampling": Sampling(max_tokens=16),
                "continuations": (),
                "begun": "",
                "tools": Tools(),
            }
            harmless = msgspec.structs.replace(request, **plain)
            try:
                await self._ask(harmless, served_name, self._manner.left_out.of(self._endpoint, served_name))
            except Fault as fault:
                if fault.kind in {"denied", "setting", "unpaid"} and served_name not in self._served:
                    self._denied.add(served_name)
            return served_name in self._denied

    def _after(self, fault: Fault, question: Question) -> Response | None:
        """Decide what a fault leads to: an error response, or None when the question is to be asked again.

        Give up all when none got through for a long time; raise ServerLost then where others can be asked.
        """
        now = time.monotonic()
        if fault.kind in {"refused", "denied"}:
            self._patience.got_through(now)  # the server works
        else:
            self._patience.failed(question.request.key)
        question.met.append(fault.kind)
        in_hand = len(self._under_way) + self._questions.failed
        if self._patience.is_over(now, in_hand if self._endpoint.has_others else self._unanswered):
            silent = (
                f"no request to {self._endpoint.address} got through for {self._endpoint.timeout_s:g} s "
                f"(request_timeout_s {WHERE}); the last failure: {fault.words}"
            )
            if self._endpoint.has_others:
                raise ServerLost(silent)
            self.give_up(f"gave up: {silent}")
        times, retries = len(question.met), fault.treatment.retries
        if retries is not None and question.met.count(fault.kind) > retries:
            again = f" (asked {times} times)" if times > 1 else ""
            return Response(request_key=question.request.key, error=fault.words + again)
        if self._patience.must_tell(now):
            self._manner.say(
                f"no request to {self._endpoint.address} gets through: {fault.words}; asking continues, and gives up "
                f"when none got through for {self._endpoint.timeout_s:g} s (request_timeout_s {WHERE})"
            )
        self._slow_down(fault, now)
        question.due = now + back_off_s(times - 1, self._endpoint.back_off_s, self._manner.chance())
        return None

    def _slow_down(self, fault: Fault, now: float) -> None:
        pause_s, limit = self._patience.pause_s(now), self._pace.limit
        if fault.kind == "crowded":
            self._pace.stay_below(now)
            if self._pace.limit < limit:
                self._say_limit()
        if fault.treatment.slows:
            self._pace.slow_down(now, max(pause_s, min(fault.pause_s, self._endpoint.timeout_s)))
        elif pause_s:
            self._pace.pause(now, pause_s)

    def _say_limit(self) -> None:
        self._manner.say(
            f"requests in flight to {self._endpoint.address}: {self._pace.limit} at most, since {limit_in_words()}"
        )
