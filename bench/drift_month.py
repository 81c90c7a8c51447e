"""A simulated month of figures and features, quiet or with one change on day 18, for bench/drift.py."""

import math
from dataclasses import dataclass

import numpy as np

from harness.stats.classifier import classifier_score
from harness.stats.ewma import Figure, Watched, panel
from harness.stats.summed import Counted, Summary, averaged

Chance = np.random.Generator
DAYS = 30
CHANGED = 17
"""The place of day 18."""
WITHIN = 3
PLAN = (300, 300, 300, 300, 300, 60, 60)
"""Requests of each day of a week."""
MISSING = (8,)
WINDOW = 1_000
FEATURES = 20
COMPARED = 200
"""Rows of all earlier days that a day's features are compared with; and at most as many of the day."""
REPEATS = 199
SHARES = {"schema": 0.98, "refused": 0.02, "thumbs down": 0.05, "in German": 0.3, "judge passes": 0.9}
MEANS = {"seconds": (0.5, 0.4), "answer tokens": (5.0, 0.8), "question tokens": (4.0, 1.0)}
"""Lognormal: mean and standard deviation of the logarithm."""


@dataclass(frozen=True)
class Change:
    """What is planted: which figures should alarm, shifts of shares and of logarithms of means, and of features."""

    name: str
    right: frozenset[str]
    shares: dict[str, float]
    means: dict[str, float]
    features: float = 0.0


QUIET = Change("nothing", frozenset(), {}, {})
PLANTED = (
    Change(
        "inputs: 50 % in German, features moved",
        frozenset({"in German", "features"}),
        {"in German": 0.2},
        {},
        features=0.4,
    ),
    Change("answers: schema holds in 90 %, not 98 %", frozenset({"schema"}), {"schema": -0.08}, {}),
    Change("engine: answers take a quarter longer", frozenset({"seconds"}), {}, {"seconds": math.log(1.25)}),
)


def month(change: Change, seed: int) -> dict[str, tuple[int, ...]]:
    """Return the days on which each figure of a month alarms, by their places."""
    chance = np.random.default_rng(seed)
    figures: dict[str, Figure] = {}
    for name, share in SHARES.items():
        days = tuple(
            _share(chance, n, share + (change.shares.get(name, 0.0) if day >= CHANGED else 0.0)) for day, n in _days()
        )
        figures[name] = Watched(window=Counted(k=int(chance.binomial(WINDOW, share)), n=WINDOW), days=days)
    for name, (mean, sd) in MEANS.items():
        moved = change.means.get(name, 0.0)
        days = tuple(_mean(chance, n, mean + (moved if day >= CHANGED else 0.0), sd) for day, n in _days())
        figures[name] = Watched(window=averaged(np.exp(chance.normal(mean, sd, WINDOW)).tolist()), days=days)
    figures["features"] = _features(chance, change.features)
    return {name: chart.alarms for name, chart in panel(figures).items()}


def found(change: Change, alarms: dict[str, tuple[int, ...]]) -> bool:
    """Tell whether a figure that should alarm did within three days of the change."""
    return any(CHANGED <= day < CHANGED + WITHIN for name in change.right for day in alarms[name])


def wrong(change: Change, alarms: dict[str, tuple[int, ...]]) -> int:
    """Return the number of alarms of figures that did not change, or before they did."""
    return sum(day < CHANGED or name not in change.right for name, days in alarms.items() for day in days)


def _days() -> list[tuple[int, int]]:
    return [(day, 0 if day in MISSING else PLAN[day % len(PLAN)]) for day in range(DAYS)]


def _share(chance: Chance, n: int, share: float) -> Summary | None:
    return Counted(k=int(chance.binomial(n, share)), n=n) if n else None


def _mean(chance: Chance, n: int, mean: float, sd: float) -> Summary | None:
    return averaged(np.exp(chance.normal(mean, sd, n)).tolist()) if n else None


def _features(chance: Chance, moved: float) -> list[float | None]:
    """Return the score of each day against rows of all earlier days; a quarter of the features moves."""
    rows, scores = chance.standard_normal((WINDOW, FEATURES)), list[float | None]()
    for day, n in _days():
        if not n:
            scores.append(None)
            continue
        today = chance.standard_normal((n, FEATURES))
        today[:, : FEATURES // 4] += moved if day >= CHANGED else 0.0
        drawn = chance.choice(len(rows), COMPARED, replace=False)
        scores.append(classifier_score(rows[drawn], today[:COMPARED], int(chance.integers(1 << 30)), REPEATS))
        rows = np.concatenate([rows, today])
    return scores
