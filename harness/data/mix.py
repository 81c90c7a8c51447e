"""Everyday rows among those of a task, by their share of the tokens, against forgetting: usually 5 to 10 %."""

import random
from collections.abc import Sequence

from harness.records.record import Record
from harness.text.figures import percent


class Mixture(Record, frozen=True, kw_only=True):
    """Which everyday rows are taken, by place, in their order; and what they come to, in tokens."""

    taken: tuple[int, ...]
    everyday_tokens: int
    task_tokens: int

    @property
    def share(self) -> float:
        """The everyday rows' share of all tokens."""
        return self.everyday_tokens / (self.everyday_tokens + self.task_tokens)


def mix(task: Sequence[int], everyday: Sequence[int], share: float, seed: int) -> Mixture:
    """Draw everyday rows until they make up ``share`` of all tokens, or the nearest that whole rows can come.

    ``task`` and ``everyday`` are the tokens of each row, above 0. Rows are drawn at random and none twice.

    Raises:
        ValueError: the share is not between 0 and 1, there are no task rows, or all everyday rows are too few.
    """
    if not 0 < share < 1:
        raise ValueError(f"a share is above 0 and below 1, such as 0.07, got {share:g}")
    if not task:
        raise ValueError("there are no rows of the task to mix with")
    wanted = sum(task) * share / (1 - share)
    if sum(everyday) < wanted:
        most = sum(everyday) / (sum(everyday) + sum(task))
        raise ValueError(
            f"all {len(everyday)} everyday rows come to a share of {percent(most, 1)} of the tokens, "
            f"not {percent(share, 1)}; add everyday rows, or ask for a smaller share"
        )
    drawn = list(range(len(everyday)))
    random.Random(seed).shuffle(drawn)  # noqa: S311 - a mixture is drawn, not guarded
    taken: list[int] = []
    tokens = 0
    for place in drawn:
        if abs(tokens + everyday[place] - wanted) < abs(tokens - wanted):
            taken.append(place)
            tokens += everyday[place]
        if tokens >= wanted:
            break
    return Mixture(taken=tuple(sorted(taken)), everyday_tokens=tokens, task_tokens=sum(task))


def shuffled(number: int, seed: int) -> tuple[int, ...]:
    """Return the places of so many rows in a random order, which the seed alone decides."""
    places = list(range(number))
    random.Random(seed).shuffle(places)  # noqa: S311 - an order is drawn, not guarded
    return tuple(places)
