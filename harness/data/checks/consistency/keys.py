"""Keys that come and go: missing in few of the JSON answers under one system prompt, or in few of them alone."""

from collections.abc import Iterator, Mapping

from harness.data.checks.consistency.kept import Kept, share
from harness.data.checks.consistency.traits import FEWEST, MINORITY
from harness.data.checks.personal.personal import masked
from harness.data.checks.problem import Problem
from harness.records.record import Json
from harness.text.visible import quoted

SHAPES = 500
"""Sets of keys that are told apart."""
TOLD = 8
"""Keys that are named in one sentence."""


class Keys:
    """Counts each set of keys that answers have."""

    def __init__(self) -> None:
        self._shapes: dict[frozenset[str], Kept] = {}

    def add(self, place: str, value: Mapping[str, Json]) -> None:
        """Count the keys of one answer."""
        shape = frozenset(value)
        if shape in self._shapes or len(self._shapes) < SHAPES:
            self._shapes.setdefault(shape, Kept()).add(place)

    def problems(self) -> Iterator[Problem]:
        """Yield the answers without a usual key or with an unusual one; and once which keys come and go."""
        total = sum(kept.count for kept in self._shapes.values())
        if total < FEWEST or len(self._shapes) == SHAPES:
            return
        counts: dict[str, int] = {}
        for shape, kept in self._shapes.items():
            for key in shape:
                counts[key] = counts.get(key, 0) + kept.count
        usual = {key for key, count in counts.items() if count >= (1 - MINORITY) * total}
        rare = {key for key, count in counts.items() if count <= MINORITY * total}
        between = sorted(counts.keys() - usual - rare)
        if not usual:
            return  # several kinds of answers, each with keys of its own
        for shape, kept in self._shapes.items():
            missing, more = sorted(usual - shape), sorted(shape & rare)
            if missing or more:
                parts = [f"have no {_listed(missing)}"] if missing else []
                parts += [f"have {_listed(more)}"] if more else []
                told = f"{share(kept.count, total)} JSON answers {' and '.join(parts)}, unlike the others"
                yield Problem(kind="keys", places=kept.places, told=told)
        if between:
            with_them = next(kept for shape, kept in self._shapes.items() if shape & set(between))
            listed = ", ".join(f"{quoted(masked(key))} in {share(counts[key], total)}" for key in between[:TOLD])
            yield Problem(kind="keys", places=with_them.places[:1], told=f"keys come and go in JSON answers: {listed}")


def _listed(keys: list[str]) -> str:
    left = f" and {len(keys) - TOLD} more" if len(keys) > TOLD else ""
    return ", ".join(quoted(masked(key)) for key in keys[:TOLD]) + left
