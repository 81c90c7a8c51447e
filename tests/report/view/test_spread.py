"""Lengths, times and calibration on the page."""

import math
import re

import msgspec

from harness.records.answered import TokenLogprob
from harness.report import render
from harness.report.drawing.axis import ticks
from harness.report.drawing.spread import draw_histograms
from tests.sample_run import SampleRun, sample_run


def page_with(confidence: float, **changed: object) -> str:
    """Return the report of the invented run, in which every answer has this confidence and was given so."""
    sample = sample_run()
    logprobs = (TokenLogprob(token="t", logprob=math.log(confidence)),)
    answers = tuple(
        msgspec.structs.replace(
            one,
            response=msgspec.structs.replace(
                one.response, logprobs=logprobs if not one.response.error else (), **changed
            ),
        )
        for one in sample.answers
    )
    return render(sample.run, answers, sample.judgements)


def rendered(sample: SampleRun) -> str:
    """Return the report of a run."""
    return render(sample.run, sample.answers, sample.judgements)


def words(html: str) -> str:
    """Return what is read, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_calibration_is_shown_where_probabilities_are_known():
    """Confidence 0.9 throughout, 0.875 and 0.655 right; the error is their distance."""
    html = page_with(0.9)
    gate = html[html.index('id="gate-1"') :]
    told = words(gate[gate.index(">Calibration<") :])

    assert re.search(r"Baseline \d+ 0\.900 0\.875 0\.025 0\.0\d\d Candidate \d+ 0\.900 0\.655 0\.245 0\.0\d\d", told)
    assert "Expected calibration error: baseline 0.025" in gate


def test_calibration_is_not_shown_without_probabilities():
    """Nor of answers that were cut off, of which it is that of a part."""
    assert ">Calibration<" not in rendered(sample_run())
    assert ">Calibration<" not in page_with(0.9, finish_reason="length")


def test_lengths_are_in_characters_where_a_server_counts_no_tokens():
    """Of both sides, so that they can be compared."""
    counted, uncounted = rendered(sample_run()), page_with(0.9, tokens_out=None)

    assert "Length of the answers, tokens" in counted
    assert "Length of the answers, characters" not in counted
    assert "Length of the answers, characters" in uncounted


def test_percentiles_of_seconds_have_intervals():
    """p50, p90, p95 and p99 of both sides, by all usable answers."""
    html = rendered(sample_run())
    told = words(html[html.index('id="answers"') : html.index('id="facts"')])

    for name in ("Median", "90 % are at most", "95 % are at most", "99 % are at most"):
        assert re.search(rf"{name} 0\.\d\d 0\.\d\d to \S+ 0\.\d\d", told.split("Seconds an answer")[1])


def test_a_run_without_answers_has_no_such_part():
    """Nothing is drawn from nothing."""
    sample = sample_run()

    assert 'id="answers"' not in render(sample.run, (), ())


def test_a_histogram_of_equal_or_zero_lengths_is_drawn():
    """And one whose longest answers are far beyond the rest."""
    for values in ([0.0], [7.0] * 5, [1.0] * 300 + [1e9]):
        drawn = draw_histograms(values, values, "tokens", "name")
        assert "nan" not in drawn
        assert drawn.count("<path") > 4


def test_figures_along_an_axis_are_round():
    """At most as many steps as asked for."""
    assert [written for _, written in ticks(0.0, 1.0, 5)] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [value for value, _ in ticks(-3.2, 9.9, 5)] == [0.0, 5.0]
