"""The expected level: probabilities of tokens, the mass of the levels, and levels of two tokens."""

import json
import math

import msgspec
import pytest

from harness.records.answered import Response, TokenLogprob
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message
from harness.scorers.judges.expected import beginnings, expected_level, token_requests

FIVE = ["1", "2", "3", "4", "5"]
ELEVEN = [str(level) for level in range(11)]
MODEL = ModelRef(base="b", base_digest="d", template_digest="t")
ASKED = Request(
    case_id="c",
    model=MODEL,
    engine="e",
    messages=(Message(role="user", content="Judge"),),
    sampling=Sampling(max_tokens=64, response_format={"type": "json_schema"}),
)


def replied(*tokens: dict[str, float]) -> Response:
    """Return a reply with the probabilities of each of its tokens; the likeliest was generated."""
    said = tuple(
        TokenLogprob(
            token=max(one, key=one.get),
            logprob=math.log(max(one.values())),
            top={text: math.log(share) for text, share in one.items()},
        )
        for one in tokens
    )
    return Response(request_key="k", text="4", logprobs=said)


def test_the_mean_is_over_the_levels_alone_and_the_mass_is_told():
    """What is no level takes its share of the mass, and none of the mean."""
    found = expected_level(FIVE, [replied({"4": 0.6, "5": 0.3, "none": 0.1})])

    assert found.mass == pytest.approx(0.9)
    assert found.level == pytest.approx((4 * 0.6 + 5 * 0.3) / 0.9)


@pytest.mark.parametrize(("share", "is_known"), [(0.8, True), (0.79, False)])
def test_less_than_four_fifths_of_the_mass_is_refused(share, is_known):
    """At the very border it is taken."""
    found = expected_level(FIVE, [replied({"3": share, '"': 1 - share})])

    assert (found.level is not None) == is_known
    assert found.mass == pytest.approx(share)


def test_a_judge_that_is_sure_of_the_highest_level_gives_no_more_than_that():
    """Its share over itself is rounded: .92 times 5 over .92 is above 5, and a score above 1 is none."""
    found = [expected_level(FIVE, [replied({"5": share / 1000, "x": 0.001})]) for share in range(800, 1000)]

    assert {one.level for one in found} == {5.0}


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 3.0])
def test_what_is_no_log_probability_counts_as_not_told(wrong):
    """Neither for its level nor for the mass; certain impossibility is one."""
    said = TokenLogprob(token="4", logprob=math.log(0.9), top={"4": math.log(0.9), "5": wrong, "1": -math.inf})
    found = expected_level(FIVE, [Response(request_key="k", text="4", logprobs=(said,))])
    alone = TokenLogprob(token="4", logprob=wrong, top={"4": wrong})

    assert (found.level, found.mass) == (pytest.approx(4), pytest.approx(0.9))
    assert expected_level(FIVE, [Response(request_key="k", text="4", logprobs=(alone,))]).level is None


def test_a_level_after_a_space_counts_too():
    """As one token, as in the vocabulary of GPT-2, and after a space that a chat template cut off."""
    together = expected_level(FIVE, [replied({" 4": 0.7, "4": 0.2, "x": 0.1})])
    apart = expected_level(FIVE, [replied({" ": 0.9, "5": 0.05, "x": 0.05}, {"4": 1.0})])

    assert (together.level, together.mass) == (pytest.approx(4), pytest.approx(0.9))
    assert apart.mass == pytest.approx(0.95)
    assert apart.level == pytest.approx((4 * 0.9 + 5 * 0.05) / 0.95)


def test_a_second_token_counts_only_behind_a_space():
    """Behind a level it belongs to what follows."""
    found = expected_level(FIVE, [replied({"4": 1.0}, {"5": 1.0})])

    assert found.level == pytest.approx(4)


def test_ten_of_two_tokens_and_one_are_told_apart():
    """By what comes behind the 1: another request asks for that."""
    first, second = replied({"1": 0.5, "9": 0.5}), replied({"0": 0.8, "}": 0.2})

    found = expected_level(ELEVEN, [first, second])

    assert beginnings(ELEVEN) == ("", "1")
    assert found.mass == pytest.approx(1.0)
    assert found.level == pytest.approx(10 * 0.4 + 1 * 0.1 + 9 * 0.5)


def test_ten_of_one_token_is_ten():
    """Behind a 1 alone there is then no figure."""
    found = expected_level(ELEVEN, [replied({"10": 0.75, "1": 0.25}), replied({"}": 1.0})])

    assert found.level == pytest.approx(10 * 0.75 + 1 * 0.25)


def test_a_number_beyond_the_scale_is_no_level():
    """As 11 is: its 1 is not the level 1 either."""
    found = expected_level(ELEVEN, [replied({"1": 1.0}), replied({"1": 0.5, "}": 0.5})])

    assert (found.level, found.mass) == (None, pytest.approx(0.5))


@pytest.mark.parametrize("logprobs", [(), (TokenLogprob(token="4", logprob=-0.1),)])
def test_without_alternatives_nothing_is_known(logprobs):
    """A server that reports none, or the generated token alone, says nothing of the other levels."""
    assert expected_level(FIVE, [Response(request_key="k", text="4", logprobs=logprobs)]) is None


def test_the_verdict_is_begun_up_to_the_number_and_has_no_schema():
    """After what was said of the criteria before it; one question for each beginning of a level."""
    [one] = token_requests(ASKED, "score", FIVE, {})
    first, second = token_requests(ASKED, "format", ELEVEN, {"correctness": 4})

    assert one.begun == '{"score": '
    assert (first.begun, second.begun) == ('{"correctness": 4, "format": ', '{"correctness": 4, "format": 1')
    assert json.loads(f"{second.begun}0}}") == {"correctness": 4, "format": 10}
    assert one.messages == ASKED.messages
    assert one.sampling == Sampling(max_tokens=2, logprobs=20)
    assert len({one.key, first.key, second.key, ASKED.key}) == 4


def test_levels_beyond_the_alternatives_have_no_mass():
    """What is not reported counts as nothing, so the mass is never said to be larger than it is."""
    reply = msgspec.structs.replace(replied({"4": 0.85, "3": 0.1}))

    assert expected_level(FIVE, [reply]).mass == pytest.approx(0.95)
