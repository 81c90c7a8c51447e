"""The frozen records that everything passes around. They hold facts; what to do with them stands elsewhere.

All are msgspec structs: unknown fields refused, tuples instead of lists, and keyword-only, which msgspec does not
inherit, so each says so. msgspec reads and writes them as JSON and TOML, so no record has a parser of its own.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Protocol

import msgspec

# msgspec has no recursive aliases, so the inner levels are checked by being JSON at all.
Json = str | int | float | bool | None | list[Any] | dict[str, Any]
Outcome = Literal["passed", "failed", "inconclusive"]
Side = Literal["baseline", "candidate"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of all records. Frozen, they hold no cycles, so the garbage collector need not look at them."""


class Message(Record, frozen=True, kw_only=True):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Case(Record, frozen=True, kw_only=True):
    """One input with its expected answer. ``group`` clusters related cases: same document, paraphrases."""

    id: str
    messages: tuple[Message, ...]
    expected: Json = None
    tags: tuple[str, ...] = ()
    group: str | None = None
    meta: dict[str, Json] = {}


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

    @property
    def name(self) -> str:
        """The short name that people see."""
        return self.adapter or self.base


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

    @functools.cached_property
    def key(self) -> str:
        """Digest of everything that can change the answer; names of cases and models cannot."""
        identity = (
            self.model.base_digest,
            self.model.adapter_digest,
            self.model.template_digest,
            self.engine,
            self.messages,
            msgspec.structs.replace(self.sampling, repeats=1),
            self.repeat,
            self.again,
        )
        return digest(identity)


class TokenLogprob(Record, frozen=True, kw_only=True):
    """One generated token with its natural-log probability, and the alternatives that were considered."""

    token: str
    logprob: float
    top: dict[str, float] = {}


class Response(Record, frozen=True, kw_only=True):
    """What came back. A failed call carries ``error`` and no text that could be scored."""

    request_key: str
    text: str = ""
    finish_reason: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    logprobs: tuple[TokenLogprob, ...] = ()
    error: str | None = None


class Score(Record, frozen=True, kw_only=True):
    """The value of one answer in [0, 1]; None means unscored, never wrong.

    ``category`` feeds the failure analysis. ``classes`` is (expected, predicted) where the scorer reads labels.
    """

    value: float | None
    reason: str = ""
    category: str = ""
    classes: tuple[str, str] | None = None


class CaseScore(Record, frozen=True, kw_only=True):
    """The score of one answer, with the key of the request that it answers."""

    case_id: str
    group: str | None
    tags: tuple[str, ...] = ()
    repeat: int
    request_key: str
    score: Score


class Scores(Record, frozen=True, kw_only=True):
    """All scores that one scorer gave one model. ``fingerprint`` names what must agree between two sides."""

    scorer: str
    model: ModelRef
    fingerprint: dict[str, str]
    items: tuple[CaseScore, ...]


class Row(Record, frozen=True, kw_only=True):
    """One case of a comparison, repeats averaged; None where a side is unscored, then ``unscored`` says why."""

    case_id: str
    group: str | None = None
    tags: tuple[str, ...] = ()
    baseline: float | None
    candidate: float | None
    unscored: str = ""


class Estimate(Record, frozen=True, kw_only=True):
    """A mean with a two-sided interval at 95 %, the number of cases behind it, and the method's name."""

    mean: float
    low: float
    high: float
    n: int
    method: str


class ClassTable(Record, frozen=True, kw_only=True):
    """Per-class figures of one side: ``confusion[i][j]`` counts answers of class i that were given label j."""

    labels: tuple[str, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    support: tuple[int, ...]
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]


class Noise(Record, frozen=True, kw_only=True):
    """What changed when the baseline was asked the same requests again: chance of the engine, not of the model.

    ``spread`` is the mean squared change of a score, in [0, 1]: of pass-or-fail scores the share that flipped.
    """

    asked: int
    answers_changed: int
    scored: int
    scores_changed: int
    spread: float


class Probe(Record, frozen=True, kw_only=True):
    """How an adapter's first-token log-probabilities differ from its base model's on the same prompts.

    ``largest`` is the largest difference, in nats; ``noise`` is that of the base model asked twice.
    """

    adapter: str
    prompts: int
    changed: int
    largest: float
    noise: float


class Difference(Record, frozen=True, kw_only=True):
    """One entry of the fingerprint in which the two sides differ."""

    name: str
    baseline: str
    candidate: str


class Comparison(Record, frozen=True, kw_only=True):
    """The paired result of one scorer on two models.

    ``lost``, ``won`` and ``unscored`` hold case ids, worst first. A score of at least 0.5 counts as right.
    Estimates are None when no case is scored on both sides. ``detectable`` is the minimum detectable effect.
    ``accepted`` names the differences that a person let through.

    ``unit`` is empty for scores in [0, 1]. Otherwise a quantity of which less is better was measured, such as "s" or
    "tokens": means and rows then hold that unit, nothing is lost or won, and ``ratio`` is candidate over baseline, with
    ``ratio_bound`` as its one-sided upper bound at 95 %.
    ``tag`` names the slice when these are only the cases with one tag.
    """

    scorer: str
    baseline: ModelRef
    candidate: ModelRef
    baseline_mean: Estimate | None
    candidate_mean: Estimate | None
    delta: Estimate | None
    rows: tuple[Row, ...]
    lost: tuple[str, ...]
    won: tuple[str, ...]
    unscored: tuple[str, ...]
    detectable: float | None
    fingerprint: dict[str, str]
    baseline_classes: ClassTable | None = None
    candidate_classes: ClassTable | None = None
    noise: Noise | None = None
    accepted: tuple[Difference, ...] = ()
    unit: str = ""
    ratio: Estimate | None = None
    ratio_bound: float | None = None
    tag: str = ""

    def by_tag(self, name: str) -> "Slices":
        """Return this comparison cut by the tags ``name-value``: one slice for each value, to be gated together."""
        return Slices(comparison=self, name=name)


class Slices(Record, frozen=True, kw_only=True):
    """A comparison to be judged slice by slice; see ``Comparison.by_tag``."""

    comparison: Comparison
    name: str


class Gate(Record, frozen=True, kw_only=True):
    """The thresholds of one gate; None switches one off. ``advisory`` reports and never fails.

    ``floor``, ``max_drop`` and ``max_flips`` judge scores. ``ceiling`` (in the quantity's unit) and ``max_rise`` (0.2:
    a fifth more than the baseline) judge quantities of which less is better.
    """

    floor: float | None = None
    max_drop: float | None = None
    max_flips: int | None = None
    ceiling: float | None = None
    max_rise: float | None = None
    max_unscored: int = 0
    advisory: bool = False


class Verdict(Record, frozen=True, kw_only=True):
    """The outcome of one gate on one comparison, with the reasons in words."""

    test_id: str
    comparison: Comparison
    gate: Gate
    outcome: Outcome
    reasons: tuple[str, ...]


class Rubric(Record, frozen=True, kw_only=True):
    """Written criteria for a judge: a scale with a text for each level, or a pairwise preference."""

    id: str
    version: int
    kind: Literal["scale", "pairwise"]
    question: str
    prompt: str
    levels: dict[str, str] = {}
    uses_expected: bool = False

    @property
    def digest(self) -> str:
        """Digest of every word that the judge reads."""
        return digest(self)


Scorer = Callable[[Case, Response], Score]


class Engine(Protocol):
    """Turns requests into responses. Starting and stopping is a context manager around it."""

    @property
    def identity(self) -> str:
        """Kind, version, dtype and LoRA mode: the part of a request's key that the engine decides."""
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request, in order of completion; a failed call yields an error response."""
        ...


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison, or a judge: a model, and the engine that it answers through."""

    model: ModelRef
    engine: Engine


def digest(value: object) -> str:
    """Return the hex SHA-256 of a value's canonical JSON.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


def digest_of_cases(cases: Sequence[Case]) -> str:
    """Return the digest of a set of cases; their order does not matter."""
    return digest(sorted(digest(case) for case in cases))
