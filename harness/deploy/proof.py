"""The proof that an adapter answers under a name of a running server, by the first tokens' log-probabilities."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.asking.probe import LEAST, ProbePlan, difference, judge_probe, plan_probe, refuse_unmeasured
from harness.config.home import home_folder
from harness.deploy.chosen import Chosen
from harness.engines.http.endpoint import Endpoint
from harness.engines.openai import HttpEngine, Route, hosted_model
from harness.errors import WrongAdapter
from harness.records.answered import Response
from harness.records.asked import Rendering, Request, Sampling
from harness.records.compared import Probe
from harness.records.messages import Message
from harness.records.record import UNREADABLE, Record, digest
from harness.text.atomic import write_durably

PROMPTS = (
    "Name three colours of the rainbow.",
    "My order has not arrived yet. What should I do?",
    "Summarise in one sentence: the meeting was moved from Monday to Thursday because the room was taken.",
    'Reply with JSON that has the keys "name" and "city".',
)
ROUNDED = 0.25
"""Nats. Other number formats, kernels and batches move a first token's log-probability by less."""


class Fingerprint(Record, frozen=True, kw_only=True):
    """How a name answered the prompts, and how it differed from its base model."""

    responses: tuple[Response, ...]
    probe: Probe


def fingerprint(endpoint: Endpoint, name: str, base: str, rendering: Rendering) -> Fingerprint:
    """Ask a name and its base model, and prove that the name's adapter changes the answers.

    Raises:
        SilentAdapter: it changes nothing.
        Unmeasured: a call failed, or log-probabilities are missing.
        EngineSetupError, ServerLost: the server can't be asked.
    """
    plan = _plan(name, base, rendering)
    found = {response.request_key: response for response in _engine(endpoint).generate(plan.requests)}
    probe = judge_probe(plan, found)
    return Fingerprint(responses=tuple(found[one.key] for one in plan.adapter), probe=probe)


def answers(endpoint: Endpoint, name: str, rendering: Rendering) -> tuple[Response, ...]:
    """Return how a name answers the prompts, without its base model.

    Raises:
        Unmeasured: a call failed, or log-probabilities are missing.
    """
    plan = _plan(name, name, rendering)
    found = {response.request_key: response for response in _engine(endpoint).generate(plan.adapter)}
    for response in found.values():
        refuse_unmeasured(name, response)
    return tuple(found[one.key] for one in plan.adapter)


def refuse_unlike(name: str, now: Sequence[Response], proved: Sequence[Response], noise: float) -> None:
    """Refuse answers that are others than those of an adapter that was proved to answer.

    Raises:
        WrongAdapter: they differ by more than rounding explains.
    """
    apart = furthest(now, proved)
    if apart > max(ROUNDED, noise):
        raise WrongAdapter(
            f"{name} answers otherwise than it did when it was proved: log-probabilities of first tokens differ by "
            f"{apart:.2f} nats, and rounding explains at most {ROUNDED:g}; the server may read another folder, or "
            "another base model"
        )


def refuse_other(name: str, now: Sequence[Response], new: Fingerprint, old: Sequence[Response]) -> None:
    """Refuse answers under a stable name that are the old adapter's rather than the new one's.

    Raises:
        WrongAdapter: they are, or they are neither's.
    """
    refuse_unlike(name, now, new.responses, new.probe.noise)
    if (
        old
        and furthest(new.responses, old) >= max(LEAST, 2 * new.probe.noise)
        and total(now, old) < total(now, new.responses)
    ):
        raise WrongAdapter(f"{name} still answers as the adapter did that was served before")


def furthest(one: Sequence[Response], other: Sequence[Response]) -> float:
    """Return the largest difference between first tokens' log-probabilities on the same prompts, in nats."""
    return max(map(difference, one, other))


def total(one: Sequence[Response], other: Sequence[Response]) -> float:
    """Return the sum of the largest differences on each prompt, in nats."""
    return sum(map(difference, one, other))


def proof_file(chosen: Chosen) -> Path:
    """Return where the answers are kept by which an adapter, on its base model and asked in its way, was proved."""
    ref = chosen.model.ref
    known = digest((ref.base_digest, ref.adapter_digest, ref.template_digest, chosen.rendering, PROMPTS))
    return home_folder() / "proofs" / f"{known[:32]}.json"


def earlier(file: Path) -> tuple[Response, ...]:
    """Return the answers that were kept when an adapter was proved before; none where there are none."""
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=tuple[Response, ...])
    except (OSError, *UNREADABLE):
        return ()
    return kept if len(kept) == len(PROMPTS) and all(one.logprobs for one in kept) else ()


def keep(file: Path, proved: Sequence[Response]) -> None:
    """Keep the answers of an adapter that was proved, for its next proof on this machine; the first ones stay."""
    if not earlier(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, msgspec.json.encode(tuple(proved)))


def _plan(name: str, base: str, rendering: Rendering) -> ProbePlan:
    asked = [
        Request(
            case_id=f"proof-{number}",
            model=hosted_model(name),
            engine="",
            messages=(Message(role="user", content=text),),
            sampling=Sampling(max_tokens=1),
            rendering=Rendering(format=rendering.format),  # the server has the template and its values
        )
        for number, text in enumerate(PROMPTS)
    ]
    return plan_probe(asked, hosted_model(name), hosted_model(base))


def _engine(endpoint: Endpoint) -> HttpEngine:
    return HttpEngine("proof", lambda ref: Route(endpoint, str(ref.adapter)))
