"""Inputs against earlier logs, in place of the suite and the training data."""

from itertools import chain

import msgspec
import pytest

from harness.errors import InputError
from tests.drift.made import drift_from, logged_day, other_question, project


def both_models(day: int):
    """Return the requests of a day: as many to another model, which is asked other things."""
    others = (msgspec.structs.replace(one, model="other") for one in logged_day(day, asked=other_question))
    return chain(logged_day(day), others)


def test_requests_to_a_model_are_compared_with_those_to_the_same_one(tmp_path):
    """Of both sides; where the reference has none, nothing else takes its place."""
    config = project(tmp_path)

    drift = drift_from(tmp_path, config, logged_day(2), both_models(1), "mine")

    lengths = next(one for one in drift.questions[0].figures if one.name == "length")
    assert (lengths.against, lengths.change.n, lengths.verdict == "drifted") == ("reference logs", 120, False)
    with pytest.raises(InputError, match="have no request to mine, which --model names"):
        drift_from(tmp_path, config, logged_day(2), iter(()), "mine")
