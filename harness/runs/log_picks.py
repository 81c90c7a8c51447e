"""Which requests of production logs to label next: near what a run lost, and far from what was trained on."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from harness.data.alike.likeness import worded
from harness.data.alike.minhash import gram_hashes, jaccard
from harness.data.leaks.near import Neighbours, nearest_rows
from harness.data.row import DataRow
from harness.records.asked import Case
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.runs.to_label import Suggestion
from harness.text.figures import percent
from harness.text.shown import fact
from harness.verdicts.conditions import FAR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_LOGS = 50_000
"""Requests that are looked at; of more, so many are drawn."""
LOOKED_AT = 20
"""Requests for each that is wanted, which are compared with the training rows."""
SAME = 0.7
"""Similarity from which on two texts ask the same."""

Trained = Callable[[Sequence[Case]], Sequence[Neighbours | None]]
"""The nearest training rows of each request."""


def draw(logs: Iterable[Logged], seed: int, most: int = MOST_LOGS) -> list[Logged]:
    """Return logs in a random order, which the seed alone decides, each text once; at most so many (Vitter 1985)."""
    chance = random.Random(seed)  # noqa: S311 - requests are drawn, not guarded
    kept: list[Logged] = []
    seen: set[str] = set()
    for log in logs:
        if (key := worded(log.asked)) in seen or not key:
            continue
        seen.add(key)
        if len(kept) < most:
            kept.append(log)
        elif (place := chance.randrange(len(seen))) < most:
            kept[place] = log
    chance.shuffle(kept)
    return kept


def pick(
    logs: Sequence[Logged], lost: Sequence[Case], tested: Sequence[Case], trained: Trained | None, most: int
) -> list[Suggestion]:
    """Return at most so many requests, the most useful first: those nearest to lost cases and farthest from rows.

    What is the same as a case of a suite (it would be a leak), as a training row, or as an earlier pick is left out.
    ``trained`` is None where training rows are not known.
    """
    asked = [_case(place, log.asked) for place, log in enumerate(logs)]
    near_lost = [_first(each) for each in nearest_rows(_as_rows(lost), asked, (), 1)]
    order = sorted(range(len(logs)), key=lambda place: -near_lost[place][0] if near_lost[place][0] >= FAR else 0.0)
    looked_at = order[: most * LOOKED_AT]
    some = [asked[place] for place in looked_at]
    tests = [_first(each)[0] for each in nearest_rows(_as_rows(tested), some, (), 1)]
    rows = [_first(each) for each in trained(some)] if trained else [None] * len(some)
    ranked = sorted(
        (
            (-_worth(near_lost[place][0], row), number, place, row)
            for number, (place, row, test) in enumerate(zip(looked_at, rows, tests, strict=True))
            if test < SAME and (row is None or row[0] < SAME)
        ),
        key=lambda one: one[:2],
    )
    picked: list[Suggestion] = []
    grams: list[NDArray[np.uint64]] = []
    for _, _, place, row in ranked:
        own = gram_hashes(worded(logs[place].asked))
        if len(picked) < most and all(jaccard(own, other) < SAME for other in grams):
            grams.append(own)
            picked.append(_suggestion(logs[place], near_lost[place], row, lost))
    return picked


Similar = tuple[float, str]
"""How similar the nearest text is, and its place."""


def _worth(near_lost: float, row: Similar | None) -> float:
    far = 1 - row[0] if row else 1.0
    return 1 + near_lost * far if near_lost >= FAR else far


def _suggestion(log: Logged, near: Similar, row: Similar | None, lost: Sequence[Case]) -> Suggestion:
    parts = []
    if near[0] >= FAR:
        case = lost[int(near[1].rpartition(":")[2])]
        parts.append(f"{percent(near[0])} like the lost case {fact(case.id, 120)}")
    if row is not None:
        parts.append(f"the nearest training row is {percent(row[0])} alike" if row[0] else "no training row is alike")
    return Suggestion(kind="log", place=log.place, text=log.asked, reason="; ".join(parts) or "drawn at random")


def _first(found: Neighbours | None) -> Similar:
    return (found[0].similarity, found[0].place) if found else (0.0, "")


def _case(place: int, text: str) -> Case:
    return Case(id=str(place), messages=(Message(role="user", content=text),))


def _as_rows(cases: Sequence[Case]) -> list[DataRow]:
    """Return cases as rows that ask the same, each at its place."""
    end = Message(role="assistant", content="")
    return [DataRow(file="case", line=place, messages=(*case.messages, end)) for place, case in enumerate(cases)]
