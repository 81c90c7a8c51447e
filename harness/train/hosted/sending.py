"""Requests to a service through OpenAI's client, each sent once, and what came back as one of the protocol's objects.

What only reads is asked again after a passing fault, as late as the service asks.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.failure import clean
from harness.engines.http.faults import asked_pause_s, back_off_s
from harness.engines.http.said import said_in
from harness.errors import TrainingError
from harness.train.hosted.seen import Seen

if TYPE_CHECKING:
    import openai
    from openai.pagination import SyncCursorPage

    Page = Callable[[int, str | openai.Omit], SyncCursorPage[Any]]

T = TypeVar("T")
S = TypeVar("S", bound=Seen)

TRIES = 6
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 3600.0
"""A service that asks for a longer pause is not waited for."""
CONNECT_S = 10.0
PAGE = 100
MOST_PAGES = 1_000
PASSING = frozenset({408, 409, 425, 429})
UNCERTAIN = frozenset({408, 409})
LONGEST_ANSWER = 200
"""Characters of an answer that is shown where it is no error of a known shape."""


class NoAnswer(TrainingError):
    """A request without the answer that was wanted. ``status`` is None where nothing came back: it may have arrived."""

    def __init__(self, told: str, status: int | None = None, pause_s: float = 0.0) -> None:
        super().__init__(told)
        self.status = status
        self.pause_s = pause_s

    @property
    def is_passing(self) -> bool:
        """Whether the same request can succeed a little later."""
        return self.status is None or self.status in PASSING or self.status >= 500

    @property
    def is_undone(self) -> bool:
        """Whether it is certain that nothing was made: the service said so."""
        return self.status is not None and self.status < 500 and self.status not in UNCERTAIN


class Sender:
    """Sends to one service. ``sleep`` waits for so many seconds, ``clock`` gives the time in seconds since 1970."""

    def __init__(
        self,
        endpoint: Endpoint,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        import openai

        self.address = endpoint.address
        self.sleep = sleep
        self.clock = clock
        self._endpoint = endpoint
        self.client = openai.OpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.api_key,
            max_retries=0,
            timeout=openai.Timeout(endpoint.timeout_s, connect=CONNECT_S),
            http_client=openai.DefaultHttpxClient(follow_redirects=False),
        )

    def once(self, what: str, kind: type[S], call: "Callable[[], openai.BaseModel]") -> S:
        """Send a request that makes something.

        Raises:
            NoAnswer: what was made did not come back; it may have been made all the same.
        """
        return self._as(self.sent(what, call), kind, what)

    def asked(self, what: str, kind: type[S], call: "Callable[[], openai.BaseModel]") -> S:
        """Send a request that makes nothing, again after a passing fault.

        Raises:
            NoAnswer: the service refuses, or is asked in vain.
        """
        return self._as(self.again(lambda: self.sent(what, call)), kind, what)

    def paged(self, what: str, kind: type[S], page: "Page") -> list[S]:
        """Return all of a list, each once: it ends where it says so, or where a page brings nothing new.

        Raises:
            NoAnswer: as for ``asked``.
        """
        import openai

        found: dict[str, S] = {}
        after: str | openai.Omit = openai.omit
        for _ in range(MOST_PAGES):
            answer = self.again(lambda start=after: self.sent(what, lambda: page(PAGE, start)))  # type: ignore[misc]
            items = [self._as(one, kind, what) for one in getattr(answer, "data", None) or ()]
            new = {one.id: one for one in items if one.id not in found}
            found |= new
            if not new or answer.has_more is False:
                break
            after = items[-1].id
        return list(found.values())

    def again(self, call: Callable[[], T]) -> T:
        """Call until it answers.

        Raises:
            NoAnswer: it is no passing fault, or there were too many.
        """
        attempt = 0
        while True:
            try:
                return call()
            except NoAnswer as problem:
                if not problem.is_passing:
                    raise
                self.pause(problem, attempt)
            attempt += 1

    def pause(self, problem: NoAnswer, attempt: int) -> None:
        """Wait before asking again: as long as the service asks, else longer with each attempt from 0.

        Raises:
            NoAnswer: it asks to wait for too long, or it was asked often enough.
        """
        if attempt + 1 >= TRIES or problem.pause_s > LONGEST_PAUSE_S:
            raise problem
        self.sleep(max(problem.pause_s, back_off_s(attempt, FIRST_PAUSE_S, 0.0)))

    def sent(self, what: str, call: Callable[[], T]) -> T:
        """Send one request.

        Raises:
            NoAnswer: in the service's words, without secrets.
        """
        import httpx2
        import openai

        try:
            return call()
        except openai.APIStatusError as problem:
            raise self._refused(what, problem) from None
        except (openai.APIError, httpx2.HTTPError, ValueError) as problem:
            cause = problem.__cause__ or problem
            words = clean(str(cause), self._endpoint) or type(cause).__name__
            raise NoAnswer(f"{self.address}: {what}: no answer: {words}") from None

    def _refused(self, what: str, problem: "openai.APIStatusError") -> NoAnswer:
        answer = problem.response
        said = said_in(answer.content)
        words = clean(said.words if said else answer.text[:LONGEST_ANSWER], self._endpoint) or "no reason given"
        told = f"{self.address}: {what}: HTTP {problem.status_code}: {words}"
        variable = self._endpoint.api_key_env
        if problem.status_code == 401:
            told += f"; check the key in {variable}" if variable else "; name the variable with the key: api_key_env"
        return NoAnswer(told, problem.status_code, asked_pause_s(answer.headers, self.clock()))

    def _as(self, answer: object, kind: type[S], what: str) -> S:
        """Return what came back as an object of the protocol.

        Raises:
            NoAnswer: it is none, which says nothing about whether it was made.
        """
        import openai

        try:
            content = answer.to_dict(mode="json") if isinstance(answer, openai.BaseModel) else answer
            return msgspec.convert(content, kind, strict=False)
        except (msgspec.ValidationError, TypeError) as problem:
            told = clean(str(problem), self._endpoint)
            raise NoAnswer(f"{self.address}: {what}: what came back is not one: {told}") from None
