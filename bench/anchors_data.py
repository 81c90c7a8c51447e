"""Past models, a baseline and a candidate for bench/anchors.py: of published answers, and simulated."""

# ruff: noqa: S311 - simulations
import csv
import json
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Scores = Sequence[float]
Trial = tuple[Scores, Sequence[Scores], Scores, float]
"""What the baseline, earlier models and the candidate got for each case of a suite, and the true difference."""


def banking77(data: Path, repeats: int, size: int) -> Iterator[Trial]:
    """Yield suites of tickets, and simple classifiers of varied strength in the place of adapters."""
    scores, chance = _classifiers(data / "banking77"), random.Random(7)
    whole = range(len(scores[0]))
    for _ in range(repeats):
        models = chance.sample(range(len(scores)), len(scores))
        baseline, near = models[0], models[1:12]
        near.sort(key=lambda one: sum(map(_differ, scores[one], scores[models[0]])))
        candidate = near[chance.randrange(5)]
        earlier = [one for one in models[1:] if one != candidate][-8:]
        cases = chance.sample(whole, size)
        truth = sum(scores[candidate]) / len(whole) - sum(scores[baseline]) / len(whole)
        yield (
            [scores[baseline][case] for case in cases],
            [[scores[one][case] for case in cases] for one in earlier],
            [scores[candidate][case] for case in cases],
            truth,
        )


def gsm8k(data: Path, repeats: int, size: int) -> Iterator[Trial]:
    """Yield suites of the questions that four fine-tuned models answered; two of them are the earlier ones."""
    lines = (data / "gsm8k" / "example_model_solutions.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    names = sorted(name for name, value in rows[0].items() if isinstance(value, dict))
    scores = {name: [float(row[name]["is_correct"]) for row in rows] for name in names}
    chance = random.Random(7)
    for _ in range(repeats):
        baseline, candidate, *earlier = chance.sample(names, 4)
        cases = chance.sample(range(len(rows)), size)
        truth = (sum(scores[candidate]) - sum(scores[baseline])) / len(rows)
        yield (
            [scores[baseline][case] for case in cases],
            [[scores[one][case] for case in cases] for one in earlier],
            [scores[candidate][case] for case in cases],
            truth,
        )


def mtbench(data: Path, repeats: int) -> tuple[Iterator[Trial], list[str | None]]:
    """Return trials on how often GPT-4 preferred each of six models, and the question that each pair of turns is of."""
    won: defaultdict[tuple[str, tuple[int, int]], list[float]] = defaultdict(list)
    for line in (data / "mtbench" / "gpt4_pair.jsonl").read_text().splitlines():
        vote = json.loads(line)
        case = (vote["question_id"], vote["turn"])
        for side, other in (("model_a", "model_b"), ("model_b", "model_a")):
            value = 1.0 if vote["winner"] == side else 0.0 if vote["winner"] == other else 0.5
            won[vote[side], case].append(value)
    names = sorted({name for name, _ in won})
    cases = sorted({case for _, case in won})
    scores = {name: [sum(won[name, case]) / len(won[name, case]) for case in cases] for name in names}

    def trials() -> Iterator[Trial]:
        chance = random.Random(7)
        for _ in range(repeats):
            baseline, candidate, *earlier = chance.sample(names, 4)  # all six would give the sixth away: wins add up
            truth = (sum(scores[candidate]) - sum(scores[baseline])) / len(cases)
            yield scores[baseline], [scores[one] for one in earlier], scores[candidate], truth

    return trials(), [str(question) for question, _ in cases]


def simulated(repeats: int, size: int, margin: float, near: float) -> Iterator[Trial]:
    """Yield suites of an item response model (2PL); the candidate is ``margin`` worse than the baseline in truth.

    With probability ``near`` a case gives the candidate the baseline's own luck, as adapters of one base model share.
    """
    chance = random.Random(7)
    ability = 1.0
    lower = _ability_at(_accuracy(ability) - margin)
    for _ in range(repeats):
        items = [(chance.gauss(0, 1.2), 0.5 + chance.expovariate(1.0)) for _ in range(size)]
        luck = [chance.random() for _ in items]
        yield (
            [float(one < _right(ability, *item)) for one, item in zip(luck, items, strict=True)],
            [
                [float(chance.random() < _right(level, *item)) for item in items]
                for level in (chance.gauss(0.8, 0.5) for _ in range(8))
            ],
            [
                float((one if chance.random() < near else chance.random()) < _right(lower, *item))
                for one, item in zip(luck, items, strict=True)
            ],
            -margin,
        )


def forgetful(repeats: int, size: int, margin: float) -> Iterator[Trial]:
    """Yield a candidate that lost ``margin`` of all cases, each of them one that no earlier model has ever missed."""
    chance = random.Random(7)
    easy = 0.7
    for _ in range(repeats):
        is_easy = [chance.random() < easy for _ in range(size)]
        earlier = [[1.0 if one else float(chance.random() < 0.5) for one in is_easy] for _ in range(8)]
        baseline = [1.0 if one else float(chance.random() < 0.5) for one in is_easy]
        candidate = [
            0.0 if one and chance.random() < margin / easy else before
            for one, before in zip(is_easy, baseline, strict=True)
        ]
        yield baseline, earlier, candidate, -margin


def graded(repeats: int, size: int, loss: float, share: float) -> Iterator[Trial]:
    """Yield models whose cases are graded near 0.91, and with probability ``share`` are ``loss`` worse.

    In place of the true difference there is the true mean of the candidate.
    """
    chance = np.random.default_rng(7)

    def draw(models: int, cases: int) -> NDArray[np.float64]:
        losses = loss * (chance.random((models, cases)) < share)
        return np.clip(chance.beta(30, 3, (models, cases)) - losses, 0.0, 1.0)

    truth = float(draw(1, 4_000_000).mean())
    for _ in range(repeats):
        baseline, candidate, *earlier = draw(10, size).tolist()
        yield baseline, earlier, candidate, truth


def _classifiers(folder: Path) -> list[list[float]]:
    """Return which tickets each of 24 classifiers gets right."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB, MultinomialNB
    from sklearn.svm import LinearSVC

    texts, labels = _rows(folder / "train.csv")
    asked, expected = _rows(folder / "test.csv")
    kinds: tuple[dict[str, object], ...] = ({}, {"ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (2, 4)})
    makers: tuple[Callable[[], object], ...] = (
        ComplementNB,
        lambda: MultinomialNB(alpha=0.1),
        lambda: LinearSVC(C=0.3),
    )
    chance, scores = random.Random(0), []
    for kind in kinds:
        vectors = TfidfVectorizer(min_df=2, **kind)
        seen, other = vectors.fit_transform(texts), vectors.transform(asked)
        for size in (2_000, 5_000, len(texts)):
            rows = chance.sample(range(len(texts)), size)
            for make in makers[: 2 if size == len(texts) else 3] if kind else makers:
                model = make().fit(seen[rows], [labels[row] for row in rows])
                scores.append([float(got == want) for got, want in zip(model.predict(other), expected, strict=True)])
    return scores


def _rows(path: Path) -> tuple[list[str], list[str]]:
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [row[0] for row in rows], [row[1] for row in rows]


def _right(ability: float, difficulty: float, slope: float) -> float:
    return 1 / (1 + math.exp(-slope * (ability - difficulty)))


def _accuracy(ability: float) -> float:
    chance = random.Random(1)
    return sum(_right(ability, chance.gauss(0, 1.2), 0.5 + chance.expovariate(1.0)) for _ in range(200_000)) / 200_000


def _ability_at(accuracy: float) -> float:
    low, high = -4.0, 4.0
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if _accuracy(middle) < accuracy else (low, middle)
    return (low + high) / 2


def _differ(one: float, other: float) -> bool:
    return one != other
