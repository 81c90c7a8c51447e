"""What of a hosted model's answers is from the store: told with its age wherever a run is read."""

import msgspec
import pytest

from harness.engines.openai import hosted_model
from harness.records.parties import Reused, Usage
from harness.records.saved import Run
from harness.report.markdown import markdown_summary
from harness.report.view.reused import age, reused_lines
from tests.sample_run import sample_run

NOW = "2026-11-22T14:07:31+00:00"


def run_with(*reused: tuple[str, Reused | None], candidate: str = "gpt-x") -> Run:
    """The sample run with a hosted candidate, and a judge, and what was reused of each."""
    usage = tuple(
        Usage(side=side, answers=40, stored=27, failed=0, tokens_in=1, tokens_out=1, reused=given)
        for side, given in reused
    )
    return msgspec.structs.replace(
        sample_run().run, time=NOW, candidate=hosted_model(candidate), judge="gpt-judge", usage=usage
    )


def kept(answers: int, oldest: str, newest: str) -> Reused:
    """What was reused, by day and time."""
    return Reused(answers=answers, oldest=f"2026-11-{oldest}+00:00", newest=f"2026-11-{newest}+00:00")


def test_each_hosted_model_is_named_with_the_age_of_its_answers():
    """One age where both are alike; nothing of a side that was asked."""
    run = run_with(
        ("baseline", None),
        ("candidate", kept(27, "10T12:00:00", "22T11:00:00")),
        ("judge", kept(1, "22T14:07:00", "22T14:07:00")),
    )

    assert reused_lines(run) == (
        (
            "27 answers of gpt-x (candidate) are from the store, the oldest 12 days old, the newest 3 hours old; "
            "--fresh asks again"
        ),
        "1 answer of gpt-judge (judge) is from the store, less than a minute old; --fresh asks again",
    )


def test_the_summary_for_ci_tells_it_too():
    """A line of its own, with a hostile name made harmless."""
    run = run_with(("candidate", kept(2, "20T14:00:00", "20T15:00:00")), candidate="<b>gpt</b>")

    said = markdown_summary(run)

    assert (
        "2 answers of &lt;b&gt;gpt&lt;/b&gt; \\(candidate\\) are from the store, "
        "the oldest 2 days old, the newest 1 day old" in said
    )


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("2026-11-22T14:06:32+00:00", "less than a minute"),
        ("2026-11-22T14:06:31+00:00", "1 minute"),
        ("2026-11-22T12:07:32Z", "1 hour"),
        ("2026-11-20T14:07:31Z", "2 days"),
        ("2027-01-01T00:00:00Z", "less than a minute"),
        ("yesterday", "an unknown time"),
        ("2026-11-20T14:07:31", "an unknown time"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(since, said):
    """Rounded down; a clock that went back makes nothing negative, and a time that is none is not made up."""
    assert age(since, NOW) == said
