"""Slices of the logs whose answers got worse since release: by tag, language, model and meaning."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.drift.answers import Traits, present, share
from harness.drift.decided import summary_of
from harness.drift.found import Slice
from harness.stats.held_out import FEWEST
from harness.stats.independent import change_of
from harness.stats.two_sample import Change, two_samples

MOST_NAMES = 50
"""Names of one kind that are looked at: the most frequent ones, but for one that nearly all requests have."""
Kinds = Mapping[str, Sequence[Sequence[str]]]
"""By a kind such as "tag", the names that each answer has."""


def worse_slices(traits: Traits, logged: Kinds, released: Kinds, margin: float) -> tuple[Slice, ...]:
    """Return the slices of which a trait is worse by more than ``margin``, the worst first (Holm, all slices)."""
    found = list(_slices(traits, logged, released))
    margins = dict.fromkeys(range(len(found)), margin)
    ways = {place: traits.worse[one.figure] for place, (one, _) in enumerate(found)}
    drifts = two_samples({place: change for place, (_, change) in enumerate(found)}, margins, worse=ways)
    worse = [
        msgspec.structs.replace(found[place][0], p_value=drift.p_value)
        for place, drift in drifts.items()
        if drift.verdict == "drifted"
    ]
    return tuple(sorted(worse, key=lambda one: (one.p_value, -abs(one.change.mean))))


def _slices(traits: Traits, logged: Kinds, released: Kinds) -> Iterator[tuple[Slice, Change]]:
    for kind, names_of in logged.items():
        for name in _frequent(names_of):
            here = [name in names for names in names_of]
            then = [name in names for names in released.get(kind, ())]
            for figure in traits.worse:
                now = _within(traits.logged[figure], here)
                before = _within(traits.released[figure], then)
                of_all = len(before) < FEWEST
                before = present(traits.released[figure]) if of_all else before
                if min(len(now), len(before)) < FEWEST:
                    continue
                change = change_of(summary_of(before), summary_of(now))
                yield (
                    Slice(
                        figure=figure,
                        of=kind,
                        name=name,
                        now=share(now),
                        reference=share(before),
                        change=change.estimate,
                        p_value=1.0,
                        of_all=of_all,
                    ),
                    change,
                )


def _frequent(names_of: Sequence[Sequence[str]]) -> list[str]:
    counts: dict[str, int] = {}
    for names in names_of:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    enough = [name for name, times in counts.items() if FEWEST <= times <= len(names_of) - FEWEST]
    return sorted(enough, key=lambda name: (-counts[name], name))[:MOST_NAMES]


def _within(values: Sequence[float | None], here: Sequence[bool]) -> list[float]:
    return present([value for value, is_here in zip(values, here, strict=False) if is_here])
