"""What is asked and what comes back: cases, requests, responses, and the engine between them."""

import functools
import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from harness.records.record import UNREADABLE, Json, Record, digest

Side = Literal["baseline", "candidate"]
HOSTED = "hosted"
"""Takes the place of the digests of a hosted model's base and template, which nobody can know."""
DIGITS = 64
"""How long a digest is: what is shorter in its place is a name."""
ENDINGS = frozenset({"", "stop", "length", "tool_calls"})
"""The finish reasons of answers, "" where none is given. With any other (abort, ...) it is not an answer."""


class TextPart(Record, frozen=True, kw_only=True):
    """A part of a message, where its content is a list of parts; text is the only type."""

    type: Literal["text"]
    text: str


class CalledFunction(Record, frozen=True, kw_only=True):
    """Which function an assistant called, and with what; ``arguments`` is an object, or its JSON as text."""

    name: str
    arguments: dict[str, Json] | str

    @property
    def text(self) -> str:
        """The arguments as JSON."""
        given = self.arguments
        return given if isinstance(given, str) else msgspec.json.encode(given).decode()


class ToolCall(Record, frozen=True, kw_only=True):
    """One call in an assistant's turn, as the OpenAI API writes it."""

    function: CalledFunction
    id: str = ""
    type: Literal["function"] = "function"


class Message(Record, frozen=True, kw_only=True):
    """One turn of a conversation, in the shape of the OpenAI API. What is not set is not sent, nor digested."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | tuple[TextPart, ...] | None
    """None is for an assistant's turn that only calls tools."""
    tool_calls: tuple[ToolCall, ...] | msgspec.UnsetType = msgspec.UNSET
    """What the assistant called in this turn."""
    tool_call_id: str | msgspec.UnsetType = msgspec.UNSET
    """Which call a message of role "tool" answers."""
    name: str | msgspec.UnsetType = msgspec.UNSET
    """The function whose result a message of role "tool" is; some templates print it."""

    @property
    def text(self) -> str:
        """The content as one text."""
        content = self.content or ""
        return content if isinstance(content, str) else "".join(part.text for part in content)

    @property
    def calls(self) -> "tuple[Called, ...]":
        """What was called in this turn, each with its arguments as text."""
        made = () if isinstance(self.tool_calls, msgspec.UnsetType) else self.tool_calls
        return tuple(Called(name=call.function.name, arguments=call.function.text) for call in made)


class Tools(Record, frozen=True, kw_only=True):
    """The functions that a model can call, each as the OpenAI API writes it, and whether it must.

    ``choice`` is "auto", "none", "required", or names one function; None leaves it to the server.
    """

    functions: tuple[dict[str, Json], ...] = ()
    choice: str | dict[str, Json] | None = None


class Rendering(Record, frozen=True, kw_only=True):
    """How messages become the text that a model reads, where that is not as its own folder says.

    ``template`` is the text of a Jinja template in place of the model's own. ``template_args`` are values for the
    template, such as ``{"enable_thinking": false}``. "raw" uses no template: the text of the only message is sent.
    """

    template: str | None = None
    template_args: dict[str, Json] = msgspec.field(default_factory=dict)
    format: Literal["chat", "raw"] = "chat"


class Case(Record, frozen=True, kw_only=True):
    """One input with its expected answer. ``group`` clusters related cases: same document, paraphrases.

    ``tools`` and ``tool_choice`` take the place of the suite's.
    """

    id: str
    messages: tuple[Message, ...]
    expected: Json = None
    tags: tuple[str, ...] = ()
    group: str | None = None
    meta: dict[str, Json] = msgspec.field(default_factory=dict)
    tools: tuple[dict[str, Json], ...] | msgspec.UnsetType = msgspec.UNSET
    tool_choice: str | dict[str, Json] | msgspec.UnsetType = msgspec.UNSET


class Sampling(Record, frozen=True, kw_only=True):
    """How answers are drawn; greedy by default. ``response_format`` is passed on as in the OpenAI API."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int = 0
    stop: tuple[str, ...] = ()
    repeats: int = 1
    response_format: dict[str, Json] | None = None
    logprobs: int | None = None
    """How many alternatives to report with each token's log-probability; None reports neither."""


class ModelRef(Record, frozen=True, kw_only=True):
    """What exactly answers. Names are for people, digests are for keys; a base model alone has no adapter.

    Of a hosted model nothing but the name is known: it counts as an adapter on a base named "hosted".
    """

    base: str
    base_digest: str
    template_digest: str
    adapter: str | None = None
    adapter_digest: str | None = None
    label: str = ""
    """What the settings call it: NAME of its table [models.NAME]; empty where it has none."""

    @property
    def name(self) -> str:
        """The short name that people see."""
        return self.label or self.own_name

    @property
    def own_name(self) -> str:
        """What it is called where no table names it: its folder's name, or a server's."""
        return self.base if self.adapter is None else self.adapter

    @property
    def weights(self) -> tuple[str, str, str]:
        """What tells two models apart, whatever people call them."""
        return (self.base_digest, self.template_digest, self.adapter_digest or "")

    @property
    def known_digest(self) -> str:
        """Its adapter's digest; empty without an adapter, and where only a name is known."""
        digest = self.adapter_digest or ""
        return "" if self.is_hosted and len(digest) < DIGITS else digest

    @property
    def is_hosted(self) -> bool:
        """Whether the weights can't be seen: the same name can answer with other weights tomorrow."""
        return self.base_digest == HOSTED


NO_TOOLS, AS_IS = Tools(), Rendering()


class Request(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """One question to one model. ``engine`` names kind, version, dtype and LoRA mode of what will answer.

    ``again`` marks the second asking of a request, by which noise is measured. The key is computed once.
    """

    case_id: str
    model: ModelRef
    engine: str
    messages: tuple[Message, ...]
    sampling: Sampling
    repeat: int = 0
    again: bool = False
    tools: Tools = Tools()
    rendering: Rendering = Rendering()
    continuations: tuple[str, ...] = ()
    """Texts that could follow the prompt: it is asked how likely each is, and nothing is generated."""
    begun: str = ""
    """How the answer begins: the model goes on from there, and the response has only what it adds."""
    then: str = ""
    """The saved run whose answer is meant, where the same is asked of the same model now; empty asks now."""

    @functools.cached_property
    def key(self) -> str:
        """Digest of everything that can change the answer; names of cases and models cannot."""
        # What has its default is left out, so that answers that were stored before it existed keep their keys.
        named = (self.tools, self.rendering, self.continuations, self.begun, self.then)
        more = tuple(one for one in named if one not in (NO_TOOLS, AS_IS, (), ""))
        identity = (
            self.model.base_digest,
            self.model.adapter_digest,
            self.model.template_digest,
            self.engine,
            self.messages,
            msgspec.structs.replace(self.sampling, repeats=1),
            self.repeat,
            self.again,
            *more,
        )
        return digest(identity)

    @property
    def asked_now(self) -> "Request":
        """The same request as it is asked of the model now."""
        return msgspec.structs.replace(self, then="") if self.then else self


def only_text(messages: Sequence[Message], tools: Tools) -> str:
    """Return the text that is sent where messages aren't rendered.

    Raises:
        ValueError: the conversation is not one message of the user's, or there are tools, which no text shows.
    """
    if tools.functions:
        raise ValueError('prompt_format = "raw" sends the text of one user message, in which no tools are shown')
    if [message.role for message in messages] != ["user"]:
        raise ValueError('prompt_format = "raw" sends the text of one user message')
    return messages[0].text


class TokenLogprob(Record, frozen=True, kw_only=True):
    """One generated token with its natural-log probability, and the alternatives that were considered."""

    token: str
    logprob: float | None
    """None where the server gave no finite one."""
    top: dict[str, float] = msgspec.field(default_factory=dict)


class Likelihood(Record, frozen=True, kw_only=True):
    """How likely a model finds a text after a prompt: the natural-log probability of each of its tokens."""

    text: str
    logprobs: tuple[float, ...]

    @property
    def total(self) -> float:
        """The log-probability of the whole text, in nats."""
        return math.fsum(self.logprobs)


class Called(Record, frozen=True, kw_only=True):
    """A function that a model called. ``arguments`` is its own text: JSON if the model did it right."""

    name: str
    arguments: str

    @property
    def text(self) -> str:
        """The call as code writes it."""
        return f"{self.name}({self.arguments})"

    def laid_out(self, indent: int) -> str | None:
        """Return the arguments laid out, on one line with indent 0; None where they are not JSON.

        Numbers, repeated keys and their order stay as they are written. With an indent, deep ones take up to a
        thousand times the space.
        """
        try:
            return msgspec.json.format(self.arguments, indent=indent)
        except (*UNREADABLE, UnicodeEncodeError):
            return None


def in_lines(text: str, calls: Sequence[Called]) -> str:
    """Return what was said as one text, with a line for each call."""
    return "\n".join(filter(None, (text, *(call.text for call in calls))))


class Response(Record, frozen=True, kw_only=True):
    """What came back. A failed call carries ``error`` and no text that could be scored.

    Tokens are None where the server did not count them. Version 0.1 kept 0 for that, so read the counts through
    ``counted_in`` and ``counted_out``.
    """

    request_key: str
    text: str = ""
    finish_reason: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float = 0.0
    logprobs: tuple[TokenLogprob, ...] = ()
    error: str | None = None
    reasoned: bool = False
    """Whether the model reasoned before it answered, and the server kept that apart from the text."""
    reasoning: str = ""
    """What it reasoned, where that is known; no part of the text, and no scorer reads it."""
    tool_calls: tuple[Called, ...] = ()
    """What the model called, in its order. An answer that only calls has no text, and is not empty."""
    likelihoods: tuple[Likelihood, ...] = ()
    """One for each of the request's continuations, in its order; then ``text`` is the likeliest of them."""

    @property
    def said(self) -> str:
        """The text, and a line for each call."""
        return in_lines(self.text, self.tool_calls)

    @property
    def is_empty(self) -> bool:
        """Whether it neither says nor calls anything."""
        return not self.text.strip() and not self.tool_calls

    @property
    def spent_on_reasoning(self) -> bool:
        """Whether reasoning used up all tokens, so that none was left for the answer."""
        return self.reasoned and self.finish_reason == "length" and self.is_empty

    def says_the_same(self, other: "Response") -> bool:
        """Whether another answer has the same text and calls; how either was reasoned doesn't matter."""
        return (self.text, self.tool_calls) == (other.text, other.tool_calls)

    @property
    def counted_in(self) -> int | None:
        """Tokens of the prompt; None when not counted, as 0 can't be right."""
        return self.tokens_in or None

    @property
    def counted_out(self) -> int | None:
        """Tokens of the answer; None when not counted, as 0 can't be right for a text."""
        return self.tokens_out if self.tokens_out or not (self.text or self.tool_calls) else None


class Engine(Protocol):
    """Turns requests into responses. Starting and stopping is a context manager around it."""

    @property
    def identity(self) -> str:
        """Kind, version, dtype and LoRA mode: the part of a request's key that the engine decides."""
        ...

    @property
    def runs_elsewhere(self) -> bool:
        """Whether it only waits for others' servers, and so can be used together with an engine on this machine."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was asked unlike the suite says, such as without a parameter: lines for the facts of the run."""
        ...

    @property
    def can_ask_again(self) -> bool:
        """Whether the same request can get another answer; a saved run has one answer to each."""
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request, in order of completion; a failed call yields an error response."""
        ...

    def stop(self) -> None:
        """Ask nothing more: what ``generate`` gave yields what has arrived, and ends. Any thread can call this."""
        ...


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison, or a judge: a model, the engine that it answers through, and how it is given messages.

    ``declared`` names the entries of the fingerprint in which it can differ from the other side, because the settings
    or the adapter say so. ``held`` has the keys of requests that a saved run asked again; empty for a model.
    ``sampling`` is as in ``Setup``. ``goes_on`` says whether it can be asked to go on from the beginning of an answer.
    ``then`` is as in ``Request``.
    """

    model: ModelRef
    engine: Engine
    rendering: Rendering = Rendering()
    declared: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()
    sampling: str = ""
    goes_on: bool = True
    then: str = ""


def digest_of_cases(cases: Iterable[Case]) -> str:
    """Return the digest of a set of cases; their order does not matter."""
    digests = sorted(bytes.fromhex(digest(case)) for case in cases)
    total = hashlib.sha256(b"[")
    for number, one in enumerate(digests):  # the canonical JSON of all of them as hex texts, which can be very long
        total.update(b'%s"%s"' % (b"," if number else b"", one.hex().encode()))
    total.update(b"]")
    return total.hexdigest()
