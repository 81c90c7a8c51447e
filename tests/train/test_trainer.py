"""How many steps a training has."""

import pytest

from harness.train.config import TrainConfig
from harness.train.job import Schedule, plan_steps


def config(**settings: float) -> TrainConfig:
    """Return settings with ten rows to a batch."""
    return TrainConfig(output="a", train=("b",), **{"rows_per_batch": 10, **settings})


@pytest.mark.parametrize(
    ("settings", "schedule"),
    [
        ({}, Schedule(steps=10, every=4)),
        ({"epochs": 2.5}, Schedule(steps=25, every=9)),
        ({"gradient_accumulation": 4}, Schedule(steps=3, every=1)),
        ({"rows_per_batch": 1000}, Schedule(steps=1, every=1)),
        ({"max_tokens": 4_599}, Schedule(steps=4, every=2)),
        ({"max_tokens": 1}, Schedule(steps=1, every=1)),
        ({"max_tokens": 10**9}, Schedule(steps=10, every=4)),
        ({"validations": 1}, Schedule(steps=10, every=10)),
        ({"validations": 50}, Schedule(steps=10, every=1)),
    ],
)
def test_steps_follow_from_rows_epochs_and_budget(settings, schedule):
    """For a hundred rows of a hundred tokens; whatever the budget, there is one step."""
    assert plan_steps(config(**settings), [100] * 100) == schedule
