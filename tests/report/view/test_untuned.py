"""What the base model made of rows, and what training takes, in words."""

from pathlib import Path

import pytest

from harness.data.checks.shape.advice import Cost, TrainingTime
from harness.data.checks.shape.untuned import ByModels, Costs, FewShot, Share, Untuned, Weighed
from harness.records.estimate import Estimate
from harness.report.view.untuned import asked_page, cost_lines, untuned_lines

HALF = Share(right=10, rows=20, low=0.299, high=0.701)


def untuned(**changed: object) -> Untuned:
    """Return what was found of 20 rows."""
    return Untuned(model="tiny", engine="function", drawn=20, of=900, **changed)


def few(low: float, mean: float, high: float) -> Untuned:
    """Return a difference that examples made."""
    delta = Estimate(mean=mean, low=low, high=high, n=20, method="a test")
    return untuned(few_shot=FewShot(examples=4, plain=HALF, shown=HALF, difference=delta))


def told(found: Untuned) -> str:
    """Return all lines."""
    return "\n".join(untuned_lines(found))


def test_a_share_is_told_with_its_interval_and_its_scorer():
    """And of how many rows the drawn ones are."""
    lines = told(untuned(right=HALF, scorer="exact_match()"))

    assert "was asked about 20 rows, drawn at random of 900." in lines
    assert "It answers 10 of 20 rows (50 %, between 30 % and 70 %) right already, by exact_match()." in lines


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((0.1, 0.2, 0.3), "Examples help: +20 points, between +10 and +30."),
        ((-0.3, -0.2, -0.1), "Examples do harm: \u221220 points, between \u221230 and \u221210."),
        ((-0.1, 0.1, 0.3), "Whether examples help is not clear: +10 points, between \u221210 and +30."),
    ],
)
def test_examples_help_only_beyond_chance(interval, said):
    """The whole interval must be above 0."""
    assert said in told(few(*interval))


def test_too_few_rows_to_compare_are_said_to_be_so():
    """No threshold is no clearance."""
    lines = told(untuned(weighed=Weighed(rows=3, median=2.5, labels=False, threshold=None)))

    assert "2.50 nats per token in the median; too few are alike to find any that astonish it." in lines


def test_nothing_is_told_that_was_not_asked_for():
    """Neither of the model nor of costs."""
    page = asked_page(ByModels(), Path())

    assert (page.untuned, page.report, page.costs) == ((), "", ())
    assert len(list(untuned_lines(untuned()))) == 1


def test_costs_are_estimates_with_a_range_and_the_day_of_the_price():
    """Never one sure figure."""
    time = TrainingTime(device="CPU", steps=40, tokens=9000, measured=5, seconds=600, least=540, most=7200)
    hosted = (
        Cost(name="small", currency="EUR", amount=1.234, as_of="2026-11-27"),
        Cost(name="other", currency="USD", amount=3, as_of=""),
    )

    lines = "\n".join(cost_lines(Costs(tokens=9000, epochs=2.0, time=time, hosted=hosted)))

    assert "Training reads 9,000 tokens, in 2 epochs at most." in lines
    assert "takes about 10 minutes: between 9 minutes and 2.0 hours by 5 steps of 40 that were timed" in lines
    assert "Hosted, small: about 1.23 EUR by your price (as of 2026-11-27)." in lines
    assert "about 3.00 USD by your price (a price without a day)" in lines


def test_the_page_links_the_run_as_seen_from_its_folder():
    """Escaped, whatever the folders are called."""
    found = untuned(report="runs/0001 #1/report.html")

    page = asked_page(ByModels(untuned=found), Path("pages"))

    assert page.report == "../runs/0001%20%231/report.html"
    assert not any("report.html" in line for line in page.untuned)
