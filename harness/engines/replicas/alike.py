"""What a server says of itself, and that replicas say the same: without both, their answers are not one model's."""

import asyncio
import http
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.faults import Fault
from harness.engines.http.transport import CONNECT_TIMEOUT_S, fetch
from harness.engines.replicas.proofs import Proof
from harness.errors import EngineSetupError
from harness.records.answered import Response
from harness.records.record import UNREADABLE
from harness.text.visible import for_terminal

LONGEST_FACT = 60
VERSION = "the version"
MOST_APART = 0.05
"""Nats. With bfloat16 in place of float32 a model of 135 million parameters is .06 to .12 apart from itself, over six
prompts; with float16 .01 to .02."""

Facts = Mapping[str, str]
"""What a server says of itself, by what it is."""
Said = tuple[str, Mapping[str, Response]]
"""The name of a server, and its responses by the keys of their requests."""


class _Listed(msgspec.Struct):
    id: str
    root: str | None = None
    max_model_len: int | None = None


class _List(msgspec.Struct):
    data: list[_Listed] = []


class _Version(msgspec.Struct):
    version: str = ""


async def is_there(endpoint: Endpoint) -> bool:
    """Tell whether anything answers at an address, whatever it says."""
    return await asyncio.to_thread(_fetched, "/models", endpoint) is not None


def facts_of(endpoint: Endpoint) -> Facts | None:
    """Return what a server says of itself: its version, and of each model its source and limit; None if it is away.

    What it doesn't say is not among them.
    """
    reply = _fetched("/models", endpoint)
    if reply is None:
        return None
    try:
        listed = msgspec.json.decode(reply, type=_List).data
    except UNREADABLE:
        return {}
    facts = {}
    for one in listed:
        facts[f"the source of {one.id}"] = one.root or ""
        facts[f"the longest prompt of {one.id}"] = str(one.max_model_len or "")
    root = replace(endpoint, base_url=endpoint.base_url.rstrip("/").removesuffix("/v1"))
    try:
        facts[VERSION] = msgspec.json.decode(_fetched("/version", root) or b"{}", type=_Version).version
    except UNREADABLE:
        facts[VERSION] = ""
    return {name: value for name, value in facts.items() if value}


def refuse_unlike(first: tuple[str, Facts], other: tuple[str, Facts]) -> None:
    """Refuse a server that is not like the first one, as far as both say what they are.

    Raises:
        EngineSetupError: it differs; both and the difference are named.
    """
    for what in first[1].keys() & other[1].keys():
        one, two = (for_terminal(facts[what], LONGEST_FACT) for facts in (first[1], other[1]))
        if one != two:
            raise EngineSetupError(
                f"{for_terminal(what)} is {one} at {first[0]} and {two} at {other[0]}; replicas must be alike: "
                "serve the same there, or leave one out"
            )


def refuse_apart(proof: Proof, first: Said, other: Said) -> None:
    """Refuse a server that answered the prompts of a proof otherwise than the one that gave it first.

    Raises:
        EngineSetupError: it did; both are named.
    """
    apart = proof.apart(first[1], other[1])
    if apart >= MOST_APART:
        raise EngineSetupError(
            f"{other[0]} answers otherwise than {first[0]}: on the same prompts their token log-probabilities are up "
            f"to {apart:.2f} nats apart, where {MOST_APART:g} is too far; one of them has other weights, another "
            "number format or other options: start both by the same command, or leave one out"
        )


def _fetched(path: str, endpoint: Endpoint) -> bytes | None:
    """Return what a server answers, empty unless it is good; None where nothing answers."""
    try:
        reply = fetch(path, replace(endpoint, timeout_s=min(endpoint.timeout_s, CONNECT_TIMEOUT_S)))
    except Fault as fault:
        return None if fault.kind in {"unreachable", "lost", "hang"} else b""
    return reply.body if reply.status == http.HTTPStatus.OK else b""
