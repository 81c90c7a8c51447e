"""Suites of two sides for bench/early.py: invented ones, real answers, and the shapes of the shipped suites."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
from decisions_cells import Differences, levels, overlap, rare_loss, rare_loss_beside, repeats, wide
from numpy.typing import NDArray

from harness.records.compared import Gate

Numbers = NDArray[np.float64]
Sides = tuple[Numbers, Numbers]
Kind = Literal["clear", "margin", "other"]
Chance = np.random.Generator
SHAPES = {"support_triage": 128, "general": 142}
"""Cases of the shipped suites that are large enough to be looked at."""

FAR = 6.1
"""Standard errors from the margin from which on a suite is clear: six times those that are needed."""


@dataclass(frozen=True)
class Cell:
    """A suite that is drawn again and again. ``margin``: the candidate is truly exactly as much worse as is allowed."""

    name: str
    n: int
    gate: Gate
    draw: Callable[[Chance], Sides]
    kind: Kind = "other"


GRADED: dict[str, Differences] = {
    "judge levels, 20 % change": partial(levels, 0.2),
    "judge levels, 40 % change": partial(levels, 0.4),
    "repeats, 3 of pass or fail": partial(repeats, 3),
    "rare losses of 0.8": partial(rare_loss, 0.8, 0.02),
    "rare losses of 0.4": partial(rare_loss, 0.4, 0.1),
    "a loss of 0.04 everywhere and total losses": partial(rare_loss_beside, 0.04),
    "wide, sd 0.3": wide,
}
"""Kinds of graded scores, and how the differences of each are drawn."""


def of_differences(n: int, drop: float, draw: Differences, chance: Chance) -> Sides:
    """Return both sides of drawn differences."""
    differences = draw(chance, n, drop)
    baseline = np.maximum(-differences, 0.0)
    return baseline, np.clip(baseline + differences, 0.0, 1.0)


def flips(discordant: float, chance: Chance, n: int, drop: float) -> Numbers:
    """Pass or fail, each case on its own."""
    drawn = chance.random(n)
    return np.where(drawn < (discordant + drop) / 2, -1.0, np.where(drawn < discordant, 1.0, 0.0))


def resampled(sides: Sides, n: int, chance: Chance) -> Sides:
    """Return cases of a real suite, drawn again with replacement."""
    drawn = chance.integers(0, len(sides[0]), n)
    return sides[0][drawn], sides[1][drawn]


def shuffled(sides: Sides, chance: Chance) -> Sides:
    """Return a real suite as it is, in another order."""
    order = chance.permutation(len(sides[0]))
    return sides[0][order], sides[1][order]


def invented() -> Iterator[Cell]:
    """Yield suites with a known true drop, floor or bound."""
    yield from pass_or_fail()
    yield from graded()
    for n in (300, 1000):
        yield from of_one_side(n)
        yield Cell("1 % lost, max_flips 30 in 1000", n, Gate(max_flips=30 * n // 1000), partial(_lost, n, 0.01))
        all_three = Gate(floor=0.7, lower_bound=0.7, max_drop=0.05)
        yield Cell("three thresholds, equal, 80 % right", n, all_three, partial(_three, n, 0.8))
        yield Cell("three thresholds, equal, at the floor", n, all_three, partial(_three, n, 0.7), "margin")


def pass_or_fail() -> Iterator[Cell]:
    """Yield cases that flip. Equal sides are clear with twice (300) or five times (more) the cases that they need."""
    clear = {300: (0.02, 0.04), 1000: (0.02, 0.06), 3000: (0.06, 0.1, 0.15)}
    for n, shares in clear.items():
        for share in (*shares, 0.2):
            kind: Kind = "clear" if share in shares else "other"
            yield _drop(f"pass or fail, {100 * share:g} % flip, equal", n, 0.0, partial(flips, share), kind)
        for share in (0.06, 0.1, 0.2):
            yield _drop(f"pass or fail, {100 * share:g} % flip, at margin", n, 0.05, partial(flips, share), "margin")
        for share, drop in ((0.12, 0.1), (0.25, 0.15)):
            yield _drop(f"pass or fail, {100 * share:g} % flip, drop {drop}", n, drop, partial(flips, share), "clear")


def graded() -> Iterator[Cell]:
    """Yield graded scores of many kinds."""
    for n in (300, 1000):
        for name, draw in GRADED.items():
            kind: Kind = "other" if "repeats" in name or "wide" in name else "clear"
            yield _drop(f"{name}, equal", n, 0.0, draw, kind)
            yield _drop(f"{name}, at margin", n, 0.05, draw, "margin")
        for name, draw in (("judge levels, 40 % change", GRADED["judge levels, 40 % change"]), ("overlap", overlap)):
            yield _drop(f"{name}, drop 0.1", n, 0.1, draw, "clear")


def of_one_side(n: int) -> Iterator[Cell]:
    """Yield suites whose candidate is judged alone."""
    for right in (0.7, 0.79, 0.8, 0.81, 0.9):
        share = f"{100 * right:g} % right"
        kind: Kind = "clear" if abs(right - 0.8) > 0.05 else "other"
        yield Cell(f"{share}, floor 0.8", n, Gate(floor=0.8), partial(_passing, n, right), kind)
        kind = "margin" if right == 0.8 else kind
        yield Cell(f"{share}, lower_bound 0.8", n, Gate(lower_bound=0.8), partial(_passing, n, right), kind)
    for mean in (0.6, 0.7):
        kind = "margin" if mean == 0.6 else "clear"
        yield Cell(f"graded, mean {mean}, lower_bound 0.6", n, Gate(lower_bound=0.6), partial(_graded, n, mean), kind)


def shapes() -> Iterator[Cell]:
    """Yield the sizes of the shipped suites: few cases, of which nearly all are asked."""
    for name, n in SHAPES.items():
        for drop in (0.0, 0.05, 0.3):
            share = max(0.03, 1.2 * drop)
            kind: Kind = "margin" if drop == 0.05 else "other"
            yield _drop(f"shape of {name}, drop {drop:g}", n, drop, partial(flips, share), kind)


def real(folder: Path) -> Iterator[Cell]:
    """Yield pairs of models with real answers, as they are and resampled."""
    for name, sides in {**gsm8k(folder), **pandalm(folder), **mtbench(folder), **banking(folder)}.items():
        n, drop = len(sides[0]), float(np.mean(sides[0] - sides[1]))
        gate, error = Gate(max_drop=0.05), float(np.std(sides[1] - sides[0])) / 1000**0.5
        if n >= 300:
            yield Cell(f"{name}, as it is", n, gate, partial(shuffled, sides))
        away = min(drop - 0.05, drop) if drop > 0.05 else 0.05 - drop
        kind: Kind = "clear" if away > FAR * error else "other"
        yield Cell(f"{name}, resampled", 1000, gate, partial(resampled, sides, 1000), kind)
        if drop > 0.01:
            at = Gate(max_drop=drop)
            yield Cell(f"{name}, resampled, at margin", 1000, at, partial(resampled, sides, 1000), "margin")
    followed = ifeval(folder)
    right = float(followed.mean())
    for off in (-0.08, 0.0, 0.08):
        alone, kind = (followed, followed), "clear" if off else "margin"
        yield Cell(
            f"IFEval, {right + off:.2f} asked", 541, Gate(lower_bound=right + off), partial(resampled, alone, 541), kind
        )
        yield Cell(f"IFEval, floor {right + off:.2f}, as it is", 541, Gate(floor=right + off), partial(shuffled, alone))


def gsm8k(folder: Path) -> dict[str, Sides]:
    """Return the four models' answers to GSM8K, right or wrong, pair by pair."""
    rows = [json.loads(line) for line in (folder / "gsm8k/example_model_solutions.jsonl").open()]
    models = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
    right = {model: np.array([float(row[model]["is_correct"]) for row in rows]) for model in models}
    pairs = [*combinations(models, 2), ("6b_verification", "6b_finetuning"), ("175b_verification", "175b_finetuning")]
    return {f"GSM8K, {one} -> {other}": (right[one], right[other]) for one, other in pairs}


def pandalm(folder: Path) -> dict[str, Sides]:
    """Return what PandaLM's people said of two answers, as the mean over three people."""
    worth = {"1": (1.0, 0.0), "2": (0.0, 1.0)}
    rows = json.loads((folder / "pandalm/testset-v1.json").read_text())
    said = [[worth.get(str(row[f"annotator{who}"]), (0.5, 0.5)) for who in (1, 2, 3)] for row in rows]
    first, second = np.array(said).mean(axis=1).T
    return {"PandaLM, first -> second": (first, second), "PandaLM, second -> first": (second, first)}


def mtbench(folder: Path) -> dict[str, Sides]:
    """Return how GPT-4 judged models of MT-Bench against all others, question by question, as a mean of wins."""
    wins: defaultdict[str, defaultdict[tuple[int, int], list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in (folder / "mtbench/gpt4_pair.jsonl").open():
        row = json.loads(line)
        for side in ("model_a", "model_b"):
            won = 1.0 if row["winner"] == side else 0.0 if row["winner"] in {"model_a", "model_b"} else 0.5
            wins[row[side]][row["question_id"], row["turn"]].append(won)
    asked = sorted(set.intersection(*(set(found) for found in wins.values())))
    scores = {model: np.array([np.mean(found[key]) for key in asked]) for model, found in wins.items()}
    ranked = sorted(scores, key=lambda model: scores[model].mean())
    pairs = [(ranked[0], ranked[-1]), (ranked[-1], ranked[0]), (ranked[-1], ranked[-2]), (ranked[2], ranked[3])]
    return {f"MT-Bench, {one} -> {other}": (scores[one], scores[other]) for one, other in pairs}


def banking(folder: Path) -> dict[str, Sides]:
    """Return which of the Banking77 questions two simple classifiers get right: one of all rows, one of half."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB

    with (folder / "banking77/train.csv").open(newline="") as train, (folder / "banking77/test.csv").open() as test:
        rows, asked = list(csv.DictReader(train)), list(csv.DictReader(test))
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([row["text"] for row in rows])
    questions, labels = words.transform([row["text"] for row in asked]), np.array([row["category"] for row in asked])
    right = {}
    for name, part in (("all", rows), ("most", rows[::10] + rows[1::2]), ("some", rows[::20])):
        model = ComplementNB().fit(words.transform([row["text"] for row in part]), [row["category"] for row in part])
        right[name] = (model.predict(questions) == labels).astype(float)
    pairs = [("all", "most"), ("most", "all"), ("all", "some")]
    return {f"Banking77, {one} -> {other}": (right[one], right[other]) for one, other in pairs}


def ifeval(folder: Path) -> Numbers:
    """Return which prompts of IFEval GPT-4 followed, strictly."""
    lines = (folder / "ifeval/eval_results_strict.jsonl").open()
    return np.array([float(json.loads(line)["follow_all_instructions"]) for line in lines])


def _drop(name: str, n: int, drop: float, draw: Differences, kind: Kind = "other") -> Cell:
    return Cell(name, n, Gate(max_drop=0.05), partial(of_differences, n, drop, draw), kind)


def _passing(n: int, right: float, chance: Chance) -> Sides:
    found = (chance.random(n) < right).astype(float)
    return found, found


def _graded(n: int, mean: float, chance: Chance) -> Sides:
    found = chance.beta(8 * mean, 8 * (1 - mean), n)
    return found, found


def _lost(n: int, share: float, chance: Chance) -> Sides:
    return np.ones(n), (chance.random(n) >= share).astype(float)


def _three(n: int, right: float, chance: Chance) -> Sides:
    before, moved = chance.random(n) < right, chance.random(n) < 0.04
    after = np.where(moved, chance.random(n) < right, before)
    return before.astype(float), after.astype(float)
