"""From a run's answers to packets and their key: draw, order, shuffle the sides, add attention checks, seal."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from harness.errors import InputError
from harness.records.asked import Side
from harness.records.messages import CalledFunction, Message, ToolCall
from harness.records.record import Json, Record
from harness.review.packets import blind
from harness.review.packets.material import AnsweredCase, Material
from harness.review.packets.records import (
    Key,
    KeyCase,
    KeyPacket,
    KeyPair,
    Packet,
    PacketPair,
    Review,
    SeenAnswer,
    packet_digest,
    sealed_part,
)

MOST_CASES = 1_000
"""Nobody reads more pairs than this, and one page can hold them all."""


class ReviewPlan(Record, frozen=True, kw_only=True):
    """How a review is to be built. ``checks`` pairs are repeated with sides swapped; as many get a planted answer."""

    cases: int
    reviewers: int
    seed: int
    checks: int
    by_tag: str = ""
    show_expected: bool = False
    show_reasoning: bool = False
    used: frozenset[str] = frozenset()
    """Cases of earlier reviews, which are not drawn again."""
    drawn: tuple[blind.DrawnCase, ...] = ()
    """The cases to show, where they were drawn elsewhere; empty to draw them here."""
    question: str = ""
    """What reviewers are asked, in place of the suite's question."""


def build_review(material: Material, plan: ReviewPlan, secret: bytes) -> Review:
    """Build one packet for each reviewer, all about the same cases. The same arguments give the same bytes.

    Raises:
        InputError: there are fewer cases than asked, none has the tag, or reasoning would show who is who.
    """
    drawn = _draw(material, plan)
    answered = {pair.case.id: pair for pair in (*material.differing, *material.identical)}
    if plan.show_reasoning:
        _check_reasoning([answered[one.case_id] for one in drawn])
    reviewers = tuple(f"reviewer-{number}" for number in range(1, plan.reviewers + 1))
    sides = blind.draw_sides(secret, reviewers, [case.case_id for case in drawn])
    planted = _planted(material, drawn, plan)
    packets, parts = [], []
    for reviewer in reviewers:
        own = {case.case_id: sides[reviewer, case.case_id] for case in drawn}
        pairs = _pairs(own, planted, reviewer, secret, plan)
        shown = tuple(_shown(pair, answered, planted, material, plan) for pair in pairs)
        packet = _packet(reviewer, material, plan.question or material.settings.question, shown)
        packets.append(packet)
        parts.append(KeyPacket(reviewer=reviewer, packet=packet.packet, commitment="", page="", pairs=pairs))
    return _sealed(_key(material, plan, secret, drawn, parts), packets, secret)


def _key(
    material: Material, plan: ReviewPlan, secret: bytes, drawn: Sequence[blind.DrawnCase], parts: Sequence[KeyPacket]
) -> Key:
    answered = {pair.case.id: pair for pair in material.differing}
    return Key(
        secret=secret.hex(),
        run=material.run.id,
        suite=material.suite,
        baseline=material.run.baseline,
        candidate=material.run.candidate,
        seed=plan.seed,
        by_tag=plan.by_tag,
        cases=tuple(
            KeyCase(
                case_id=one.case_id,
                group=answered[one.case_id].case.group,
                stratum=one.stratum,
                weight=one.weight,
                requests=answered[one.case_id].requests,
                draw=one.draw,
            )
            for one in drawn
        ),
        left_out=material.left_out,
        packets=tuple(parts),
    )


def _draw(material: Material, plan: ReviewPlan) -> tuple[blind.DrawnCase, ...]:
    if plan.drawn:
        return plan.drawn
    fresh = [pair for pair in material.differing if pair.case.id not in plan.used]
    if plan.cases > len(fresh):
        raise InputError(_too_few(material, plan, len(fresh)))
    if plan.cases > MOST_CASES:
        raise InputError(f"{plan.cases:,} cases are too many for a review; {MOST_CASES:,} is the most")
    return blind.draw_cases(_strata(fresh, plan.by_tag), plan.cases, plan.seed)


def _too_few(material: Material, plan: ReviewPlan, fresh: int) -> str:
    out = material.left_out
    reasons = [
        f"{out.identical} with the same answer twice" if out.identical else "",
        f"{out.failed} with a failed answer" if out.failed else "",
        f"{out.one_sided} answered by one side only" if out.one_sided else "",
        f"{len(material.differing) - fresh} reviewed before" if plan.used else "",
    ]
    why = "; ".join(filter(None, reasons))
    ask = f"ask for --cases {fresh} or fewer" if fresh else "nothing is left to review"
    cases = "1 case" if plan.cases == 1 else f"{plan.cases} cases"
    return f"suite {material.suite!r} has {fresh} to review, not {cases}{f' ({why})' if why else ''}; {ask}"


def _check_reasoning(drawn: Sequence[AnsweredCase]) -> None:
    """Refuse to show reasoning that only one side has: whoever saw it once would know that side ever after."""
    has = {"baseline": any(one.baseline.reasoning for one in drawn)}
    has["candidate"] = any(one.candidate.reasoning for one in drawn)
    if all(has.values()):
        return
    (only, *_) = [f"only the {side}'s answers have" for side in has if has[side]] or ["none of these answers has"]
    why = ", so showing it would tell reviewers which side is which" if any(has.values()) else ""
    raise InputError(f"--show-reasoning: {only} reasoning{why}; leave the option out")


def _strata(pairs: Sequence[AnsweredCase], by_tag: str) -> Mapping[str, Collection[str]]:
    """Sort cases by the value of a tag, as in "language-de"; cases without it are a stratum of their own."""
    strata: defaultdict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        values = [tag.removeprefix(f"{by_tag}-") for tag in sorted(pair.case.tags) if tag.startswith(f"{by_tag}-")]
        strata[values[0] if values and by_tag else ""].append(pair.case.id)
    if by_tag and set(strata) == {""}:
        known = sorted({tag.rpartition("-")[0] for pair in pairs for tag in pair.case.tags} - {""})
        raise InputError(f"--by-tag {by_tag}: no case has a tag {by_tag}-...; tags here: {', '.join(known) or 'none'}")
    return strata


def _planted(material: Material, drawn: Sequence[blind.DrawnCase], plan: ReviewPlan) -> dict[str, SeenAnswer]:
    """Return a bad answer for each of some cases: that to another case, which expects something else.

    Cases that are not otherwise in the review come first, including those with two identical answers.
    """
    everything = (*material.differing, *material.identical)
    in_review = {one.case_id for one in drawn}
    spare = [pair.case.id for pair in everything if pair.case.id not in in_review | plan.used]
    order = [
        *blind.draw_some(spare, len(spare), plan.seed, "planted"),
        *blind.draw_some(in_review, len(in_review), plan.seed, "planted"),
    ]
    answered = {pair.case.id: pair for pair in everything}
    found: dict[str, SeenAnswer] = {}
    for case_id in order:
        if len(found) == min(plan.checks, len(drawn)):
            break
        donors = {said: bad for one in everything for said, bad in _bad_answers(one, answered[case_id]).items()}
        for said in blind.draw_some(donors, 1, plan.seed, f"bad answer to {case_id}"):
            found[case_id] = donors[said]
    return found


def _bad_answers(donor: AnsweredCase, pair: AnsweredCase) -> Mapping[str, SeenAnswer]:
    """Return a donor's answers that are wrong here; none unless it is another case that expects something else.

    The answers of both sides are used, so that spotting a planted answer reveals neither side's style.
    """
    one, here = donor.case, pair.case
    same_group = one.group is not None and one.group == here.group
    same_expected = here.expected is not None and one.expected == here.expected
    if one.id == here.id or one.messages == here.messages or same_group or same_expected:
        return {}
    good = {pair.baseline.said, pair.candidate.said, ""}
    return {bad.said: bad for bad in (donor.baseline, donor.candidate) if bad.said not in good}


def _pairs(
    sides: Mapping[str, Side], planted: Collection[str], reviewer: str, secret: bytes, plan: ReviewPlan
) -> tuple[KeyPair, ...]:
    """Return a reviewer's pairs in order: the first ones appear again in the last half with sides swapped."""
    cases = [_pair("case", case_id, side, reviewer, secret) for case_id, side in sides.items()]
    ordered = blind.shuffled(cases, plan.seed, reviewer)
    half = (len(ordered) + 1) // 2
    plants = [_plant(case_id, reviewer, secret) for case_id in planted]
    repeats = [
        _pair("repeat", pair.case_id, blind.other(pair.a), reviewer, secret)
        for pair in ordered[: min(plan.checks, half)]
    ]
    mixed = blind.inserted(ordered, plants, 0, plan.seed, f"planted of {reviewer}")
    return blind.inserted(mixed, repeats, half, plan.seed, f"repeats of {reviewer}")


def _pair(kind: Literal["case", "repeat"], case_id: str, a: Side, reviewer: str, secret: bytes) -> KeyPair:
    return KeyPair(id=blind.pair_id(secret, reviewer, kind, case_id), case_id=case_id, kind=kind, a=a)


def _plant(case_id: str, reviewer: str, secret: bytes) -> KeyPair:
    chance = blind.keyed(secret, "planted", reviewer, case_id)[0]
    return KeyPair(
        id=blind.pair_id(secret, reviewer, "planted", case_id),
        case_id=case_id,
        kind="planted",
        a="candidate" if chance & 1 else "baseline",
        planted="a" if chance & 2 else "b",
    )


def _shown(
    pair: KeyPair,
    answered: Mapping[str, AnsweredCase],
    planted: Mapping[str, SeenAnswer],
    material: Material,
    plan: ReviewPlan,
) -> PacketPair:
    one = answered[pair.case_id]
    answers = {"baseline": one.baseline, "candidate": one.candidate}
    a = planted[pair.case_id] if pair.planted == "a" else answers[pair.a]
    b = planted[pair.case_id] if pair.planted == "b" else answers[blind.other(pair.a)]
    show_expected = plan.show_expected or material.settings.show_expected
    return PacketPair(
        id=pair.id,
        messages=tuple(map(_as_shown, one.case.messages)),
        expected=_as_text(one.case.expected) if show_expected else None,
        a=a.text,
        b=b.text,
        calls_a=a.calls,
        calls_b=b.calls,
        reasoning_a=a.reasoning if plan.show_reasoning else "",
        reasoning_b=b.reasoning if plan.show_reasoning else "",
    )


def _as_shown(message: Message) -> Message:
    """Return a turn as the page shows it: one text, and its calls with their arguments as text."""
    calls = tuple(ToolCall(function=CalledFunction(name=one.name, arguments=one.arguments)) for one in message.calls)
    return Message(role=message.role, content=message.text, tool_calls=calls or msgspec.UNSET)


def _as_text(expected: Json) -> str | None:
    if expected is None or isinstance(expected, str):
        return expected
    return msgspec.json.format(msgspec.json.encode(expected), indent=2).decode()


def _packet(reviewer: str, material: Material, question: str, pairs: tuple[PacketPair, ...]) -> Packet:
    packet = Packet(
        packet="0" * 64,
        commitment="0" * 64,
        reviewer=reviewer,
        title=material.settings.title,
        question=question,
        reasons=material.settings.reasons,
        pairs=pairs,
    )
    return msgspec.structs.replace(packet, packet=packet_digest(packet))


def _sealed(key: Key, packets: Sequence[Packet], secret: bytes) -> Review:
    """Give each packet its commitment to the key."""
    sealed = sealed_part(key)
    done = tuple(
        msgspec.structs.replace(packet, commitment=blind.commit(secret, packet.packet, sealed)) for packet in packets
    )
    parts = tuple(
        msgspec.structs.replace(part, commitment=packet.commitment)
        for part, packet in zip(key.packets, done, strict=True)
    )
    return Review(packets=done, key=msgspec.structs.replace(key, packets=parts))
