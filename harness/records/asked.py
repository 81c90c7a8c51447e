"""What is asked: cases, how answers are drawn, the model, and the request with its key."""

import functools
import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec

from harness.records.messages import Message, Tools
from harness.records.record import Json, Record, digest

Side = Literal["baseline", "candidate"]
HOSTED = "hosted"
"""Takes the place of the digests of a hosted model's base and template, which nobody can know."""
DIGITS = 64
"""How long a digest is: what is shorter in its place is a name."""


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


def digest_of_cases(cases: Iterable[Case]) -> str:
    """Return the digest of a set of cases; their order does not matter."""
    digests = sorted(bytes.fromhex(digest(case)) for case in cases)
    total = hashlib.sha256(b"[")
    for number, one in enumerate(digests):  # the canonical JSON of all of them as hex texts, which can be very long
        total.update(b'%s"%s"' % (b"," if number else b"", one.hex().encode()))
    total.update(b"]")
    return total.hexdigest()
