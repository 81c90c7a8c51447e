"""vLLM's request logs, as its server writes them among other lines: prompts only at the level DEBUG.

A request is in up to four lines: its JSON body, its prompt, its parameters, its output. They are put together by its id
while the file is read; no more than ``OPEN`` requests wait for their output.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from harness.logs.fields import reason_of
from harness.logs.openai_api import asked_in
from harness.logs.part import NO_ANSWER, Part
from harness.logs.times import time_of
from harness.logs.turns import ROLES, decoded
from harness.records.logged import Logged
from harness.records.messages import Message

NO_CONTENT = (
    "content was not captured: vLLM logs prompts only with --enable-log-requests and VLLM_LOGGING_LEVEL=DEBUG, and "
    "answers only with --enable-log-outputs; without --max-log-len they are whole"
)
OPEN = 10_000
"""Requests that can be under way at once."""
LINE = re.compile(rb"Received request \S+: |Request \S+ (?:details: |JSON body: )|Generated response \S+")
"""What is in the lines that are read."""
_HEAD = re.compile(LINE.pattern.decode())
"""Where a message begins; what is quoted in it can look like one too."""
_ID = r"(?P<id>\S+?)"
_BODY = re.compile(rf"Request {_ID} JSON body: (?P<body>.*)", re.DOTALL)
_DETAILS = re.compile(rf"Request {_ID} details: prompt: (?P<prompt>.*), prompt_token_ids: (?P<ids>.*)", re.DOTALL)
_RECEIVED = re.compile(rf"Received request {_ID}: (?:prompt: (?P<prompt>.*), )?params: (?P<rest>.*)", re.DOTALL)
_OUTPUT = re.compile(
    rf"Generated response {_ID}(?P<stream> \(streaming \w+\))?: output: (?P<text>.*), finish_reason: (?P<why>\w+)",
    re.DOTALL,
)
_LORA = re.compile(r"lora_name='(?P<name>[^']*)'")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SHORT_TIME = re.compile(r"(?<!\d)(\d\d)-(\d\d) (\d\d:\d\d:\d\d)")
_LONG_TIME = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_PREFIX = re.compile(r"(?:chatcmpl|cmpl|resp|responses)-|-\d+$")
_CHATML = re.compile(r"<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>|\Z)", re.DOTALL)
_LLAMA = re.compile(r"<\|start_header_id\|>(\w+)<\|end_header_id\|>\n\n(.*?)(?:<\|eot_id\|>|\Z)", re.DOTALL)

_GEMMA = re.compile(r"<start_of_turn>(\w+)\n(.*?)(?:<end_of_turn>|\Z)", re.DOTALL)
_TAGGED = re.compile(
    r"<\|(system|user|assistant)\|>\n?(.*?)(?:<\|end\|>|</s>|<\|endoftext\|>|(?=<\|(?:system|user|assistant)\|>)|\Z)",
    re.DOTALL,
)
"""Of Phi, Zephyr, GLM and others."""


def vllm_parts(lines: Iterable[tuple[int, str]], called: str, written: float) -> Iterator[Part]:
    """Yield the requests in lines, each once its output was there; ``written`` is when the file was last changed."""
    under_way: dict[str, Part] = {}
    for number, line in lines:
        whole = _COLOUR.sub("", line.rstrip("\r\n"))
        head = _HEAD.search(whole)
        if head is None:
            continue
        moment = _time_of(whole[: head.start()], written)
        text = whole[head.start() :]
        place = f"{called}:{number}"
        if found := _BODY.match(text):
            body = decoded(found["body"])
            if isinstance(body, dict):
                _add(under_way, found["id"], asked_in(body, place), moment)
        elif found := _DETAILS.match(text):
            _add(under_way, found["id"], _prompted(found["prompt"], place), moment, _counted(found["ids"]))
        elif found := _RECEIVED.match(text):
            if found["rest"].startswith("PoolingParams"):  # for embeddings, scores and classes
                continue
            asked = _prompted(found["prompt"] or "None", place)
            name = _LORA.search(found["rest"])
            _add(under_way, found["id"], msgspec.structs.replace(asked, model=name["name"] if name else ""), moment)
        elif (found := _OUTPUT.match(text)) and "delta" not in (found["stream"] or ""):
            part = under_way.pop(_key(found["id"]), None) or _part(
                Logged(place=place, messages=()), found["id"], moment
            )
            yield _answered(part, found, moment)
        while len(under_way) > OPEN:
            yield under_way.pop(next(iter(under_way)))
    yield from under_way.values()


def _add(under_way: dict[str, Part], key: str, said: Logged, moment: float | None, tokens: int | None = None) -> None:
    """Add what one line says to a request: of its turns those that its body has count, which comes first."""
    own = under_way.get(_key(key)) or _part(said, key, moment)
    known = own.logged
    logged = msgspec.structs.replace(
        known,
        messages=known.messages or said.messages,
        model=said.model or known.model,
        tools=known.tools if known.tools.functions else said.tools,
        tokens_in=known.tokens_in if tokens is None else tokens,
        id=key if known.id in ("", "N/A") else known.id,
    )
    under_way[_key(key)] = Part(logged=logged, lacks="" if logged.messages else NO_CONTENT)


def _part(said: Logged, key: str, moment: float | None) -> Part:
    logged = msgspec.structs.replace(said, id=key, time=moment, error=NO_ANSWER)
    return Part(logged=logged, lacks="" if said.messages else NO_CONTENT)


def _answered(part: Part, found: re.Match[str], moment: float | None) -> Part:
    asked = part.logged
    logged = msgspec.structs.replace(
        asked,
        text=_literal(found["text"]),
        finish_reason=reason_of(found["why"]),
        error="",
        seconds=moment - asked.time if moment is not None and asked.time is not None and moment > asked.time else None,
    )
    return msgspec.structs.replace(part, logged=logged)


def _prompted(written: str, place: str) -> Logged:
    """Return what a prompt asks: its turns, where a chat template that is known by its marks rendered it."""
    text = "" if written == "None" else _literal(written)
    for marks in (_CHATML, _LLAMA, _GEMMA, _TAGGED):
        turns = [(ROLES.get(role), said.strip()) for role, said in marks.findall(text)]
        if turns and turns[-1] == ("assistant", ""):
            turns.pop()
        messages = tuple(Message(role=role, content=said) for role, said in turns if role)
        if messages and len(messages) == len(turns):
            return Logged(place=place, messages=messages)
    return Logged(place=place, messages=(Message(role="user", content=text),) if text.strip() else ())


def _literal(written: str) -> str:
    try:
        made = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return written
    return made if isinstance(made, str) else written


def _counted(ids: str) -> int | None:
    """Return how many tokens a list has; None where it was not logged."""
    listed = ids.partition("]")[0]
    return listed.count(",") + 1 if listed.startswith("[") and len(listed) > 1 else None


def _key(name: str) -> str:
    """Return what lines about one request share: its body has the bare id."""
    return _PREFIX.sub("", name)


def _time_of(text: str, written: float) -> float | None:
    """Return when a line was written. Of vLLM's own times, which have no year, the latest that can be is meant."""
    if found := _LONG_TIME.search(text):
        return time_of(found[0].replace(",", "."))
    found = _SHORT_TIME.search(text)
    if found is None:
        return None
    year = datetime.fromtimestamp(written, UTC).year
    for one in (year, year - 1):
        moment = time_of(f"{one}-{found[1]}-{found[2]} {found[3]}")
        if moment is not None and moment <= written + 86_400:
            return moment
    return None
