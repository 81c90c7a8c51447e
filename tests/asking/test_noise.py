"""What is asked twice, and what is made of the difference."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from harness.asking.noise import by_prefix, choose_again, measure_noise
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Called, Message
from harness.records.scored import Score

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")


def request(text: str, system: str = "") -> Request:
    """A request with one user message, and a system message if given."""
    messages = (Message(role="user", content=text),)
    if system:
        messages = (Message(role="system", content=system), *messages)
    return Request(case_id=text, model=BASE, engine="fake", messages=messages, sampling=Sampling())


def chosen_of(requests: list[Request], sample: int) -> dict[str, Request]:
    """What is asked again of these requests."""
    return choose_again([bytes.fromhex(one.key) for one in requests], requests.__getitem__, sample)


def said(text: str, error: str | None = None) -> Response:
    """A response."""
    return Response(request_key="k", text=text, error=error)


@given(st.integers(0, 60), st.integers(0, 80))
def test_the_sample_is_never_larger_than_asked_and_never_repeats(planned, sample):
    """Each request at most once, and as many as there are."""
    chosen = chosen_of([request(f"{number}") for number in range(planned)], sample).values()

    assert len(chosen) == min(planned, sample)
    assert len({one.key for one in chosen}) == len(chosen)


def test_the_sample_is_spread_over_all_suites():
    """Every part of the plan is in it, not only its start."""
    chosen = chosen_of([request(f"{number}") for number in range(100)], 4).values()

    assert [one.case_id for one in chosen] == ["0", "25", "50", "75"]


def test_asking_again_is_a_request_of_its_own():
    """Otherwise the store would give back the first answer, and nothing would ever change."""
    first = request("x")

    ((key, again),) = chosen_of([first], 1).items()

    assert key == first.key
    assert again.key != first.key
    assert msgspec.structs.replace(again, again=False).key == first.key


def test_a_sampled_answer_is_drawn_anew():
    """With the seed of the first asking the same answer would come, and the noise would always be 0."""
    first = request("x")
    sampled = msgspec.structs.replace(first, sampling=Sampling(temperature=0.7, repeats=3, seed=5))

    ((_, again),) = chosen_of([sampled], 1).items()

    assert again.sampling.seed not in range(5, 5 + 3 * 3)


def test_requests_with_a_shared_prefix_stand_side_by_side():
    """The server's prefix cache then serves the system message."""
    mixed = [request("b", "one"), request("a", "two"), request("a", "one")]

    ordered = sorted(mixed, key=by_prefix)

    assert [(one.messages[0].content, one.messages[1].content) for one in ordered] == [
        ("one", "a"),
        ("one", "b"),
        ("two", "a"),
    ]


def test_noise_counts_answers_and_scores_that_changed():
    """An answer may change without its score."""
    answers = [(said("a"), said("a")), (said("a"), said("b")), (said("a"), said("c"))]
    scores = [
        (Score(value=1.0), Score(value=1.0)),
        (Score(value=1.0), Score(value=1.0)),
        (Score(value=1.0), Score(value=0.5)),
    ]

    noise = measure_noise(answers, scores)

    assert noise is not None
    assert (noise.asked, noise.answers_changed, noise.scored, noise.scores_changed) == (3, 2, 3, 1)
    assert abs(noise.spread - 0.25 / 3) < 1e-12


def test_failed_calls_and_unscored_answers_are_no_noise():
    """A failure of the infrastructure says nothing about the engine's chance."""
    answers = [(said("a"), said("", error="HTTP 500")), (said("a"), said("b"))]
    scores = [(Score(value=1.0), Score(value=None)), (Score(value=1.0), Score(value=None))]

    noise = measure_noise(answers, scores)

    assert noise is not None
    assert (noise.asked, noise.scored, noise.spread) == (1, 0, 0.0)


def test_nothing_asked_twice_is_no_measurement():
    """Not a noise of zero."""
    assert measure_noise([], []) is None


def test_an_answer_that_calls_something_else_has_changed_and_one_that_was_thought_otherwise_has_not():
    """Calls are the answer; reasoning is not."""
    called = msgspec.structs.replace(said(""), tool_calls=(Called(name="f", arguments="{}"),))
    other = msgspec.structs.replace(said(""), tool_calls=(Called(name="f", arguments='{"n": 1}'),))
    thought = msgspec.structs.replace(called, reasoning="hm", reasoned=True)

    noise = measure_noise([(called, other), (called, thought)], [(Score(value=1.0), Score(value=1.0))] * 2)

    assert noise is not None
    assert (noise.asked, noise.answers_changed) == (2, 1)
