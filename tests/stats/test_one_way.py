"""Figures of which one way alone is worse, such as slices: named beyond chance and beyond their margin."""

import numpy as np

from harness.stats.independent import change_of
from harness.stats.summed import Averaged, Counted, Summary
from harness.stats.two_sample import Drift, two_samples

Pair = tuple[Summary, Summary]


def fell(then: int, now: int, n: int = 100) -> Pair:
    """So many of n before, and now."""
    return Counted(k=then, n=n), Counted(k=now, n=n)


def judged(slices: dict[str, Pair], margin: float = 0.05) -> dict[str, Drift]:
    """Less is worse."""
    changes = {name: change_of(*pair) for name, pair in slices.items()}
    return two_samples(changes, dict.fromkeys(slices, margin), worse=dict.fromkeys(slices, "lower"))


def test_the_slice_that_fell_is_named() -> None:
    """German fell from 90 to 60 of 100; French hardly; Greek is too small to tell."""
    found = judged({"en": fell(900, 905, 1000), "de": fell(90, 60), "fr": fell(90, 88), "el": fell(9, 7, 10)})

    assert {name: one.verdict for name, one in found.items()} == {
        "en": "steady",
        "de": "drifted",
        "fr": "too little to tell",
        "el": "too little to tell",
    }


def test_what_is_alarming_alone_is_not_among_twenty() -> None:
    """90 to 78 of 100 has p = .016 alone."""
    others = {str(place): fell(90, 90) for place in range(19)}

    assert judged({"de": fell(90, 78)}, 0.01)["de"].verdict == "drifted"
    assert judged({"de": fell(90, 78), **others}, 0.01)["de"].verdict == "too little to tell"


def test_a_drop_of_no_importance_is_steady() -> None:
    """Of a hundred thousand cases one of half a point is beyond chance, and within the margin."""
    found = judged({"en": fell(90_000, 89_500, 100_000)}, 0.01)["en"]

    assert (found.p_value < 0.001, found.verdict) == (True, "steady")


def test_what_got_better_is_steady_however_far() -> None:
    """One way only; either way it drifted."""
    pair = {"de": fell(60, 90)}

    assert judged(pair)["de"].verdict == "steady"
    assert two_samples({"de": change_of(*pair["de"])}, {"de": 0.05})["de"].verdict == "drifted"
    assert two_samples({"de": change_of(*pair["de"])}, {"de": 0.05}, worse={"de": "higher"})["de"].verdict == "drifted"


def test_means_are_compared_as_well() -> None:
    """Levels of a judge."""
    before, now = Averaged(mean=0.8, sd=0.2, n=200), Averaged(mean=0.7, sd=0.25, n=150)

    assert judged({"de": (before, now)}, 0.02)["de"].verdict == "drifted"


def test_quiet_slices_are_hardly_ever_named() -> None:
    """Any of twelve of mixed sizes: at most once in twenty."""
    chance, named = np.random.default_rng(41), 0
    sizes = [10, 20, 30, 50, 80, 100, 150, 200, 300, 500, 800, 1000]
    for _ in range(200):
        pairs = {str(n): fell(*(int(k) for k in chance.binomial(n, 0.9, 2)), n) for n in sizes}
        named += any(one.verdict == "drifted" for one in judged(pairs, 1e-9).values())

    assert named / 200 <= 0.05
