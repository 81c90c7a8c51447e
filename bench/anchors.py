"""Whether a short suite says what the whole would: errors, coverage of its intervals, and false passes.

``python -m bench.anchors [DATA]``; ``DATA`` is a folder with banking77, gsm8k and mtbench as published. Without it only
simulated models are tried. Prints each figure against its bar, and exits with 1 where one is missed.
"""

# ruff: noqa: S311 - simulations
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.anchors_data import Scores, Trial, banking77, forgetful, graded, gsm8k, mtbench, simulated
from bench.measure import at_least, at_most, exit_code, run_script, tell
from harness import stats
from harness.stats.ratios import ONE_SIDED
from harness.stats.strata import Draw, Unit

COVERED, FALSE_PASSES, BETTER = 0.93, 0.05, 1.0
GRADED_FALSE_PASSES = 0.055
"""Of graded scores with a mean of just what a gate asks for: Hall's t is right up to a half in a hundred."""
FALSE_FAILURES = 0.05
"""Of suites that dropped by exactly as much as is allowed."""
CLUSTERED = 40
"""Repetitions with k-means, which takes long."""


class Found:
    """What came of all trials on one kind of data."""

    def __init__(self) -> None:
        self.errors: defaultdict[str, list[float]] = defaultdict(list)
        self.of_suite: list[bool] = []
        self.of_all: list[bool] = []
        self.false_passes: list[bool] = []
        self.false_of_suite: list[bool] = []
        self.false_failures: list[bool] = []
        self.agreed: list[bool] = []
        self.passes: list[bool] = []
        self.by_chance: list[bool] = []
        self.widths: list[tuple[float, float]] = []


def tried(trials: Iterator[Trial], keep: int, margin: float, groups: Sequence[str | None] = ()) -> Found:
    """Choose by the earlier models, estimate the candidate's difference, and compare with the whole and the truth."""
    found = Found()
    for seed, (baseline, earlier, candidate, truth) in enumerate(trials):
        difference = [after - before for before, after in zip(baseline, candidate, strict=True)]
        whole = sum(difference) / len(difference)
        levels = [sum(model[place] for model in earlier) / len(earlier) for place in range(len(baseline))]
        units = [Unit(reference=before, level=level) for before, level in zip(baseline, levels, strict=True)]
        part = shown(stats.draw_units(units, keep, seed), difference, groups)
        seen, inside = stats.part_difference(part), stats.part_difference(part, stats.of_suite)
        found.of_all.append(seen.low <= truth <= seen.high)
        found.of_suite.append(inside.low <= whole <= inside.high)
        found.errors["short"].append(abs(seen.mean - whole))
        places = random.Random(seed).sample(range(len(difference)), len(part.values))
        found.errors["chance"].append(abs(sum(difference[place] for place in places) / len(places) - whole))
        if seed < CLUSTERED:
            found.errors["clusters"].append(
                abs(clustered([*earlier, baseline], difference, len(part.values), seed) - whole)
            )
            found.errors["chance, as often"].append(found.errors["chance"][-1])
        if truth < -0.005:
            found.false_passes.append(stats.part_margin_p_value(part, -truth) <= 0.05)
        if whole < -0.005:
            found.false_of_suite.append(stats.part_margin_p_value(part, -whole) <= 0.05)
            found.false_failures.append(stats.part_difference(part, stats.of_suite, ONE_SIDED).high < whole)
        names = tuple(groups) or (None,) * len(difference)
        some = [difference[place] for place in places]
        plain = stats.paired_mean_interval(some, [names[place] for place in places])
        found.widths.append((seen.high - seen.low, plain.high - plain.low))
        found.by_chance.append(stats.margin_p_value(some, [names[place] for place in places], margin) <= 0.05)
        found.passes.append(stats.part_margin_p_value(part, margin) <= 0.05)
        if found.passes[-1]:
            found.agreed.append(stats.margin_p_value(difference, names, margin) <= 0.05)
    return found


def of_one_side(trials: Iterator[Trial], keep: int) -> tuple[float, float]:
    """Return how often a mean of just the bound, and one of just the floor, is found to be above."""
    bounds, floors = [], []
    for seed, (baseline, earlier, candidate, truth) in enumerate(trials):
        levels = [_average([model[place] for model in earlier]) for place in range(len(baseline))]
        units = [Unit(reference=before, level=level) for before, level in zip(baseline, levels, strict=True)]
        part = shown(stats.draw_units(units, keep, seed), candidate, ())
        bounds.append(stats.part_mean(part, stats.of_all, ONE_SIDED).low >= truth)
        floors.append(stats.part_mean(part, stats.of_suite, ONE_SIDED).low >= _average(candidate))
    return _average(bounds), _average(floors)


def shown(draw: Draw, difference: Scores, groups: Sequence[str | None]) -> stats.Part:
    """Return what a short suite shows of differences."""
    cases = [(case, draw.names[case]) for case in draw.places]
    return stats.Part(
        values=tuple(difference[case] for case, _ in cases),
        groups=tuple(groups[case] if groups else None for case, _ in cases),
        names=tuple(name for _, name in cases),
        strata=draw.strata,
        of=len(difference),
        largest=max(map(groups.count, groups), default=1),
    )


def clustered(known: Sequence[Scores], difference: Scores, keep: int, seed: int) -> float:
    """Return the estimate of anchor points (k-means): the case nearest to each centre, weighted by its cluster."""
    import numpy as np
    from sklearn.cluster import KMeans

    points = np.array(known).T + np.random.default_rng(seed).normal(0, 1e-6, (len(difference), len(known)))
    fitted = KMeans(keep, n_init=1, max_iter=30, random_state=seed).fit(points)
    total = 0.0
    for place, centre in enumerate(fitted.cluster_centers_):
        members = np.flatnonzero(fitted.labels_ == place)
        if len(members):
            nearest = members[((points[members] - centre) ** 2).sum(axis=1).argmin()]
            total += len(members) * difference[nearest]
    return total / len(difference)


def show(name: str, found: Found, *, is_tried: bool = True) -> list[bool]:
    """Print the figures of one kind of data against their bars."""
    held = []
    ratio, low, high = _ratio(found.errors["short"], found.errors["chance"])
    if is_tried:
        held.append(at_most(f"{name}: error over that by chance", ratio, "", BETTER))
        ours, plain = (_average([pair[place] for pair in found.widths]) for place in (0, 1))
        tell(
            f"  off by {_average(found.errors['short']):.4f}, by chance {_average(found.errors['chance']):.4f}; "
            f"ratio {ratio:.3f} [{low:.3f}, {high:.3f}]; intervals {ours:.3f} wide, by chance {plain:.3f}"
        )
        tell(
            f"  clusters (tinyBenchmarks): ratio "
            f"{_average(found.errors['clusters']) / _average(found.errors['chance, as often']):.3f}"
        )
    held.append(at_least(f"{name}: covers the suite's", _average(found.of_suite), "", COVERED))
    held.append(at_least(f"{name}: covers the truth", _average(found.of_all), "", COVERED))
    if found.false_passes:
        held.append(at_most(f"{name}: false passes", _average(found.false_passes), "", FALSE_PASSES))
    if found.false_of_suite:
        held.append(at_most(f"{name}: passes against the suite", _average(found.false_of_suite), "", FALSE_PASSES))
    if found.false_failures:
        failed = _average(found.false_failures)
        held.append(at_most(f"{name}: failures against the suite", failed, "", FALSE_FAILURES))
    if found.agreed:
        tell(
            f"  passed at the gate's margin: {_average(found.passes):.3f}, by chance {_average(found.by_chance):.3f}; "
            f"where it passed, the whole suite did in {_average(found.agreed):.3f}"
        )
    return held


def main() -> int:
    """Try all data there is."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    held: list[bool] = []
    for margin in (0.02, 0.05, 0.1):
        held += show(f"2PL, {margin:g} worse", tried(simulated(400, 500, margin, 0.7), 100, 0.1))
    for margin in (0.05, 0.1):
        held += show(f"forgetful, {margin:g}", tried(forgetful(600, 500, margin), 100, 0.1), is_tried=False)
    for loss, share in ((0.6, 0.05), (0.9, 0.05), (0.9, 0.1)):
        bounds, floors = of_one_side(graded(3_000, 2_000, loss, share), 60)
        name = f"graded, {share:g} lose {loss:g}"
        held.append(at_most(f"{name}: false passes of a bound", bounds, "", GRADED_FALSE_PASSES))
        held.append(at_most(f"{name}: false passes of a floor", floors, "", GRADED_FALSE_PASSES))
    if data is None:
        tell("no folder of published data was named: banking77, gsm8k and mtbench are left out")
        return exit_code(held)
    held += show("banking77, 100 of 1,000", tried(banking77(data, 700, 1_000), 100, 0.1))
    held += show("banking77, 60 of 300", tried(banking77(data, 400, 300), 60, 0.1))
    held += show("gsm8k, 100 of 500", tried(gsm8k(data, 400, 500), 100, 0.1))
    trials, groups = mtbench(data, 400)
    held += show("mtbench, 60 of 160", tried(trials, 60, 0.1, groups))
    return exit_code(held)


def _ratio(ours: Sequence[float], chance: Sequence[float]) -> tuple[float, float, float]:
    """Return the ratio of two mean errors with its 95 % interval, by the bootstrap over trials."""
    drawn_by = random.Random(3)
    ratios = []
    for _ in range(400):
        places = drawn_by.choices(range(len(ours)), k=len(ours))
        ratios.append(sum(ours[place] for place in places) / sum(chance[place] for place in places))
    ratios.sort()
    return _average(ours) / _average(chance), ratios[10], ratios[389]


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    run_script(main)
