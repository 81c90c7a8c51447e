"""What earlier scores explain of a paired difference: coverage in simulation, and how much shorter intervals get.

As CUPED (Deng and others 2013, WSDM '13:123), with what other models got for the same cases as the covariate. It is why
no gate adjusts: docs/decisions/0026-no-covariates.md. ``python bench/adjusted.py [FOLDER]``; FOLDER with banking77 and
gsm8k adds real answers. Intervals are at 95 %.
"""

import csv
import json
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from measure import at_least, at_most, exit_code, run_script, tell

CASES, EARLIER, TIMES, SEED = 400, 8, 2_000, 20
ALPHA = 0.05
BAR_COVERS, BAR_WRONG = 0.94, 0.06


def main() -> int:
    """Print rates, gains and bars; return the exit code."""
    held = []
    for name, gain in (("equal models", 0.0), ("better on the hard ones", 0.3), ("worse on the hard ones", -0.3)):
        found = [simulated(random.Random(f"{SEED} {name} {one}"), gain) for one in range(TIMES)]  # noqa: S311
        covers, wrong, shorter = (statistics.fmean(one[place] for one in found) for place in range(3))
        tell(f"{name}: {1 - shorter:.2%} shorter")
        held.append(at_least(f"{name}: the truth is inside", covers, "", BAR_COVERS))
        if gain < 0:
            held.append(at_most(f"{name}: passed at the margin", wrong, "", BAR_WRONG))
    luck = [simulated(random.Random(f"{SEED} luck {one}"), 0.0, own=True)[0] for one in range(TIMES)]  # noqa: S311
    tell(f"with the baseline's own scores among the covariates the truth is inside in {statistics.fmean(luck):.3f}")
    for name, models in real(Path(sys.argv[1])) if len(sys.argv) > 1 else ():
        tell(f"{name}: {shortening(models):.2%} shorter on average, over all pairs of {len(models)} models")
    return exit_code(held)


def simulated(chance: random.Random, gain: float, *, own: bool = False) -> tuple[float, float, float]:
    """Return whether the interval has the truth in it, whether a drop at the margin passes, and its relative width.

    Cases are drawn anew each time with their difficulty; the truth is the mean over all cases that there could be.
    """
    difficulties = [chance.betavariate(0.6, 0.6) for _ in range(CASES)]
    earlier = [[float(chance.random() < p) for p in difficulties] for _ in range(EARLIER)]
    baseline = [float(chance.random() < p) for p in difficulties]
    moved = [min(max(p + gain * (1 - p) * p, 0.0), 1.0) for p in difficulties]
    candidate = [float(chance.random() < p) for p in moved]
    differences = [after - before for before, after in zip(baseline, candidate, strict=True)]
    level = [statistics.fmean(values) for values in zip(*earlier, strict=True)]
    each = counts_as(differences, [level, baseline] if own else [level])
    truth = gain * 0.5 * (0.6 / (2 * 0.6 + 1))  # the mean of p (1 - p) of Beta(a, a) is a / (2 (2 a + 1))
    low, high = interval(differences, each)
    plain = interval(differences, 1.0)
    passes = truth < 0 and passes_at(differences, each, -truth)
    return float(low <= truth <= high), float(passes), (high - low) / (plain[1] - plain[0])


def shortening(models: Sequence[Sequence[float]]) -> float:
    """Return how much shorter intervals of pairs of models get, by the mean score of all others."""
    shorter = []
    for one, before in enumerate(models):
        for two, after in enumerate(models[:one]):
            others = [model for place, model in enumerate(models) if place not in {one, two}]
            differences = [b - a for a, b in zip(before, after, strict=True)]
            level = [statistics.fmean(values) for values in zip(*others, strict=True)]
            low, high = interval(differences, counts_as(differences, [level]))
            plain = interval(differences, 1.0)
            shorter.append(1 - (high - low) / (plain[1] - plain[0]))
    return statistics.fmean(shorter)


def counts_as(differences: Sequence[float], covariates: Sequence[Sequence[float]]) -> float:
    """Return how many cases each case counts as, once what covariates explain by least squares is taken away."""
    import numpy as np

    values = np.array(differences)
    design = np.column_stack([np.ones(len(values)), *(np.array(one) for one in covariates)])
    fitted, _, rank, _ = np.linalg.lstsq(design, values, rcond=None)
    left = ((values - design @ fitted) ** 2).sum() * len(values) / (len(values) - int(rank))
    plain = ((values - values.mean()) ** 2).sum()
    return float(max(plain / left, 1.0))


def interval(differences: Sequence[float], each: float) -> tuple[float, float]:
    """Return Tango's interval where every case counts as so many."""
    from harness.stats.passfail import paired_score_interval

    return paired_score_interval(differences.count(-1) * each, differences.count(1) * each, len(differences) * each)


def passes_at(differences: Sequence[float], each: float, margin: float) -> bool:
    """Return whether a drop of ``margin`` is ruled out where every case counts as so many."""
    from harness.stats.passfail import score_p_value

    lost, won = differences.count(-1) * each, differences.count(1) * each
    return score_p_value(lost, won, len(differences) * each, -margin) <= ALPHA


def real(folder: Path) -> list[tuple[str, list[list[float]]]]:
    """Return the scores of real models by data set: classifiers of different strength, and four language models."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.naive_bayes import MultinomialNB

    def rows(name: str) -> tuple[list[str], list[str]]:
        with (folder / "banking77" / name).open(newline="") as file:
            texts, labels = zip(*list(csv.reader(file))[1:], strict=True)
        return list(texts), list(labels)

    (texts, labels), (asked, expected) = rows("train.csv"), rows("test.csv")
    classifiers = []
    for one in range(12):
        kept = random.Random(one).sample(range(len(texts)), (1_500, 2_500, 4_000, 6_000)[one % 4])  # noqa: S311
        words = TfidfVectorizer(ngram_range=(1, 1 + one % 2))
        model = MultinomialNB(alpha=0.1) if one % 3 else SGDClassifier(random_state=one)
        model.fit(words.fit_transform([texts[place] for place in kept]), [labels[place] for place in kept])
        given = model.predict(words.transform(asked))
        classifiers.append([float(a == b) for a, b in zip(given, expected, strict=True)])
    solved = [json.loads(line) for line in (folder / "gsm8k" / "example_model_solutions.jsonl").open()]
    names = [name for name, value in solved[0].items() if isinstance(value, dict)]
    return [
        ("Banking77, classifiers", classifiers),
        ("GSM8K, language models", [[float(one[name]["is_correct"]) for one in solved] for name in names]),
    ]


if __name__ == "__main__":
    run_script(main)
