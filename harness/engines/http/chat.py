"""One chat completion over HTTP: what is sent, and what is read in what comes back."""

import json
import math
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.failure import clean, read_error_in_answer
from harness.engines.http.faults import ENDS, Fault
from harness.engines.http.message import SaidMessage, read_calls, read_reasoning, read_text, sent_message
from harness.engines.http.options import Options, options_of
from harness.records.answered import ENDINGS, Response, TokenLogprob
from harness.records.asked import HOSTED, Request
from harness.records.messages import Called, Message
from harness.records.record import Json
from harness.text.secrets import Secrets


class _Body(Options, omit_defaults=True, kw_only=True):
    """A request as it is sent."""

    messages: tuple[Message, ...]
    tools: tuple[dict[str, Json], ...] = ()
    tool_choice: str | dict[str, Json] | None = None
    logprobs: bool = False
    top_logprobs: int | None = None
    chat_template: str | None = None
    chat_template_kwargs: dict[str, Json] = msgspec.field(default_factory=dict)
    add_generation_prompt: bool | None = None
    continue_final_message: bool | None = None


class _Alternative(msgspec.Struct):
    token: str
    logprob: float | None = None


class _Token(msgspec.Struct):
    token: str
    logprob: float | None = None
    top_logprobs: list[_Alternative] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    message: SaidMessage | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None
    index: Any = None
    error: Any = None


class _Completion(msgspec.Struct):
    """The part of a chat completion that is read; servers add fields of their own."""

    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


_COMPLETION = msgspec.json.Decoder(_Completion)
_ENCODER = msgspec.json.Encoder()


def goes_on_in_chat(request: Request) -> bool:
    """Tell whether the beginning of an answer is sent as the last message, for the server's own template to leave open.

    So it is where nothing here knows the model's tokens. vLLM and SGLang go on from there; a server that knows no
    ``continue_final_message`` begins anew, and only log-probabilities show that: without them nobody is asked so.
    """
    if not request.begun or request.sampling.logprobs is None:
        return False
    return request.model.is_hosted and request.model.template_digest == HOSTED


def encode_request(request: Request, served_name: str, endpoint: Endpoint, unsent: frozenset[str]) -> bytes:
    """Return the body that asks for a request's answer, without the parameters that are ``unsent``."""
    sampling = request.sampling
    begun = (Message(role="assistant", content=request.begun),) if request.begun else ()
    body = _Body(
        **options_of(request, served_name, endpoint, unsent),
        messages=tuple(map(sent_message, (*request.messages, *begun))),
        add_generation_prompt=False if begun else None,
        continue_final_message=True if begun else None,
        tools=request.tools.functions,
        tool_choice=request.tools.choice if request.tools.functions else None,
        logprobs=sampling.logprobs is not None,
        top_logprobs=sampling.logprobs,
        chat_template=request.rendering.template,
        chat_template_kwargs=request.rendering.template_args,
    )
    return _ENCODER.encode(body)


def read_answer(request_key: str, body: bytes, seconds: float, endpoint: Endpoint) -> Response:
    """Return the response in a server's answer, with the secrets in it masked: so it is scored, kept and shown.

    Raises:
        Fault: it is an error, not a chat completion, or one that the server ended in another way than an answer ends.
    """
    try:
        completion = _decode(body)
    except (ValueError, RecursionError) as problem:
        raise read_error_in_answer(body, endpoint) or _unreadable(clean(str(problem), endpoint)) from None
    if completion.error or not completion.choices:
        raise read_error_in_answer(body, endpoint) or _unreadable("it has no choices")
    choice = completion.choices[0]
    if choice.index != 0:
        choice = next((one for one in completion.choices if one.index == 0), choice)
    ending = choice.finish_reason or ""
    if ending not in ENDINGS:
        raise _ended(ending, choice.error, endpoint)
    said = choice.message
    if said is None:
        raise _unreadable("its choice has no message")
    said_text, calls = read_text(said, endpoint), read_calls(said, endpoint)
    reasoned, reasoning = read_reasoning(said)
    secrets = endpoint.secrets.unmistakable
    return Response(
        request_key=request_key,
        text=secrets.mask(said_text),
        finish_reason=sys.intern(ending),  # nearly all are alike
        tokens_in=_tokens(completion.usage, "prompt_tokens"),
        tokens_out=_tokens(completion.usage, "completion_tokens"),
        seconds=seconds,
        logprobs=_logprobs(choice.logprobs.content, secrets) if choice.logprobs and choice.logprobs.content else (),
        reasoned=reasoned,
        reasoning=secrets.mask(reasoning),
        tool_calls=tuple(Called(name=secrets.mask(one.name), arguments=secrets.mask(one.arguments)) for one in calls),
    )


def _decode(body: bytes) -> _Completion:
    """Read a chat completion. Raises ValueError when it is not one."""
    try:
        return _COMPLETION.decode(body)
    except msgspec.DecodeError:
        # Python's reader takes what models do send and JSON can't hold: half a surrogate, which is replaced, and
        # numbers that are none, which are left out.
        read = json.loads(body, parse_constant=lambda _: None, parse_float=_finite)
        text = json.dumps(read, ensure_ascii=False)
        return _COMPLETION.decode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _unreadable(why: str) -> Fault:
    return Fault("unreadable", f"the server's answer can't be read: {why}")


def _ended(ending: str, error: object, endpoint: Endpoint) -> Fault:
    """Return the fault of an answer that a server cut short or withheld: its text is not an answer."""
    why = error.get("message") if isinstance(error, dict) else error
    because = f": {clean(why, endpoint)}" if isinstance(why, str) else ""
    ended = clean(ending, endpoint)
    return Fault(ENDS.get(ending, "refused"), f"the server ended the answer with finish_reason {ended!r}{because}")


def _tokens(usage: object, name: str) -> int | None:
    """Return a count that a server reports, also as a float or as text; None where it reports no valid one."""
    count = usage.get(name) if isinstance(usage, dict) else None
    if type(count) is int and count >= 0:
        return count
    if isinstance(count, str) and count.isascii() and count.isdecimal():
        count = int(count[:18])
    if isinstance(count, bool) or not isinstance(count, int | float) or count < 0 or count != math.floor(count):
        return None
    return int(count)


def _logprobs(content: Sequence[_Token], secrets: Secrets) -> tuple[TokenLogprob, ...]:
    """Return what is known of each token, up to the first unknown one; infinite values count as unknown.

    Nothing counts as known where the tokens together, or one of the alternatives, hold a secret.
    """
    tokens = "".join(one.token for one in content)
    alternatives = "\n".join(each.token for one in content for each in one.top_logprobs or ())
    if secrets.mask(tokens) != tokens or secrets.mask(alternatives) != alternatives:
        return ()
    known: list[TokenLogprob] = []
    for one in content:
        top = {each.token: each.logprob for each in one.top_logprobs or () if each.logprob is not None}
        logprob = top.get(one.token) if one.logprob is None else one.logprob
        if logprob is None and not top:
            break
        known.append(TokenLogprob(token=one.token, logprob=logprob, top=top))
    return tuple(known)
