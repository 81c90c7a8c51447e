"""From production logs to proposed cases: failures, complaints, odd questions and near misses, each question once."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from harness.asking.cases import Suite, check_case
from harness.cases.alike import text_of
from harness.cases.new import made_id
from harness.data.alike.likeness import Near, figures_of, folded, near_among, near_earlier
from harness.data.checks.personal.personal import masked
from harness.data.checks.problem import Problem
from harness.errors import CaseFileError
from harness.feedback.draw import Candidate, Chosen, draw
from harness.feedback.likeness import Likeness, without_frame
from harness.feedback.reasons import complaints_of, failures_of
from harness.feedback.records import Drawn, Proposal, Reason, day_of
from harness.records.asked import Case, Message
from harness.records.logged import Logged
from harness.records.record import UNREADABLE, Json, Record, digest
from harness.records.scored import Scorer
from harness.text.figures import percent

MOST_KEPT = 10_000
"""Requests with a reason, and as many without, that are compared with one another; of more, so many are drawn."""
SAME = 0.7
"""Jaccard similarity of character 5-grams from which on two questions are the same, if they have the same numbers."""
GROUP = 3
"""Different questions that are alike, from which on they are a group."""
REASONS: tuple[Reason, ...] = ("complaint", "failure", "near miss", "odd")


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What proposals are for, and what they are compared with.

    ``lost`` are cases of the suite that earlier runs lost; ``earlier`` are questions that were proposed before.
    """

    file: str
    """The suite's case file, as proposals name it."""
    suite: Suite
    scorers: tuple[Scorer, ...]
    lost: tuple[Case, ...] = ()
    earlier: tuple[str, ...] = ()


class Wanted(Record, frozen=True, kw_only=True):
    """How many proposals at most, by which seed, and how many people decide on each."""

    most: int = 100
    seed: int = 0
    reviewers: int = 1


class Proposed(Record, frozen=True, kw_only=True):
    """The proposals, and what became of all other requests, as counts of requests."""

    proposals: tuple[Proposal, ...]
    read: int
    unread: int
    """Lines that can't be read."""
    not_askable: int
    """Requests with a reason that can't be cases, such as those without a user's message."""
    known: int
    """Requests with a reason whose question is in the suite already, or was proposed before."""
    questions: dict[str, int]
    """By reason, the different questions that could be proposed."""


class _Kept(msgspec.Struct):
    """Some of many requests, each as likely as any other (Vitter 1985, algorithm R)."""

    chance: random.Random
    seen: int = 0
    some: list[tuple[Logged, Reason, tuple[str, ...]]] = msgspec.field(default_factory=list)

    def take(self, one: tuple[Logged, Reason, tuple[str, ...]]) -> None:
        """See one more."""
        self.seen += 1
        if len(self.some) < MOST_KEPT:
            self.some.append(one)
        elif (place := self.chance.randrange(self.seen)) < MOST_KEPT:
            self.some[place] = one

    @property
    def each(self) -> float:
        """How many requests each that was kept stands for."""
        return self.seen / len(self.some) if self.some else 1.0


def propose(logs: Iterable[Logged | Problem], sought: Sought, wanted: Wanted, likeness: Likeness) -> Proposed:
    """Return the proposals that logs give reason for; the logs are read once."""
    chance = random.Random(wanted.seed)  # noqa: S311 - requests are drawn, not guarded
    with_reason, others = _Kept(chance), _Kept(chance)
    read = unread = not_askable = 0
    for one in logs:
        if isinstance(one, Problem):
            unread += 1
            continue
        read += 1
        complaints, failures = tuple(complaints_of(one)), tuple(failures_of(one, sought.suite, sought.scorers))
        if not _is_askable(one):
            not_askable += bool(complaints or failures)
        elif complaints or failures:
            with_reason.take((one, "complaint" if complaints else "failure", complaints + failures))
        else:
            others.take((one, "odd", ()))
    found = [(candidate, with_reason.each) for candidate in with_reason.some]
    found += [(candidate, others.each) for candidate in _quiet(others.some, sought, likeness)]
    new = _new(found, [*sought.earlier, *(text_of(case.messages) for case in sought.suite.cases)])
    units = _in_clusters(_questions(new), likeness)
    total = sum(one.stands_for for one in units)
    chosen = draw(units, wanted.most, wanted.seed)
    return Proposed(
        proposals=tuple(_proposal(one, sought, wanted, total, read) for one in chosen),
        read=read,
        unread=unread,
        not_askable=not_askable,
        known=round(sum(each for _, each in found) - sum(each for _, each in new)),
        questions=dict(Counter(one.reason for one in units)),
    )


_Found = tuple[Logged, Reason, tuple[str, ...]]


def _is_askable(one: Logged) -> bool:
    try:
        check_case(one.case, one.place)
    except CaseFileError:
        return False
    return bool(text_of(one.messages).strip())


def _quiet(some: Sequence[_Found], sought: Sought, likeness: Likeness) -> Iterator[_Found]:
    """Yield requests that nobody complained of: close to a case that was lost, or of a group that the suite lacks."""
    texts = [text_of(one.messages) for one, *_ in some]
    left: list[int] = []
    for place, (similar, case) in enumerate(likeness.nearest(texts, [text_of(one.messages) for one in sought.lost])):
        if similar >= likeness.close:
            told = f"{percent(similar)} like case {sought.lost[case].id}, which an earlier run lost"
            yield some[place][0], "near miss", (told,)
        else:
            left.append(place)
    known = likeness.nearest([texts[place] for place in left], [text_of(one.messages) for one in sought.suite.cases])
    far = [place for place, (similar, _) in zip(left, known, strict=True) if similar < likeness.far]
    members = defaultdict(list)
    for place, leader in zip(far, likeness.groups([texts[place] for place in far]), strict=True):
        members[leader].append(place)
    for group in members.values():
        if len(different := {folded(texts[place]) for place in group}) >= GROUP:
            told = f"one of {len(different)} like questions that no case of the suite is like"
            yield from ((some[place][0], "odd", (told,)) for place in group)


def _new(found: Sequence[tuple[_Found, float]], known: Sequence[str]) -> list[tuple[_Found, float]]:
    """Return what asks something that is not known yet."""
    texts = [*(text_of(one.messages) for (one, *_), _ in found), *known]
    plain, numbers = without_frame(texts), [figures_of(text) for text in texts]
    near = near_among(plain[: len(found)], plain[len(found) :], SAME)
    there = {place for place, one in near if numbers[place] == numbers[len(found) + one.place]}
    return [one for place, one in enumerate(found) if place not in there]


def _questions(found: Sequence[tuple[_Found, float]]) -> list[Candidate]:
    """Return each question once: the first request with its strongest reason, for all that ask nearly the same."""
    texts = [text_of(one.messages) for (one, *_), _ in found]
    numbers = [figures_of(text) for text in texts]

    def counts(place: int, near: Near) -> bool:
        return numbers[place] == numbers[near.place]

    first = list(range(len(texts)))
    for later, near in near_earlier(without_frame(texts), SAME, counts):
        first[later] = first[near.place]
    members: defaultdict[int, list[int]] = defaultdict(list)
    for place, leader in enumerate(first):
        members[leader].append(place)
    units = []
    for places in members.values():
        place = min(places, key=lambda each: REASONS.index(found[each][0][1]))
        (one, reason, told), _ = found[place]
        stands_for = sum(found[each][1] for each in places)
        units.append(Candidate(logged=one, reason=reason, told=told, day=day_of(one.time), stands_for=stands_for))
    return units


def _in_clusters(units: Sequence[Candidate], likeness: Likeness) -> list[Candidate]:
    """Return questions with the number of their group, the largest first; small groups have none."""
    leaders = likeness.groups([text_of(one.logged.messages) for one in units])
    sizes = [(leader, size) for leader, size in Counter(leaders).most_common() if size >= GROUP]
    names = {leader: f"cluster {number}" for number, (leader, _) in enumerate(sizes, start=1)}
    return [
        msgspec.structs.replace(one, cluster=names.get(leader, "")) for one, leader in zip(units, leaders, strict=True)
    ]


def _proposal(chosen: Chosen, sought: Sought, wanted: Wanted, total: float, read: int) -> Proposal:
    """Return a proposal; personal data is masked once more, whatever was read."""
    candidate, one = chosen.candidate, chosen.candidate.logged
    messages = msgspec.convert(masked_json(msgspec.to_builtins(one.messages)), tuple[Message, ...])
    corrected = masked(one.corrected).strip()
    meta: dict[str, Json] = {str(masked_json(key)): masked_json(value) for key, value in one.meta.items()}
    return Proposal(
        id=digest([made_id(messages), one.place])[:12],
        suite=sought.file,
        place=one.place,
        time=one.time,
        model=masked(one.model),
        reason=candidate.reason,
        told=tuple(map(masked, candidate.told)),
        messages=messages,
        answer=masked(one.response.said),
        error=masked(one.error),
        comment=masked(one.comment),
        expected=_as_expected(corrected, sought.suite) if corrected else None,
        tools=msgspec.convert(masked_json(list(one.tools.functions)), tuple[dict[str, Json], ...]),
        tags=tuple(dict.fromkeys((candidate.reason.replace(" ", "-"), *map(masked, one.tags)))),
        meta=meta,
        cluster=candidate.cluster,
        reviewers=wanted.reviewers,
        drawn=Drawn(
            stratum=chosen.stratum,
            units=chosen.units,
            chosen=chosen.chosen,
            stands_for=candidate.stands_for,
            candidates=total,
            logs=read,
        ),
    )


def masked_json(value: Json) -> Json:
    """Return a JSON value in which personal data and secrets are hidden in every text."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {masked(key): masked_json(one) for key, one in value.items()}
    return [masked_json(one) for one in value] if isinstance(value, list | tuple) else value


def _as_expected(corrected: str, suite: Suite) -> Json:
    """Return what a person wrote as the suite expects answers: as JSON where its cases expect objects or lists."""
    if any(isinstance(case.expected, dict | list) for case in suite.cases):
        try:
            value: Json = msgspec.json.decode(corrected)
        except UNREADABLE:
            return corrected
        return value
    return corrected
