"""What must agree between two sides before their scores are compared, entry by entry, each with its own name."""

import hashlib
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.asking.cases import Suite
from harness.errors import IncomparableRuns, InputError
from harness.records.asked import AS_IS, NO_TOOLS, Case, ModelRef, Rendering
from harness.records.compared import Difference
from harness.records.engine import Contender
from harness.records.messages import Message
from harness.records.record import digest
from harness.records.scored import Scores
from harness.scorers.judges.judge import Judge, PairJudge, members_of
from harness.text.visible import quoted

NAMES = (
    "cases",
    "messages",
    "baseline prompt",
    "sampling",
    "scorer",
    "judge",
    "rubric",
    "base model",
    "chat template",
    "tools",
    "reasoning",
    "engine",
    "dtype",
)
"""Every entry that a fingerprint can have."""

DECLARED = ("baseline prompt",)
"""Entries in which the suite itself allows the sides to differ."""

FOLLOWS: Mapping[str, Collection[str]] = {"messages": ("chat template", "baseline prompt")}
"""Entries that differ whenever one of those named here does, and are accepted with it."""

NEVER_ACCEPTED: Mapping[str, str] = {
    "cases": "scores are paired case by case, so both sides must have been asked the same cases",
    "scorer": "a difference between two scorers says nothing about the models",
}
"""Entries in which no difference can be accepted, and why."""

DTYPES = ("float32", "bfloat16", "float16")


def fingerprint_of_side(suite: Suite, contender: Contender) -> dict[str, str]:
    """Return the entries of one side that are the same for every scorer.

    An entry that follows from others comes after them, so that the first difference is the cause.
    """
    return fingerprints_of_sides(suite, [contender])[0]


def fingerprints_of_sides(suite: Suite, contenders: Iterable[Contender]) -> list[dict[str, str]]:
    """Return what ``fingerprint_of_side`` does of each side; the cases are read once for all that are sent the same."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    made = []
    for contender in contenders:
        sent = digest(suite.prompt_for(contender.model)), template_of(suite, contender)
        if sent not in known:
            known[sent] = _digests_of_cases(suite, contender.model, template_of(suite, contender))
        made.append(_fingerprint(suite, contender, *known[sent]))
    return made


def _fingerprint(suite: Suite, contender: Contender, messages: str, tools: str) -> dict[str, str]:
    model, (engine, dtype) = contender.model, split_identity(contender.engine.identity)
    prompt = suite.prompt_for(model)
    return {
        "cases": suite.digest,
        **({"baseline prompt": f"{len(prompt)} messages, {digest(prompt)}"} if prompt else {}),
        "sampling": contender.sampling or sampling_of(suite),
        "base model": model.base_digest,
        "chat template": template_of(suite, contender),
        "messages": messages,
        **({"tools": tools} if tools else {}),
        **({"reasoning": suite.reasoning} if suite.reasoning else {}),
        "engine": engine,
        "dtype": dtype,
    }


def sampling_of(suite: Suite) -> str:
    """Return how answers are drawn, or that none are: then which texts are weighed, by their digest."""
    if suite.continuations:
        return f"likelihood of given texts, {digest(suite.continuations)}"
    return msgspec.json.encode(suite.sampling, order="sorted").decode()


def template_of(suite: Suite, contender: Contender) -> str:
    """Return what makes text of messages: the model's own template, by its digest, and what is set beside it."""
    return told_template(contender.model.template_digest, suite.rendering_for(contender))


def told_template(own: str, rendering: Rendering) -> str:
    """Return the entry of a template: its digest alone where nothing is set beside it."""
    return own if rendering == AS_IS else f"{own}, with {digest(rendering)}"


def _digests_of_cases(suite: Suite, model: ModelRef, template: str) -> tuple[str, str]:
    """Return the digest of what is sent, and of what can be called in each case; empty where there is nothing in any.

    Cases that are in the order of their ids are read only once: there can be very many.
    """
    can_call = False

    def sent(cases: Iterable[Case]) -> Iterator[tuple[str, tuple[Message, ...]]]:
        nonlocal can_call
        for case in cases:
            can_call = can_call or suite.tools_for(case) != NO_TOOLS
            yield case.id, suite.messages_for(case, model)

    try:
        messages = digest_of_messages(sent(_ascending(suite.cases)), template)
    except _NotAscending:
        messages = digest_of_messages(sent(_by_id(suite.cases)), template)
    return messages, digest({case.id: suite.tools_for(case) for case in suite.cases}) if can_call else ""


def fingerprint_of_judge(judge: Judge | PairJudge) -> dict[str, str]:
    """Return the entries of a comparison by a judge; every member of a jury is named."""
    members = []
    for one in members_of(judge):
        template = told_template(one.model.template_digest, one.rendering)
        weights = f"base {one.model.base_digest}, adapter {one.model.adapter_digest or 'none'}, template {template}"
        members.append(f"{one.model.name} through {one.engine_identity}: {weights}")
    rubric = judge.rubric
    return {
        "judge": f"{judge.combine} of {'; '.join(members)}" if judge.others else members[0],
        "rubric": f"{rubric.id} v{rubric.version} {rubric.digest}",
    }


def digest_of_messages(sent: Iterable[tuple[str, tuple[Message, ...]]], template_digest: str) -> str:
    """Digest what is sent after templating: the messages of every case, by its id, and the template that joins them.

    ``sent`` is in the order of the ids, so that the order of the cases does not matter; all repeats send the same.
    """
    total, encode = hashlib.sha256(template_digest.encode()), msgspec.json.Encoder().encode
    for one in sent:
        total.update(encode(one))
    return total.hexdigest()


class _NotAscending(Exception):
    """Cases are not in the order of their ids."""


def _ascending(cases: Iterable[Case]) -> Iterator[Case]:
    before = ""
    for case in cases:
        if case.id < before:
            raise _NotAscending
        before = case.id
        yield case


def _by_id(cases: Sequence[Case]) -> Iterator[Case]:
    """Yield cases in the order of their ids; only these are in memory."""
    ids = [case.id for case in cases]
    return (cases[place] for place in sorted(range(len(ids)), key=ids.__getitem__))


def split_identity(identity: str) -> tuple[str, str]:
    """Return an engine's identity without its dtype, and the dtype.

    >>> split_identity("vllm 0.32.0 float32 merged"), split_identity("openai http://localhost:8000/v1")
    (('vllm 0.32.0 merged', 'float32'), ('openai http://localhost:8000/v1', 'unknown'))
    """
    words = identity.split(" ")
    dtypes = [word for word in words if word in DTYPES]
    return " ".join(word for word in words if word not in DTYPES), " ".join(dtypes) or "unknown"


def check_accepted(names: Collection[str]) -> None:
    """Refuse names of differences that can't be accepted.

    Raises:
        InputError: there is no such entry, or a difference in it can never be accepted.
    """
    for name in names:
        if name in NEVER_ACCEPTED:
            raise InputError(f"a difference in {name!r} can't be accepted: {NEVER_ACCEPTED[name]}")
        if name not in NAMES:
            known = ", ".join(repr(one) for one in NAMES if one not in NEVER_ACCEPTED)
            raise InputError(f"unknown entry {name!r}; --accept-difference takes one of {known}")


def accepted_differences(baseline: Scores, candidate: Scores, accepted: Collection[str]) -> tuple[Difference, ...]:
    """Return the accepted differences between two sides: accepted by a person, or by the suite itself.

    Raises:
        IncomparableRuns: the sides differ in another entry; the first one is named.
        InputError: as ``check_accepted``.
    """
    check_accepted(accepted)
    found = _differences(baseline, candidate)
    named = {*accepted, *DECLARED}
    let_through = {one.name for one in found} & named
    refused = [one for one in found if one.name not in named and let_through.isdisjoint(FOLLOWS.get(one.name, ()))]
    if refused:
        raise IncomparableRuns(_refusal(refused))
    return tuple(one for one in found if one.name in named)


def _differences(baseline: Scores, candidate: Scores) -> list[Difference]:
    """Return every entry in which the sides differ, in the baseline's order; also those that only one side has."""
    before, after = ({**side.fingerprint, "scorer": side.scorer} for side in (baseline, candidate))
    return [
        Difference(name=name, baseline=_shown(before, name), candidate=_shown(after, name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def _shown(entries: Mapping[str, str], name: str) -> str:
    """Return an entry as text for people, quoted because it comes from outside."""
    return quoted(entries[name], None) if name in entries else "none"


def _refusal(refused: Sequence[Difference]) -> str:
    first = refused[0]
    said = (
        f"the two sides differ in {first.name!r}: baseline {first.baseline}, candidate {first.candidate}; "
        "ask both sides again with the same suite and settings"
    )
    final = [one.name for one in refused if one.name in NEVER_ACCEPTED]
    if final:
        return f"{said}: a difference in {final[0]!r} can't be accepted, because {NEVER_ACCEPTED[final[0]]}"
    names = [one.name for one in refused]
    needed = [name for name in names if not {*FOLLOWS.get(name, ())} & {*names}]
    return (
        f"{said}, or accept the difference with {' '.join(f'--accept-difference {shlex.quote(one)}' for one in needed)}"
    )
