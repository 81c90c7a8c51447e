"""How people agree with one another, by name where it is known who said what."""

from collections.abc import Sequence
from itertools import combinations

from harness.judges.labels import AnswerLabel, Label
from harness.records.record import Record
from harness.stats import cohen_kappa, krippendorff_alpha

MOST_NAMED = 6
"""People of whom each two are compared by name: more are a crowd."""


class TwoPeople(Record, frozen=True, kw_only=True):
    """Two people, how many cases both labelled, and Cohen's kappa; None where one of them always said the same."""

    one: str
    other: str
    cases: int
    kappa: float | None


class AmongPeople(Record, frozen=True, kw_only=True):
    """How many people there are, by name where that is known, how many votes, and how they agree.

    ``alpha`` is Krippendorff's, of levels by the square of their distance; None where nothing was voted on twice.
    ``pairs`` are empty where no names are known, and of more than six people.
    """

    people: int
    votes: int
    alpha: float | None
    pairs: tuple[TwoPeople, ...] = ()


def among_people(labels: Sequence[Label]) -> AmongPeople:
    """Return how people agree over all labels."""
    names = sorted({name for label in labels for name in label.by})
    votes = [[level for level, times in sorted(label.votes.items()) for _ in range(times)] for label in labels]
    is_scale = any(isinstance(label, AnswerLabel) for label in labels)
    alpha = (
        krippendorff_alpha([list(map(int, cast)) for cast in votes], "interval")
        if is_scale
        else krippendorff_alpha(votes)
    )
    return AmongPeople(
        people=len(names),
        votes=sum(map(len, votes)),
        alpha=alpha,
        pairs=tuple(_two(labels, *both) for both in combinations(names, 2)) if len(names) <= MOST_NAMED else (),
    )


def _two(labels: Sequence[Label], one: str, other: str) -> TwoPeople:
    said = [(label.by[one], label.by[other]) for label in labels if one in label.by and other in label.by]
    return TwoPeople(one=one, other=other, cases=len(said), kappa=cohen_kappa(said))
