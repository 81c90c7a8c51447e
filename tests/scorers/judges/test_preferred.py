"""Pairs with three verdicts and with five: what both orders make of two answers."""

import jsonschema
import msgspec
import pytest

from harness.records.answered import Response
from harness.records.asked import Case, ModelRef
from harness.records.messages import Message
from harness.scorers.judges.judge import PairJudge
from harness.scorers.judges.prompt import pair_messages
from harness.scorers.judges.reply import answer_format, read_preference
from harness.scorers.judges.rubric import load_rubric
from tests.scorers.judges.test_rubric import PAIRWISE, write

FIVE = msgspec.structs.replace(PAIRWISE, verdicts=5, prompt=PAIRWISE.prompt.replace('{"better": "A"}', "{{ reply }}"))
CASE = Case(id="c1", messages=(Message(role="user", content="Where is my invoice?"),))
SIDES = Response(request_key="k", text="No idea."), Response(request_key="k", text="Under Billing.")
MODEL = ModelRef(base="judge", base_digest="d", template_digest="t")


def preferred(rubric, straight, swapped):
    """Return both sides' scores; the baseline is A in the first order, the candidate in the second."""
    judge = PairJudge(rubric=rubric, model=MODEL, engine_identity="e", max_tokens=64)
    said = zip(judge.requests(CASE, *SIDES), (straight, swapped), strict=True)
    return judge.scores(
        CASE, *SIDES, [Response(request_key=one.key, text=f'{{"better": "{word}"}}') for one, word in said]
    )


@pytest.mark.parametrize(
    ("straight", "swapped", "baseline", "category"),
    [
        ("A by far", "B by far", 1.0, "preferred"),
        ("A by far", "B", 0.75, "preferred"),
        ("A", "B by far", 0.75, "preferred"),
        ("A", "B", 0.75, "preferred"),
        ("B", "A", 0.25, "not preferred"),
        ("B by far", "A by far", 0.0, "not preferred"),
        ("B by far", "A", 0.25, "not preferred"),
        ("tie", "tie", 0.5, "tie"),
        ("A", "tie", 0.5, "flipped on swap"),
        ("tie", "B by far", 0.5, "flipped on swap"),
        ("A", "A", 0.5, "flipped on swap"),
        ("A by far", "A", 0.5, "flipped on swap"),
        ("B", "B by far", 0.5, "flipped on swap"),
    ],
)
def test_a_side_wins_by_the_smaller_margin_of_both_orders(straight, swapped, baseline, category):
    """Or it is a tie, in a category that tells why."""
    first, second = preferred(FIVE, straight, swapped)

    assert (first.value, second.value) == (baseline, 1 - baseline)
    assert first.category == category


@pytest.mark.parametrize("verdict", ["A by far", "B by far", "A>>B", "much better A", "a by far", ""])
def test_other_verdicts_than_the_five_are_none(verdict):
    """And those of far are none where there are three."""
    text = f'{{"better": "{verdict}"}}'

    assert (read_preference(FIVE, text) is None) == ("by far" not in verdict or verdict.startswith("a"))
    assert read_preference(PAIRWISE, text) is None


def test_one_order_without_a_verdict_leaves_both_sides_unscored():
    """As with three."""
    assert {score.value for score in preferred(FIVE, "A", "neither")} == {None}


def test_five_verdicts_are_asked_for(tmp_path):
    """In the prompt and in the schema, in one order from A to B."""
    rubric = load_rubric(write(tmp_path, {}, FIVE))
    schema = answer_format(rubric)["json_schema"]["schema"]
    words = ["A by far", "A", "tie", "B", "B by far"]

    content = pair_messages(rubric, CASE, *SIDES)[1].content

    assert content.endswith(
        '{"better": "A by far"}, {"better": "A"}, {"better": "tie"}, {"better": "B"} or {"better": "B by far"}'
    )
    assert schema["properties"]["better"]["enum"] == words
    assert all(jsonschema.Draft202012Validator(schema).is_valid({"better": word}) for word in words)


def test_an_empty_answer_loses_by_far_and_is_not_asked_about():
    """Nothing is better than nothing."""
    judge = PairJudge(rubric=FIVE, model=MODEL, engine_identity="e", max_tokens=64)
    empty = Response(request_key="k", text=" ")

    assert judge.requests(CASE, empty, SIDES[1]) == ()
    assert [score.value for score in judge.scores(CASE, empty, SIDES[1], [])] == [0.0, 1.0]
