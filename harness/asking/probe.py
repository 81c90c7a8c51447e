"""Proof that an adapter is the one answering: its first-token log-probabilities differ from its base model's."""

from collections.abc import Iterable, Mapping

import msgspec

from harness.errors import SilentAdapter, Unmeasured
from harness.records.answered import Response, TokenLogprob
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.compared import Probe
from harness.records.messages import Tools
from harness.records.record import Record, digest

PROMPTS = 4
ALTERNATIVES = 5
LEAST = 0.01
"""A difference below this, in nats, is rounding."""
CAUSES = (
    "the server may serve the base model under the adapter's name, the adapter may target layers that the server "
    'leaves out, or its weights may be untrained; serve it with lora = "merged" in harness.toml and run again, '
    "or train it again"
)


class ProbePlan(Record, frozen=True, kw_only=True):
    """The same prompts to an adapter, to its base model, and to the base model again."""

    name: str
    adapter: tuple[Request, ...]
    base: tuple[Request, ...]
    again: tuple[Request, ...]

    @property
    def requests(self) -> tuple[Request, ...]:
        """All of them, the repeated ones last."""
        return (*self.adapter, *self.base, *self.again)


class FirstPrompts:
    """Of the requests that it has seen, one for each of the prompts whose digests come first.

    For equal prompts, that is the last request.
    """

    def __init__(self) -> None:
        self._chosen: dict[str, Request] = {}
        self._last = ""

    def see(self, request: Request) -> None:
        """Choose a request, if its prompt is among the first ones so far."""
        found = digest(request.messages)
        if len(self._chosen) < PROMPTS or found <= self._last:
            self._chosen[found] = request
            if len(self._chosen) > PROMPTS:
                del self._chosen[self._last]
            self._last = max(self._chosen)

    def requests(self) -> list[Request]:
        """Return the chosen requests, by the digest of their prompts."""
        return [self._chosen[found] for found in sorted(self._chosen)]


def plan_probe(planned: Iterable[Request], adapter: ModelRef, base: ModelRef) -> ProbePlan:
    """Choose the first prompts of a plan, by their digest, and ask for one token of each with its alternatives.

    The next candidate on the same suites gets the same prompts, so the base model's answers are in the store then.
    """
    prompts = FirstPrompts()
    for request in planned:
        prompts.see(request)
    return probe_of(prompts, adapter, base)


def probe_of(first: FirstPrompts, adapter: ModelRef, base: ModelRef) -> ProbePlan:
    """Ask for one token of each of the chosen prompts, with its alternatives."""
    sampling = Sampling(max_tokens=1, logprobs=ALTERNATIVES)
    bare = {"sampling": sampling, "repeat": 0, "continuations": ()}
    prompts = [msgspec.structs.replace(request, **bare, tools=_free(request.tools)) for request in first.requests()]
    return ProbePlan(
        name=adapter.name,
        adapter=tuple(msgspec.structs.replace(request, model=adapter) for request in prompts),
        base=tuple(msgspec.structs.replace(request, model=base) for request in prompts),
        again=tuple(msgspec.structs.replace(request, model=base, again=True) for request in prompts),
    )


def _free(tools: Tools) -> Tools:
    """Return tools that needn't be called: where a call must come, its first token is the same for every model."""
    return tools if tools.choice == "none" else msgspec.structs.replace(tools, choice=None)


def judge_probe(plan: ProbePlan, responses: Mapping[str, Response]) -> Probe:
    """Compare an adapter's responses with those of its base model, prompt by prompt.

    A prompt counts as changed when the difference is at least 0.01 nats and above the largest that the base model
    shows with itself.

    Raises:
        SilentAdapter: the adapter changes nothing on any prompt.
        Unmeasured: a call failed, or the server reports no log-probabilities.
    """
    answered = {request.key: responses[request.key] for request in plan.requests}
    for response in answered.values():
        refuse_unmeasured(plan.name, response)
    adapter, base, again = (
        [answered[request.key] for request in part] for part in (plan.adapter, plan.base, plan.again)
    )
    noise = max(map(difference, base, again))
    differences = tuple(map(difference, adapter, base))
    changed = sum(value >= LEAST and value > noise for value in differences)
    if not changed:
        raise SilentAdapter(
            f"{plan.name} changes nothing: on {len(differences)} prompts its token log-probabilities equal those of "
            f"the base model (largest difference {max(differences):.4f}, noise {noise:.4f}); {CAUSES}"
        )
    return Probe(adapter=plan.name, prompts=len(differences), changed=changed, largest=max(differences), noise=noise)


def difference(one: Response, other: Response) -> float:
    """Return the largest difference between two first tokens' log-probabilities, in nats.

    An alternative that only one of them lists is compared with the least likely one that the other lists.
    """
    tables = [_table(first) for first in (one.logprobs[0], other.logprobs[0])]
    least = [min(table.values()) for table in tables]
    return max(
        abs(tables[0].get(token, least[0]) - tables[1].get(token, least[1])) for token in {**tables[0], **tables[1]}
    )


def _table(first: TokenLogprob) -> dict[str, float]:
    """Return the log-probabilities that are known of a token and its alternatives."""
    return first.top if first.logprob is None else {first.token: first.logprob, **first.top}


def refuse_unmeasured(name: str, response: Response) -> None:
    """Refuse a response without log-probabilities, by which nothing can be proved.

    Raises:
        Unmeasured: the call failed, or the server reports none.
    """
    why = response.error
    if why is None and not (response.logprobs and _table(response.logprobs[0])):
        why = "the server reports no log-probabilities; serve it with vLLM, or use --engine transformers"
    if why is not None:
        raise Unmeasured(f"could not check that {name} is the model that answers: {why}")
