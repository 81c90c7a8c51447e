"""What counts as the confidence of an answer, and which answers' lengths are known."""

import math

import pytest

from harness.records.answered import Likelihood, Response, TokenLogprob
from harness.report.evidence.taken import LONGEST, Taken, confidence_of


def answered(*logprobs: float | None, **changed: object) -> Response:
    """Return an answer with these log-probabilities that ended by itself."""
    tokens = tuple(TokenLogprob(token="t", logprob=one) for one in logprobs)
    return Response(**{"request_key": "k", "text": "t", "finish_reason": "stop", "logprobs": tokens} | changed)


def test_the_confidence_is_the_probability_of_the_whole_answer():
    """The product over its tokens."""
    assert confidence_of(answered(math.log(0.5), math.log(0.8))) == pytest.approx(0.4)


@pytest.mark.parametrize(
    "response",
    [
        answered(),
        answered(-0.1, None),
        answered(-0.1, finish_reason="length"),
        answered(-0.1, error="gone"),
        answered(*[-0.1] * (LONGEST + 1)),
    ],
    ids=["no probabilities", "one missing", "cut off", "failed", "long"],
)
def test_without_all_probabilities_of_a_short_whole_answer_there_is_none(response):
    """Nothing is guessed."""
    assert confidence_of(response) is None


def test_among_given_texts_it_is_the_share_of_the_likeliest():
    """However unlikely all of them are."""
    texts = (("a", math.log(0.6) - 900), ("b", math.log(0.2) - 900))
    likelihoods = tuple(Likelihood(text=text, logprobs=(total,)) for text, total in texts)

    assert confidence_of(Response(request_key="k", text="a", likelihoods=likelihoods)) == pytest.approx(0.75)


def test_tokens_that_are_not_counted_for_all_answers_are_not_known():
    """Those of the others would be another set of answers; failed calls have neither."""
    taken = Taken()
    for response in (answered(tokens_out=3), answered(error="gone"), answered(tokens_out=None)):
        taken.add(response)

    assert (taken.answers, list(taken.tokens), list(taken.characters)) == (3, [], [1, 1])
