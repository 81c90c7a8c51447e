"""Comparisons by likelihoods and over repeats, with engines made of plain functions."""

import pytest

from harness.asking.cases import Suite
from harness.asking.continuations import with_continuations
from harness.errors import ScorerError
from harness.gating.without_models.not_asked import NotAsked
from harness.records.answered import Likelihood, Response
from harness.records.asked import Request
from harness.records.compared import Gate
from harness.scorers import (
    all_right,
    answer_tokens,
    any_right,
    chooses,
    exact_match,
    latency,
    majority,
    nats_per_token,
    predicts_label,
)
from harness.verdicts.gate import decide
from tests.gating.test_evaluate import ADAPTER, BASE, Fake, evaluation, suite_of

EXACT = exact_match()
MANY = tuple(f"question {number}" for number in range(40))


class Weighing(Fake):
    """Finds each text as likely as a function says, token by token."""

    def __init__(self, logprobs) -> None:
        super().__init__(lambda _request: "")
        self._logprobs = logprobs

    def generate(self, requests):
        """Answer all."""
        for request in requests:
            likelihoods = tuple(
                Likelihood(text=text, logprobs=self._logprobs(request, text)) for text in request.continuations
            )
            yield Response(request_key=request.key, text="(likeliest)", likelihoods=likelihoods)


def weighed(folder, suite: Suite, logprobs):
    """Return both sides after they were asked how likely texts are."""
    work = evaluation(folder, Weighing(logprobs))
    work.ask([suite])
    return work


def adapter_doubts(request: Request, text: str) -> tuple[float, ...]:
    """The base model is sure of the expected text; the adapter less so, by half a nat for each token."""
    nats = 0.1 if text == request.messages[-1].content else 1.0
    return (-nats, -nats - (0.5 if request.model == ADAPTER else 0.0))


def test_a_rise_of_nats_per_token_fails_where_no_answer_has_changed_yet(tmp_path):
    """0.1 nats a token for the base model, 0.35 for the adapter: 250 % more, while the choice is the same."""
    nats = with_continuations(suite_of(*MANY), "expected", "t")
    choice = with_continuations(suite_of(*MANY), lambda case: [case.expected, "another"], "t")

    risen = weighed(tmp_path, nats, adapter_doubts).compared(nats, nats_per_token())
    chosen = weighed(tmp_path, choice, adapter_doubts).compared(choice, chooses())

    assert (risen.baseline_mean.mean, risen.candidate_mean.mean) == (pytest.approx(0.1), pytest.approx(0.35))
    assert risen.unit == "nats per token"
    assert decide("t", risen, Gate(max_rise=0.05)).outcome == "failed"
    assert (chosen.candidate_mean.mean, chosen.lost) == (1.0, ())
    assert chosen.candidate_classes.accuracy == 1.0


def test_equal_sides_pass_max_rise(tmp_path):
    """A rise of more than 5 % is ruled out."""
    suite = with_continuations(suite_of(*MANY), "expected", "t")
    equal = weighed(tmp_path, suite, lambda _request, text: (-len(text) / 10,)).compared(suite, nats_per_token())

    assert decide("t", equal, Gate(max_rise=0.05)).outcome == "passed"


@pytest.mark.parametrize("scorer", [EXACT, latency(), answer_tokens(), predicts_label(["a", "b"])])
def test_a_scorer_of_answers_is_refused_where_nothing_is_generated(tmp_path, scorer):
    """The text that is shown is the likeliest of the given ones, which nobody wrote."""
    suite = with_continuations(suite_of("a"), "expected", "t")

    with pytest.raises(ScorerError, match="reads answers, but with continuations= nothing is generated"):
        weighed(tmp_path, suite, adapter_doubts).compared(suite, scorer)


def test_a_plain_function_reads_likelihoods_too(tmp_path):
    """It is given the whole response."""
    suite = with_continuations(suite_of("a", "b"), "expected", "t")

    compared = weighed(tmp_path, suite, adapter_doubts).compared(
        suite, lambda _case, response: response.likelihoods[0].total > -0.5
    )

    assert (compared.baseline_mean.mean, compared.candidate_mean.mean) == (1.0, 0.0)


@pytest.mark.parametrize("source", ["models", "a plan"])
def test_what_was_not_asked_for_is_refused_also_before_models_are_asked(tmp_path, source):
    """``harness power`` runs the tests without a model, and says the same."""
    plain, options = suite_of("a"), with_continuations(suite_of("a"), ["a", "b"], "t")
    plan = NotAsked(BASE)

    def compare(suite: Suite, scorer: object) -> object:
        if source == "a plan":
            return plan.compared("t", suite, scorer)
        return evaluation(tmp_path, Fake(lambda _request: "a")).compared(suite, scorer)

    with pytest.raises(ScorerError, match="but none are asked about"):
        compare(plain, chooses())
    with pytest.raises(ScorerError, match="needs one text for each case"):
        compare(options, nats_per_token())
    with pytest.raises(ScorerError, match=r"any_right\(exact_match\(\), k=3\) needs 3 answers .* asks 2"):
        compare(suite_of("a", repeats=2), any_right(EXACT, 3))


def right_in(**times: int):
    """Return an answer that is right in so many of a model's repeats, by the name of the model."""
    return lambda request: request.messages[-1].content if request.repeat < times[request.model.name] else "wrong"


def over_repeats(folder, scorer):
    """Return a comparison where the base model is right in one of four repeats and the adapter in three."""
    suite = suite_of("a", "b", repeats=4)
    work = evaluation(folder, Fake(right_in(tiny=1, mine=3)), noise_sample=2)
    work.ask([suite])
    return work.compared(suite, scorer), work


@pytest.mark.parametrize(
    ("scorer", "baseline", "candidate"),
    [
        (EXACT, 1 / 4, 3 / 4),
        (any_right(EXACT, 2), 1 / 2, 1.0),
        (any_right(EXACT), 1.0, 1.0),
        (all_right(EXACT, 2), 0.0, 1 / 2),
        (majority(EXACT), 0.0, 1.0),
    ],
)
def test_repeats_are_averaged_or_scored_together(tmp_path, scorer, baseline, candidate):
    """By hand: 1 - C(3, 2) / C(4, 2) is 1/2, and C(3, 2) / C(4, 2) too."""
    compared, _ = over_repeats(tmp_path, scorer)

    assert (compared.baseline_mean.mean, compared.candidate_mean.mean) == (
        pytest.approx(baseline),
        pytest.approx(candidate),
    )
    assert len(compared.rows) == 2


def test_a_score_over_repeats_is_kept_once_for_each_case_and_has_no_noise(tmp_path):
    """A single answer that is asked again is no score over repeats."""
    compared, work = over_repeats(tmp_path, any_right(EXACT, 2))

    kept = list(work.source.kept.judgements())

    assert compared.noise is None
    assert [(one.side, one.item.case_id, one.item.repeat) for one in kept] == [
        ("baseline", "a", 0),
        ("baseline", "b", 0),
        ("candidate", "a", 0),
        ("candidate", "b", 0),
    ]


def test_a_lost_case_is_asked_again_with_all_its_repeats(tmp_path):
    """And its further askings are scored together as the first ones were."""
    suite = suite_of("a", repeats=3)
    work = evaluation(tmp_path, Fake(right_in(tiny=3, mine=1)))
    work.ask([suite])

    compared = work.compared(suite, majority(EXACT))
    [again] = work.source.ask_again(compared, ["a"])

    assert compared.lost == ("a",)
    assert (set(again.baseline), set(again.candidate)) == ({1.0}, {0.0})
