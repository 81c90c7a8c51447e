"""Support triage: the right queue, as JSON that the ticket system accepts, with a summary people can use."""

from pathlib import Path

import pytest

from harness.scorers import field_equals, matches_schema, predicts_label, rouge

HERE = Path(__file__).parent
QUEUES = ("billing", "bug", "feature", "account", "outage")
# Scorers are made here, not inside of the tests, so that a mistake in one shows before any model is asked.
FOLLOWS_SCHEMA = matches_schema(HERE / "reply.schema.json")
RIGHT_QUEUE = predicts_label(QUEUES, field="queue")
RIGHT_PRIORITY = field_equals("priority")
SUMMARY_OVERLAP = rouge("rougeL", field="summary")
pytestmark = pytest.mark.suite(HERE / "cases.jsonl", system=HERE / "system.txt", max_tokens=36)


def test_replies_follow_the_schema(evaluate, gate):
    gate(evaluate(FOLLOWS_SCHEMA), floor=0.95, max_drop=0.05)


def test_tickets_reach_the_right_queue(evaluate, gate):
    gate(evaluate(RIGHT_QUEUE), floor=0.65, max_drop=0.05)


def test_no_language_falls_behind(evaluate, gate):
    by_language = evaluate(RIGHT_QUEUE).by_tag("language")
    gate(by_language, max_flips=1, advisory=True)  # two to four tickets each: too few to enforce


def test_priority_is_close_to_what_people_chose(evaluate):
    evaluate(RIGHT_PRIORITY)


def test_summary_says_what_people_wrote(evaluate):
    evaluate(SUMMARY_OVERLAP)


@pytest.mark.suite(HERE / "cases.jsonl", tags=["two-problems"], system=HERE / "system.txt", max_tokens=36)
def test_judge_finds_nothing_left_out(evaluate, judge, gate):
    # It counts once `harness judge check completeness` trusts the judge. 15 cases are too few for max_drop.
    gate(evaluate(judge("completeness")), floor=0.50, max_unscored=2)
