"""Proof that the adapter answers, on made-up log-probabilities."""

import msgspec
import pytest

from harness.asking.probe import ProbePlan, difference, judge_probe, plan_probe
from harness.errors import SilentAdapter, Unmeasured
from harness.records.answered import Response, TokenLogprob
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
ADAPTER = msgspec.structs.replace(BASE, adapter="mine", adapter_digest="a")


def planned(count: int = 6) -> list[Request]:
    """What the candidate is asked."""
    return [
        Request(
            case_id=f"case-{number}",
            model=ADAPTER,
            engine="fake",
            messages=(Message(role="user", content=f"{number}"),),
            sampling=Sampling(max_tokens=99, temperature=0.7),
        )
        for number in range(count)
    ]


def token(**top: float) -> tuple[TokenLogprob, ...]:
    """The first token's report: its alternatives by name; the likeliest was chosen."""
    chosen = max(top, key=lambda name: top[name])
    return (TokenLogprob(token=chosen, logprob=top[chosen], top=top),)


def answered(plan: ProbePlan, adapter: float, base: float, again: float) -> dict[str, Response]:
    """Responses in which each part reports the same log-probability everywhere."""
    return {
        request.key: Response(request_key=request.key, text="a", logprobs=token(a=value, b=-5.0))
        for part, value in ((plan.adapter, adapter), (plan.base, base), (plan.again, again))
        for request in part
    }


def test_a_probe_asks_both_for_one_token_of_the_same_prompts():
    """Of the suites' own prompts, greedily, and of the base model twice."""
    plan = plan_probe(planned(), ADAPTER, BASE)

    assert [len(part) for part in (plan.adapter, plan.base, plan.again)] == [4, 4, 4]
    assert {request.model.name for request in plan.adapter} == {"mine"}
    assert {request.model.name for request in (*plan.base, *plan.again)} == {"tiny"}
    assert len({request.key for request in plan.requests}) == 12
    assert all(request.sampling == Sampling(max_tokens=1, logprobs=5) for request in plan.requests)


def test_an_adapter_that_moves_log_probabilities_is_proven():
    """The figures go into the run."""
    plan = plan_probe(planned(), ADAPTER, BASE)

    probe = judge_probe(plan, answered(plan, adapter=-1.5, base=-0.5, again=-0.6))

    assert (probe.adapter, probe.prompts, probe.changed) == ("mine", 4, 4)
    assert (round(probe.largest, 6), round(probe.noise, 6)) == (1.0, 0.1)


@pytest.mark.parametrize(("adapter", "again"), [(-0.5, -0.5), (-0.505, -0.5), (-0.6, -0.7)])
def test_an_adapter_that_changes_nothing_is_an_error(adapter, again):
    """Equal, a rounding apart, or no further apart than the base model is from itself."""
    plan = plan_probe(planned(), ADAPTER, BASE)

    with pytest.raises(SilentAdapter, match=r"mine changes nothing.*4 prompts.*merged"):
        judge_probe(plan, answered(plan, adapter=adapter, base=-0.5, again=again))


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"error": "HTTP 500"}, "HTTP 500"),
        ({"logprobs": ()}, "no log-probabilities"),
        ({"logprobs": (TokenLogprob(token="a", logprob=None),)}, "no log-probabilities"),  # as where weights are NaN
    ],
)
def test_without_log_probabilities_nothing_is_proven(changed, match):
    """Neither a pass nor a failure: the run is undecided."""
    plan = plan_probe(planned(), ADAPTER, BASE)
    responses = answered(plan, adapter=-1.5, base=-0.5, again=-0.5)
    key = plan.base[0].key
    responses[key] = msgspec.structs.replace(responses[key], **changed)

    with pytest.raises(Unmeasured, match=match):
        judge_probe(plan, responses)


def test_an_alternative_that_one_side_does_not_list_counts_at_least_its_lead():
    """Its log-probability on the other side is at most that of the last one listed there."""
    one = Response(request_key="1", logprobs=token(a=-0.1, b=-3.0))
    other = Response(request_key="2", logprobs=token(c=-0.1, b=-3.0))

    assert difference(one, other) == pytest.approx(2.9)
    assert difference(one, one) == 0


def test_a_chosen_token_without_a_log_probability_leaves_the_alternatives():
    """They prove as much."""
    one = Response(request_key="1", logprobs=(TokenLogprob(token="a", logprob=None, top={"b": -1.0, "c": -2.0}),))
    other = Response(request_key="2", logprobs=token(b=-1.5, c=-2.0))

    assert difference(one, other) == pytest.approx(0.5)


def test_a_suite_of_one_prompt_is_probed_with_one():
    """Repeats of a prompt are no further prompts."""
    one = planned(1)
    plan = plan_probe([*one, msgspec.structs.replace(one[0], repeat=1)], ADAPTER, BASE)

    assert len(plan.adapter) == 1


def test_the_next_adapter_gets_the_same_prompts():
    """The base model's answers to them are in the store then, so it need not be started for a probe alone."""
    trained_again = msgspec.structs.replace(ADAPTER, adapter_digest="other")
    other = [msgspec.structs.replace(request, model=trained_again) for request in reversed(planned(20))]

    first, second = plan_probe(planned(20), ADAPTER, BASE), plan_probe(other, trained_again, BASE)

    assert [request.key for request in first.base] == [request.key for request in second.base]
