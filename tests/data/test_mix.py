"""Everyday rows among those of a task."""

import random

import pytest

from harness.data.mix import mix, shuffled


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_the_share_is_one_of_tokens(share):
    """Long everyday rows count for more than short ones."""
    draw = random.Random(2)  # noqa: S311 - invented lengths
    task = [draw.randrange(20, 60) for _ in range(1000)]
    everyday = [draw.randrange(50, 900) for _ in range(400)]

    mixed = mix(task, everyday, share, seed=0)

    assert mixed.share == pytest.approx(share, abs=0.002)
    assert mixed.everyday_tokens == sum(everyday[place] for place in mixed.taken)
    assert list(mixed.taken) == sorted(set(mixed.taken))


def test_whole_rows_come_as_near_as_they_can():
    """A row that would overshoot by more than it helps is left out."""
    assert mix([90], [10], 0.1, seed=0).taken == (0,)
    assert mix([90], [50, 9], 0.1, seed=0).taken == (1,)


def test_the_seed_decides_which_rows():
    """And nothing else does."""
    task, everyday = [50] * 100, [50] * 100

    first, again, other = (mix(task, everyday, 0.1, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first.taken != other.taken


@pytest.mark.parametrize(
    ("task", "everyday", "share", "words"),
    [
        ([90], [5], 0.1, r"all 1 everyday rows come to a share of 5\.3 % of the tokens, not 10\.0 %"),
        ([], [5], 0.1, "no rows of the task"),
        ([90], [5], 0, "a share is above 0 and below 1, such as 0.07, got "),
        ([90], [5], 1, "a share is above 0 and below 1, such as 0.07, got "),
    ],
)
def test_what_cant_be_mixed_is_told(task, everyday, share, words):
    """With what there is."""
    with pytest.raises(ValueError, match=words):
        mix(task, everyday, share, seed=0)


def test_an_order_is_random_and_the_seeds():
    """Every place once."""
    assert sorted(shuffled(50, 3)) == list(range(50))
    assert shuffled(50, 3) == shuffled(50, 3) != shuffled(50, 4)
