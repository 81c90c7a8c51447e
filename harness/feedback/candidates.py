"""Which logged requests could be proposed: those with a reason, and odd ones and near misses among the others."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from harness.asking.cases import check_case
from harness.cases.alike import text_of
from harness.data.alike.likeness import Near, figures_of, folded, near_among, near_earlier
from harness.errors import CaseFileError
from harness.feedback.draw import Candidate
from harness.feedback.likeness import Likeness, without_frame
from harness.feedback.records import Reason, day_of
from harness.records.asked import Case
from harness.records.logged import Logged
from harness.text.figures import percent

MOST_KEPT = 10_000
"""Requests with a reason, and as many without, that are compared with one another; of more, so many are drawn."""
SAME = 0.7
"""Jaccard similarity of character 5-grams from which on two questions are the same, if they have the same numbers."""
GROUP = 3
"""Different questions that are alike, from which on they are a group."""
REASONS: tuple[Reason, ...] = ("complaint", "failure", "near miss", "odd")
Found = tuple[Logged, Reason, tuple[str, ...]]
"""A request, its strongest reason, and all reasons in words."""


class Kept(msgspec.Struct):
    """Some of many requests, each as likely as any other (Vitter 1985, algorithm R)."""

    chance: random.Random
    seen: int = 0
    some: list[Found] = msgspec.field(default_factory=list)

    def take(self, one: Found) -> None:
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


def is_askable(one: Logged) -> bool:
    """Tell whether a request can be a case."""
    try:
        check_case(one.case, one.place)
    except CaseFileError:
        return False
    return bool(text_of(one.messages).strip())


def quiet(some: Sequence[Found], lost: Sequence[Case], suite: Sequence[Case], likeness: Likeness) -> Iterator[Found]:
    """Yield requests that nobody complained of: close to a case that was lost, or of a group that the suite lacks."""
    texts = [text_of(one.messages) for one, *_ in some]
    left: list[int] = []
    for place, (similar, case) in enumerate(likeness.nearest(texts, [text_of(one.messages) for one in lost])):
        if similar >= likeness.close:
            told = f"{percent(similar)} like case {lost[case].id}, which an earlier run lost"
            yield some[place][0], "near miss", (told,)
        else:
            left.append(place)
    known = likeness.nearest([texts[place] for place in left], [text_of(one.messages) for one in suite])
    far = [place for place, (similar, _) in zip(left, known, strict=True) if similar < likeness.far]
    members = defaultdict(list)
    for place, leader in zip(far, likeness.groups([texts[place] for place in far]), strict=True):
        members[leader].append(place)
    for group in members.values():
        if len(different := {folded(texts[place]) for place in group}) >= GROUP:
            told = f"one of {len(different)} like questions that no case of the suite is like"
            yield from ((some[place][0], "odd", (told,)) for place in group)


def not_known(found: Sequence[tuple[Found, float]], known: Sequence[str]) -> list[tuple[Found, float]]:
    """Return what asks something that is not known yet."""
    texts = [*(text_of(one.messages) for (one, *_), _ in found), *known]
    plain, numbers = without_frame(texts), [figures_of(text) for text in texts]
    near = near_among(plain[: len(found)], plain[len(found) :], SAME)
    there = {place for place, one in near if numbers[place] == numbers[len(found) + one.place]}
    return [one for place, one in enumerate(found) if place not in there]


def questions_of(found: Sequence[tuple[Found, float]]) -> list[Candidate]:
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


def in_clusters(units: Sequence[Candidate], likeness: Likeness) -> list[Candidate]:
    """Return questions with the number of their group, the largest first; small groups have none."""
    leaders = likeness.groups([text_of(one.logged.messages) for one in units])
    sizes = [(leader, size) for leader, size in Counter(leaders).most_common() if size >= GROUP]
    names = {leader: f"cluster {number}" for number, (leader, _) in enumerate(sizes, start=1)}
    return [
        msgspec.structs.replace(one, cluster=names.get(leader, "")) for one, leader in zip(units, leaders, strict=True)
    ]
