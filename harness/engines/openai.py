"""Ask any OpenAI-compatible address over HTTP, many requests in flight, answers in order of completion.

A request is asked again after a fault that passes by itself; one caused by a setting stops everything.
The table is in ``faults``.
"""

import asyncio
import contextlib
import functools
import random
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from harness.config.engine import EngineConfig
from harness.engines.http.chat import goes_on_in_chat
from harness.engines.http.endpoint import CHAT_PATH, OUT_OF_TIME, Endpoint
from harness.engines.http.lane import Lane, Manner
from harness.engines.http.left_out import LeftOut
from harness.engines.http.likelihood import PATH, ReadSpans, by_name_alone
from harness.engines.http.listing import choose_name, listed_names
from harness.engines.http.loop import Loop, running
from harness.engines.http.named import endpoint_at
from harness.engines.http.outbox import Outbox
from harness.engines.http.sending import Sending
from harness.engines.http.transport import open_post
from harness.errors import EngineSetupError
from harness.interrupts import heard
from harness.records.answered import Response
from harness.records.asked import HOSTED, ModelRef, Request
from harness.text import progress
from harness.text.visible import for_terminal

NO_NAMES: Mapping[tuple[str, ...], str] = {}
AT_FIRST = 10_000
"""Requests that show where all of them go."""


@dataclass(frozen=True)
class Route:
    """Where one model answers: an endpoint, the name that it serves the model under, and if LoRA modules are there."""

    endpoint: Endpoint
    served_name: str
    serves_modules: bool = False


class HttpEngine:
    """Sends each request along its model's route, at the pace of its endpoint.

    Args:
        identity: part of every request's key.
        route: raises ``EngineSetupError`` for a model that is not served.
        deadline_s: longest time for all requests, from the first one on; None sets no limit.
        chance: draws from [0, 1), for the pauses before asking again.
        say: called with a line for each parameter that a server does not accept.
        read_spans: returns the tokens of the texts of which it is asked how likely they are.
    """

    runs_elsewhere = True
    can_ask_again = True

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        identity: str,
        route: Callable[[ModelRef], Route],
        deadline_s: float | None = None,
        chance: Callable[[], float] = random.random,
        say: Callable[[str], None] = progress.say,
        read_spans: ReadSpans = by_name_alone,
    ) -> None:
        self.identity = identity
        self._route = route
        self._deadline_s = deadline_s
        self._ends_at: float | None = None
        self._manner = Manner(chance, LeftOut(say), functools.cache(say), read_spans)  # each line once
        self._under_way: list[Sending] = []

    @property
    def left_out(self) -> tuple[str, ...]:
        """The parameters that were no longer sent after a server refused them."""
        return self._manner.left_out.names

    @property
    def notes(self) -> tuple[str, ...]:
        """A line for each model and parameter that it was asked without, for the facts of the run."""
        return self._manner.left_out.notes

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request as it arrives; closing the iterator cancels what is in flight.

        Raises:
            EngineSetupError: the key is refused, the model or the address is not known, or nothing answers there.
            ServerLost: a server stopped while it was answering.
        """
        sending = Sending()
        self._under_way.append(sending)
        return self._alone(requests, sending)

    def generate_as_taken(
        self, requests: Iterator[Request], sending: Sending, loop: Loop
    ) -> Iterator[Sequence[Response]]:
        """Yield one response for each request of an iterator; the next is taken when there is room to send it.

        Those that came at about one time are yielded together. All must be of one kind, see ``kind_of``. They are sent
        in ``loop``, which others can share; finishing ``sending`` ends it.

        Raises:
            EngineSetupError, ServerLost: as for ``generate``.
        """
        self._under_way.append(sending)
        return self._answers(requests, sys.maxsize, 1, sending, loop)

    def stop(self) -> None:
        """Send nothing more, from any thread; each ``generate`` under way yields what has arrived, and ends."""
        for sending in tuple(self._under_way):
            sending.finish()

    def _alone(self, requests: Sequence[Request], sending: Sending) -> Iterator[Response]:
        with (
            running() as loop,
            contextlib.closing(self._answers(requests, len(requests), AT_FIRST, sending, loop)) as batches,
        ):
            for batch in batches:
                yield from batch

    def _answers(
        self, requests: Iterable[Request], count: int, at_first: int, sending: Sending, loop: Loop
    ) -> Generator[Sequence[Response]]:
        """Ask ``count`` requests at most; those ``at_first`` show where all of them go."""
        try:
            if not count:
                return
            if self._deadline_s is not None and self._ends_at is None:
                self._ends_at = time.monotonic() + self._deadline_s
            with heard():  # the names are asked for
                lanes, late = self._share_out(requests, count, at_first, sending.outbox)
            sending.start(self._ask_all(lanes, late, sending), loop)
            yield from sending.answers()
        finally:
            sending.cancel()
            self._under_way.remove(sending)

    def _share_out(
        self, requests: Iterable[Request], count: int, at_first: int, outbox: Outbox
    ) -> tuple[dict[Endpoint, Lane], list[Request]]:
        """Give each endpoint its requests, in their order.

        Where the first ones all go to one endpoint, its lane makes the others as it asks. Those that turn out to go
        elsewhere are then in the list that is returned too.
        """
        shares: dict[Endpoint, list[Request]] = {}
        ways: dict[tuple[int, str, bool], tuple[Endpoint, str]] = {}  # by id: hashing a model each time is slow
        rest, late = iter(requests), list[Request]()

        def way_of(request: Request) -> tuple[Endpoint, str]:
            way = ways.get(_way(request))
            if way is None:
                route = self._route(request.model)
                matters = route.serves_modules and bool(request.continuations)
                endpoint = replace(route.endpoint, path=_path(request), serves_modules=matters)
                way = ways[_way(request)] = (
                    next((one for one in shares if one == endpoint), endpoint),
                    route.served_name,
                )
            return way

        def one_after_the_other(endpoint: Endpoint) -> Iterator[Request]:
            yield from shares[endpoint]
            shares[endpoint].clear()
            for request in rest:
                if way_of(request)[0] is endpoint:
                    yield request
                else:
                    late.append(request)
                    lanes[endpoint].lacks_one()

        for request in islice(rest, at_first):
            shares.setdefault(way_of(request)[0], []).append(request)
        if len(shares) > 1:
            for request in rest:
                shares.setdefault(way_of(request)[0], []).append(request)
        lanes = {
            endpoint: Lane(
                endpoint,
                one_after_the_other(endpoint),
                len(share) if len(shares) > 1 else count,
                lambda request: way_of(request)[1],
                outbox,
                self._manner,
            )
            for endpoint, share in shares.items()
        }
        return lanes, late

    async def _ask_all(self, lanes: dict[Endpoint, Lane], late: list[Request], sending: Sending) -> None:
        await self._ask_lanes(lanes, sending)
        while late:
            lanes, late = self._share_out(late, len(late), len(late), sending.outbox)
            await self._ask_lanes(lanes, sending)

    async def _ask_lanes(self, lanes: Mapping[Endpoint, Lane], sending: Sending) -> None:
        def stop() -> None:
            for lane in lanes.values():
                lane.give_up(OUT_OF_TIME.format(self._deadline_s))

        async with contextlib.AsyncExitStack() as connections:
            if self._ends_at is not None:
                connections.callback(asyncio.get_running_loop().call_at(self._ends_at, stop).cancel)
            posts = [await connections.enter_async_context(open_post(endpoint)) for endpoint in lanes]
            try:
                async with asyncio.TaskGroup() as group:
                    for lane, post in zip(lanes.values(), posts, strict=True):
                        lane.start(sending.through(post), group)
            except BaseExceptionGroup as several:
                raise several.exceptions[0] from None


def kind_of(request: Request) -> tuple[str, bool]:
    """Return what of a request decides where, at one server, it is sent."""
    return _path(request), bool(request.continuations)


def _way(request: Request) -> tuple[int, str, bool]:
    return id(request.model), *kind_of(request)


def _path(request: Request) -> str:
    """Return where a request is sent; plain text, begun answers and likelihoods are asked for at one path."""
    is_text = request.continuations or request.begun or request.rendering.format == "raw"
    return PATH if is_text and not goes_on_in_chat(request) else CHAT_PATH


def remote_engine(
    config: EngineConfig,
    environ: Mapping[str, str],
    served_as: Mapping[tuple[str, ...], str] = NO_NAMES,
    read_spans: ReadSpans = by_name_alone,
    is_alive: Callable[[], Awaitable[bool]] | None = None,
) -> HttpEngine:
    """Return the engine for ``base_url`` (OpenAI's own address when unset); nothing is asked yet.

    ``served_as`` has the server's names of models, by their weights; it is read when a model is asked. ``is_alive``
    says whether the server is still there, where others can be asked in its place; one alone is waited for.

    Raises:
        EngineSetupError: as for ``endpoint_at``.
    """
    endpoint = endpoint_at(config, environ)
    if is_alive is not None:
        endpoint = replace(endpoint, is_alive=is_alive, has_others=True)
    listed = functools.cache(lambda: listed_names(endpoint))
    answers_for: dict[str, ModelRef] = {}

    def route(ref: ModelRef) -> Route:
        if ref.weights not in served_as and ref == hosted_model(ref.own_name):
            return Route(endpoint, ref.own_name)
        others = frozenset(served_as.values())
        name = choose_name(ref, listed(), endpoint.address, served_as.get(ref.weights), others)
        other = answers_for.setdefault(name, ref)
        if (other.adapter is None) != (ref.adapter is None):
            raise EngineSetupError(
                f"{endpoint.address} serves {for_terminal(name)}, which would answer both for the base model and for "
                "an adapter on it, so it would be compared with itself; serve both, or name them as the server does: "
                "served_as in a table [models.NAME] of harness.toml"
            )
        return Route(endpoint, name, serves_modules=any(listed().values()))

    without = f" without {', '.join(sorted(endpoint.leave_out))}" if endpoint.leave_out else ""
    return HttpEngine(
        f"openai {endpoint.address.rstrip('/')}{without}", route, config.deadline_s, read_spans=read_spans
    )


def listed_at(config: EngineConfig, environ: Mapping[str, str]) -> frozenset[str]:
    """Return the names that the server at ``base_url`` lists; raises as ``remote_engine`` and ``listed_names``."""
    return frozenset(listed_names(endpoint_at(config, environ)))


def hosted_model(name: str) -> ModelRef:
    """Return the reference of a model whose weights can't be digested.

    It counts as an adapter on one unknown base, so that two hosted models can be compared.
    """
    return ModelRef(base=HOSTED, base_digest=HOSTED, template_digest=HOSTED, adapter=name, adapter_digest=name)
