"""A small OpenAI-compatible server for tests and benchmarks: it answers with a function, fails as told, and counts.

``python -m tests.stub`` serves echoes in a process of its own; ``GET /stub`` then tells how often it was asked.
"""

import asyncio
import contextlib
import hashlib
import json
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

POLL_S = 0.001


@dataclass
class Sent:
    """What goes over the wire: JSON or raw bytes. None is no answer at all: the connection is closed.

    ``cut`` bytes of the end are never sent. The answer waits for ``after_s``, and for ``until`` to be set.
    """

    content: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    after_s: float = 0.0
    until: threading.Event | None = None


RESET = Sent()
"""The connection is reset."""

Reply = Callable[[str, str], str | int | Sent]
"""(model, last message) -> the answer's text, the HTTP status of a failure, or what exactly is sent."""


Elsewhere = Callable[[str, str, dict[str, str], bytes], Sent]
"""(method, path, headers, body) -> what is sent."""


class Stub:
    """The server's address, what it does, and every request that it got; each list may be emptied.

    ``alike`` lets all models report the same log-probabilities, as when an adapter changes nothing.
    """

    def __init__(self, reply: Reply, models: Sequence[str] = ("tiny",), *, alike: bool = False) -> None:
        self.url = ""
        self.reply = reply
        self.models = list(models)
        self.alike = alike
        self.elsewhere: Elsewhere | None = None
        """What answers for every other path; None is 404."""
        self.listed: Sent | None = None
        """What is sent instead of the list of models."""
        self.weighed: Sent | None = None
        """What is sent instead of the log-probabilities of prompts."""
        self.bodies: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[asyncio.BaseTransport] = set()
        self.strays: list[str] = []
        """Paths that were asked for and don't exist."""
        self.count = 0
        self.under_way = 0
        self.most_under_way = 0
        self.abandoned = 0
        """How many requests the client gave up before they were answered."""

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Every (model, last message), in order of arrival."""
        return [(body["model"], _question(body)) for body in self.bodies]

    def remember(self, body: dict[str, object], headers: dict[str, str]) -> None:
        """Keep what was sent."""
        self.bodies.append(body)
        self.headers.append(headers)

    def listing(self) -> dict[str, object]:
        """List the models: the first is the base, the others are adapters on it."""
        base = self.models[0] if self.models else None
        listed = [{"id": name, "object": "model", "parent": None if name == base else base} for name in self.models]
        return {"object": "list", "data": listed}

    def answer(self, body: dict[str, object]) -> Sent:
        """Return what a request gets."""
        if "prompt_logprobs" in body:
            return self.weighed or Sent(weighed(body["prompt"]))
        model, question = body["model"], _question(body)
        said = self.reply(model, question)
        if isinstance(said, int):
            return Sent({"error": {"message": "the stub was told to fail"}}, said)
        if isinstance(said, Sent):
            return said
        if "prompt" in body:
            return Sent({"choices": [{"index": 0, "text": said, "finish_reason": "stop"}]})
        return Sent(completion(said, logprobs=self._logprobs(body, said) if body.get("logprobs") else None))

    def _logprobs(self, body: dict[str, object], text: str) -> dict[str, object]:
        model, question = body["model"], body["messages"][-1]["content"]
        source = f"{self.models[0] if self.alike else model}\n{question}"
        tokens = (text.split() or ["</s>"])[: int(body.get("max_tokens", 1))]
        return {"content": [_token(source, token, int(body.get("top_logprobs", 0))) for token in tokens]}


def _question(body: dict[str, object]) -> str:
    """Return the last message, or the text that was sent without any."""
    return body["prompt"] if "prompt" in body else body["messages"][-1]["content"]


def completion(text: object = "fine", *, logprobs: object = None, **changed: object) -> dict[str, object]:
    """Return a chat completion as servers send it."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs}
    tokens = len(text.split()) if isinstance(text, str) else 0
    usage = {"prompt_tokens": 3, "completion_tokens": tokens, "total_tokens": 3 + tokens}
    return {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage} | changed


def weighed(prompts: Sequence[Sequence[int]]) -> dict[str, object]:
    """Return log-probabilities of prompts as vLLM sends them: a thousandth of each token's number, below 0."""
    choices = [
        {
            "index": number,
            "text": "",
            "finish_reason": "length",
            "prompt_logprobs": [
                None,
                *({str(token): {"logprob": -token / 1000, "rank": 1, "decoded_token": "?"}} for token in prompt[1:]),
            ],
        }
        for number, prompt in enumerate(prompts)
    ]
    usage = {"prompt_tokens": sum(map(len, prompts)), "completion_tokens": len(prompts)}
    return {"id": "1", "object": "text_completion", "choices": choices, "usage": usage}


@contextmanager
def serve(reply: Reply, models: Sequence[str] = ("tiny",), *, alike: bool = False) -> Iterator[Stub]:
    """Serve until the end of the block, in a thread. The first model is the base, the others are adapters on it."""
    stub = Stub(reply, models, alike=alike)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(listen(stub))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(hang_up(server, stub))
        loop.close()


async def listen(stub: Stub) -> asyncio.Server:
    """Start to listen on a free port of this machine, in the running loop."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stub), "127.0.0.1", 0, backlog=1024)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    return server


async def hang_up(server: asyncio.Server, stub: Stub) -> None:
    """Close everything, connections that are just being made among them."""
    server.close()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
    for connection in list(stub.connections):
        connection.abort()
    while stub.connections:  # noqa: ASYNC110 - each leaves by itself in a turn of the loop
        await asyncio.sleep(0)


class Connection(asyncio.Protocol):
    """One client's connection: one request after the other."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._received = b""
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a request is under way here."""
        return self._waiting is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = transport
        self._stub.connections.add(transport)

    def connection_lost(self, _problem: Exception | None) -> None:
        """Count a request that was given up."""
        self._stub.connections.discard(self._transport)
        if self._waiting is not None:
            self._waiting.cancel()
            self._stub.under_way -= 1
            self._stub.abandoned += 1

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a request is complete."""
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._received = rest[length:]
        method, path, _ = first.split(" ")
        if method == "POST" and path in {"/v1/chat/completions", "/v1/completions"}:
            self._ask(json.loads(rest[:length]), headers)
        elif path == "/v1/models":
            self._stub.under_way += 1
            self._send_when_due(self._stub.listed or Sent(self._stub.listing()))
        elif path == "/stub":
            self._send(Sent({"count": self._stub.count, "most_under_way": self._stub.most_under_way}))
        elif self._stub.elsewhere is not None:
            self._send(self._stub.elsewhere(method, path, headers, rest[:length]))
        else:
            self._stub.strays.append(path)
            self._send(Sent({}, 404))

    def _ask(self, body: dict[str, object], headers: dict[str, str]) -> None:
        stub = self._stub
        stub.remember(body, headers)
        stub.count += 1
        stub.under_way += 1
        stub.most_under_way = max(stub.most_under_way, stub.under_way - sum(map(_was_given_up, stub.connections)))
        sent = stub.answer(body)
        if sent.after_s or sent.until:
            self._waiting = asyncio.get_running_loop().call_later(sent.after_s, self._send_when_due, sent)
            return
        stub.under_way -= 1
        self._send(sent)

    def _send_when_due(self, sent: Sent) -> None:
        if sent.until and not sent.until.is_set():
            self._waiting = asyncio.get_running_loop().call_later(POLL_S, self._send_when_due, sent)
            return
        self._waiting = None
        self._stub.under_way -= 1
        self._send(sent)

    def _send(self, sent: Sent) -> None:
        if sent is RESET:
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
            return
        if sent.content is not None:
            self._transport.write(_wire(sent))
        if sent.content is None or sent.cut:
            self._transport.close()


def _was_given_up(transport: asyncio.BaseTransport) -> bool:
    """Tell whether the client no longer waits for its answer: the event loop may hear that after the next request."""
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLRDHUP)
    return transport.get_protocol().is_waiting and bool(poll.poll(0))


def _wire(sent: Sent) -> bytes:
    data = sent.content if isinstance(sent.content, bytes) else json.dumps(sent.content).encode()
    headers = {"content-type": "application/json", "content-length": str(len(data))} | sent.headers
    lines = [f"HTTP/1.1 {sent.status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + data[: len(data) - sent.cut]


def _token(source: str, token: str, alternatives: int) -> dict[str, object]:
    """Return one token as servers report it; its log-probabilities follow from model and prompt."""
    seed = hashlib.sha256(f"{source}\n{token}".encode()).digest()
    values = [-0.05 - byte / 64 - place for place, byte in enumerate(seed[: max(alternatives, 1)])]
    names = [token, *(f"{token}{place}" for place in range(1, alternatives))]
    top = [{"token": name, "logprob": value} for name, value in zip(names, values, strict=True)]
    return {"token": token, "logprob": values[0], "top_logprobs": top[:alternatives]}


class Forgetful(Stub):
    """A stub that counts and remembers nothing, so that it serves any number of requests."""

    def remember(self, body: dict[str, object], headers: dict[str, str]) -> None:
        """Forget what was sent."""


async def main() -> None:
    """Echo the last message until killed, with two models; the first line printed is the address."""
    stub = Forgetful(lambda _model, question: question, ("tiny", "mine"))
    server = await listen(stub)
    print(stub.url, flush=True)  # noqa: T201 - what starts it reads the address
    with contextlib.suppress(asyncio.CancelledError):
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
