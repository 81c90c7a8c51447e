"""General ability: what the base model could do before must not be forgotten for the sake of the tickets."""

import re
from pathlib import Path

import pytest

from harness.scorers import matches_regex

HERE = Path(__file__).parent
MATCHES_THE_EXPECTED = matches_regex(flags=re.IGNORECASE | re.DOTALL)
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", max_tokens=24)


def test_general_ability_holds(evaluate, gate):
    gate(evaluate(MATCHES_THE_EXPECTED), floor=0.5, max_drop=0.10)


@pytest.mark.suite(HERE / "cases.jsonl", tags=["writing"], max_tokens=24)
def test_judge_does_not_prefer_the_baseline(prefer, gate):
    # It counts once `harness judge check helpfulness` trusts the judge. Ten cases are too few for max_drop.
    gate(prefer("helpfulness"), floor=0.40, max_unscored=2)
