"""Invented samples, of which nothing changed or all did: how often each verdict comes, for bench/drift.py."""

from collections import Counter
from collections.abc import Callable

import numpy as np

from harness.stats.classifier import classifier_change
from harness.stats.distributions import mix_change, order_change, shape_change
from harness.stats.independent import mean_change, share_change
from harness.stats.summed import Counted, averaged
from harness.stats.two_sample import Change, Drift, two_samples

Chance = np.random.Generator
MIX = (0.4, 0.3, 0.15, 0.1, 0.03, 0.015, 0.004, 0.001)
MARGINS = {"classifier": 0.1, "length": 0.1, "shape": 0.1, "mix": 0.1, "refused": 0.02, "schema": 0.02, "seconds": 0.2}
FEATURES = 10
REPEATS = 199


def changes(chance: Chance, before: int, now: int, moved: float) -> dict[str, Change]:
    """Return seven figures of invented requests: at ``moved`` = 1 all are beyond their margins, at 0 none moved."""
    features = [chance.standard_normal((n, FEATURES)) + shift for n, shift in ((before, 0.0), (now, 0.25 * moved))]
    lengths = [np.round(np.exp(chance.normal(4 + shift, 1, n))) for n, shift in ((before, 0), (now, 0.7 * moved))]
    shares = np.array(MIX) * (1 - 0.4 * moved) + np.eye(len(MIX))[2] * 0.4 * moved
    mixes = [
        {str(i): int(k) for i, k in enumerate(chance.multinomial(n, p))} for n, p in ((before, MIX), (now, shares))
    ]
    sides = (before, 0.0), (now, moved)
    refused = [Counted(k=int(chance.binomial(n, 0.02 + 0.06 * far)), n=n) for n, far in sides]
    schema = [Counted(k=int(chance.binomial(n, 0.98 - 0.06 * far)), n=n) for n, far in sides]
    seconds = [averaged((chance.standard_exponential(n) * (1 + 0.5 * far)).tolist()) for n, far in sides]
    seed = int(chance.integers(1 << 30))
    return {
        "classifier": classifier_change(features[0], features[1], seed, REPEATS),
        "length": order_change(lengths[0], lengths[1]),
        "shape": shape_change(lengths[0], lengths[1]),
        "mix": mix_change(mixes[0], mixes[1], seed, 999),
        "refused": share_change(*refused),
        "schema": share_change(*schema),
        "seconds": mean_change(*seconds),
    }


def verdicts(
    sizes: tuple[int, int], moved: float, times: int, seed: int
) -> tuple[Counter[str], dict[str, Counter[str]], dict[str, float]]:
    """Return how often any figure had a verdict, each figure's own, and how often each p value alone was below 5 %."""
    chance = np.random.default_rng(seed)
    any_of, each, alone = Counter[str](), {name: Counter[str]() for name in MARGINS}, dict.fromkeys(MARGINS, 0.0)
    for _ in range(times):
        found = changes(chance, *sizes, moved)
        judged = two_samples(found, MARGINS)
        any_of.update({one.verdict for one in judged.values()})
        any_of["significant"] += any(one.p_value <= 0.05 for one in judged.values())
        for name, one in judged.items():
            each[name][one.verdict] += 1
            alone[name] += (one.change.p_value <= 0.05) / times
    return any_of, each, alone


def at_margin(draw: Callable[[Chance], Change], margin: float, times: int, seed: int) -> float:
    """Return how often a figure whose true change is the margin is called steady."""
    chance = np.random.default_rng(seed)
    judged: list[Drift] = [two_samples({"one": draw(chance)}, {"one": margin})["one"] for _ in range(times)]
    return sum(one.verdict == "steady" for one in judged) / times


def share_at_margin(chance: Chance) -> Change:
    """Draw a share that fell by .02."""
    return share_change(
        Counted(k=int(chance.binomial(3000, 0.95)), n=3000), Counted(k=int(chance.binomial(3000, 0.93)), n=3000)
    )


def mix_at_margin(chance: Chance) -> Change:
    """Draw a mix of which .1 moved."""
    sides = [chance.multinomial(3000, p) for p in ((0.4, 0.3, 0.2, 0.1), (0.3, 0.3, 0.2, 0.2))]
    return mix_change(*({str(i): int(k) for i, k in enumerate(side)} for side in sides), 0, 99)


def shape_at_margin(chance: Chance) -> Change:
    """Draw uniform values that moved by .1."""
    return shape_change(chance.random(3000), chance.random(3000) + 0.1)


def mean_at_margin(chance: Chance) -> Change:
    """Draw exponential values whose mean fell from 1 to .8."""
    return mean_change(averaged(chance.standard_exponential(2000)), averaged(0.8 * chance.standard_exponential(400)))


def classifier_at_margin(chance: Chance) -> Change:
    """Draw rows that the best linear classifier tells apart with an area of .6: means .3583 apart."""
    shift = 0.358_28 / np.sqrt(FEATURES)
    return classifier_change(
        chance.standard_normal((1500, FEATURES)), chance.standard_normal((1500, FEATURES)) + shift, 0, REPEATS
    )


AT_MARGIN = {
    "share": (share_at_margin, 0.02), "mix": (mix_at_margin, 0.1), "shape": (shape_at_margin, 0.1),
    "mean": (mean_at_margin, 0.2), "classifier": (classifier_at_margin, 0.1),
}  # fmt: skip
