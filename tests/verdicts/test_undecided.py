"""How many more cases would decide an inconclusive gate, and when no number is named."""

import re

import msgspec
import pytest

from harness.records.compared import Noise
from harness.verdicts.undecided import more_cases
from tests.verdicts import test_compare_corpus as corpus
from tests.verdicts import test_quantity_gate as quantity
from tests.verdicts.test_gate import flips, judged, pairs


@pytest.mark.parametrize(
    ("comparison", "thresholds", "more"),
    [
        (flips(200, lost=4, won=4, right=150), {"max_drop": 0.02}, 480),  # about 680 would be enough
        (flips(58, right=50), {"max_drop": 0.05}, 1),  # at least 59 are needed
        (pairs([(0.5, 0.7), (0.5, 0.3)] * 10), {"max_drop": 0.05}, 90),  # about 110
    ],
)
def test_the_cases_that_a_gate_is_short_of(comparison, thresholds, more):
    """What its reason names as enough, less those that are there."""
    assert more_cases(judged(comparison, **thresholds)) == more


def test_figures_of_all_answers_and_quantities_are_short_of_what_their_reasons_name():
    """Macro F1, a rise, and a lower bound."""
    cases = corpus.answered({("bug",) * 3: 250, ("billing",) * 3: 250, ("account",) * 3: 3})
    before = quantity.spread(40)
    after = [amount * (0.5 if n % 2 else 1.5) for n, amount in enumerate(before)]
    found = (
        corpus.judged(corpus.compared(cases), max_drop=0.05),
        quantity.judged(quantity.compared(before, after), max_rise=0.05),
        judged(flips(100, right=85), lower_bound=0.8),
    )

    for verdict in found:
        seen = verdict.comparison.delta if not verdict.comparison.unit else verdict.comparison.ratio
        named = int(re.search(r"about (\d+) would", verdict.reasons[0])[1])
        assert more_cases(verdict) == named - seen.n


@pytest.mark.parametrize(
    ("comparison", "thresholds"),
    [
        (flips(300, lost=13, won=5, right=200), {"max_drop": 0.05}),  # enough of them, but an unlucky difference
        (pairs([(0.5, 0.6), (0.5, 0.2)] * 4), {"max_drop": 0.05}),  # below the margin, which could be chance
        (pairs([(1, 1)] * 20 + [(1, None)], reason="HTTP 500"), {"max_drop": 0.05}),  # unscored cases
        (pairs([(1, 1)] * 20, groups=["one"] * 20), {"max_drop": 0.05}),  # one group
        (flips(60), {"max_drop": 0.05}),  # passed
        (flips(60, lost=40, right=20), {"max_drop": 0.05}),  # failed
        (pairs([]), {"max_drop": 0.05}),  # no case
    ],
)
def test_no_number_is_named_where_none_is_known_to_decide(comparison, thresholds):
    """Neither for what is decided."""
    assert more_cases(judged(comparison, **thresholds)) is None


def test_more_cases_of_a_noisy_engine_are_not_promised_to_decide():
    """Chance alone moves the mean by more than the margin."""
    noise = Noise(asked=40, answers_changed=30, scored=40, scores_changed=20, spread=0.5)
    noisy = msgspec.structs.replace(flips(200, lost=4, won=4, right=150), noise=noise)

    verdict = judged(noisy, max_drop=0.02)

    assert "chance alone moves" in verdict.reasons[0]
    assert more_cases(verdict) is None


def test_one_threshold_that_no_number_decides_leaves_the_gate_without_one():
    """Its lost cases are inconclusive too, in which more cases help nothing."""
    verdict = judged(flips(200, lost=4, won=4, right=150), max_drop=0.02)
    two = msgspec.structs.replace(verdict, reasons=(*verdict.reasons, "4 lost cases could not be asked again"))

    assert more_cases(two) is None
