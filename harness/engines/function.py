"""Answer by a plain function, without any model: to test a suite, or what is built on engines."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from harness.interrupts import heard
from harness.records.answered import Response
from harness.records.asked import Request


class FunctionEngine:
    """Gives a function's answer to each request: a text, or a whole response to set its error or its time.

    ``asked`` holds every request so far.

    >>> from harness.records.asked import Message, ModelRef, Sampling
    >>> engine = FunctionEngine(lambda request: request.messages[-1].content.upper())
    >>> question = Request(
    ...     case_id="refund-01",
    ...     model=ModelRef(base="none", base_digest="", template_digest=""),
    ...     engine=engine.identity,
    ...     messages=(Message(role="user", content="charged twice"),),
    ...     sampling=Sampling(),
    ... )
    >>> [response.text for response in engine.generate([question])]
    ['CHARGED TWICE']
    """

    runs_elsewhere = False
    can_ask_again = True
    notes: tuple[str, ...] = ()

    def __init__(self, answer: Callable[[Request], str | Response], identity: str = "function") -> None:
        self.identity = identity
        self.asked: list[Request] = []
        self._answer = answer
        self._left: deque[Request] = deque()

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield the function's answer to each request, in order."""
        self.asked += requests
        self._left = left = deque(requests)
        while left:
            request = left.popleft()
            with heard():
                given = self._answer(request)
            yield Response(request_key=request.key, text=given) if isinstance(given, str) else given

    def stop(self) -> None:
        """Answer nothing more."""
        self._left.clear()
