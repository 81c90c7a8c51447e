"""chooses and nats_per_token: figures by hand, as lm-evaluation-harness defines acc, acc_norm and acc_bytes."""

import pytest

from harness.errors import ScorerError
from harness.records.answered import Likelihood, Response
from harness.records.asked import Case
from harness.scorers import chooses, exact_match, latency, nats_per_token
from harness.scorers.likelihood import reads_likelihoods
from harness.scorers.scoring import score_one

WEIGHED = (
    Likelihood(text="no", logprobs=(-2.0,)),
    Likelihood(text="not at all", logprobs=(-1.0, -1.5, -0.5)),
    Likelihood(text="ná", logprobs=(-2.4,)),
)
"""In nats -2, -3, -2.4; for each character -1, -0.3, -1.2; for each byte -1, -0.3, -0.8."""


def case_of(expected: object) -> Case:
    """Return a case that expects something."""
    return Case(id="c1", messages=(), expected=expected)


def response_of(*likelihoods: Likelihood) -> Response:
    """Return a response that tells how likely texts are."""
    return Response(request_key="k", text="no", likelihoods=likelihoods)


@pytest.mark.parametrize(("per", "chosen"), [("answer", "no"), ("character", "not at all"), ("byte", "not at all")])
def test_acc_and_acc_norm_differ_where_a_long_option_is_likely_for_its_length(per, chosen):
    """Raw, the shortest wins: -2 is more than -3; for each character -3/10 is more than -2/2."""
    score = score_one(chooses(per=per), case_of(chosen), response_of(*WEIGHED))

    assert (score.value, score.category, score.classes) == (1.0, "", (chosen, chosen))
    for other in {one.text for one in WEIGHED} - {chosen}:
        assert score_one(chooses(per=per), case_of(other), response_of(*WEIGHED)).value == 0


def test_characters_and_bytes_differ_where_a_character_is_two_bytes():
    """-2.4 nats are -1.2 for each of two characters and -0.8 for each of three bytes; the other has -1 for both."""
    two = WEIGHED[0], WEIGHED[2]

    assert score_one(chooses(per="character"), case_of("no"), response_of(*two)).value == 1
    assert score_one(chooses(per="byte"), case_of("ná"), response_of(*two)).value == 1


def test_a_wrong_choice_names_both_options_and_what_they_are_worth():
    """Its classes are what confusion tables are made of, and no cause is looked for in a text nobody wrote."""
    score = score_one(chooses(), case_of("not at all"), response_of(*WEIGHED))

    assert score.value == 0
    assert score.reason == "chose 'no' (-2), expected 'not at all' (-3), in nats"
    assert score.category == "wrong option"
    assert score.classes == ("not at all", "no")


def test_options_can_have_names_of_their_own_and_several_can_be_expected():
    """The names are in the order of the texts."""
    named = chooses(("a", "b", "c"), field="right")

    assert score_one(named, case_of({"right": "a"}), response_of(*WEIGHED)).classes == ("a", "a")
    assert score_one(named, case_of({"right": ["b", "a"]}), response_of(*WEIGHED)).classes == ("a", "a")
    assert score_one(named, case_of({"right": ["b", "c"]}), response_of(*WEIGHED)).classes == ("c", "a")


def test_of_equally_likely_options_the_first_is_chosen():
    """As numpy's argmax does in lm-evaluation-harness."""
    alike = tuple(Likelihood(text=text, logprobs=(-1.0,)) for text in ("x", "y"))

    assert score_one(chooses(), case_of("x"), response_of(*alike)).value == 1
    assert score_one(chooses(), case_of("y"), response_of(*alike)).value == 0


@pytest.mark.parametrize(
    ("scorer", "expected", "likelihoods", "words"),
    [
        (chooses(), "no", (), r"'c1' was not asked how likely its options are"),
        (chooses(("no", "yes")), "no", WEIGHED, "names 2 options, but case 'c1' was asked about 3 texts"),
        (chooses(), "maybe", WEIGHED, "`expected` to name one of its options, got 'maybe'"),
        (chooses(), 3, WEIGHED, "`expected` to be a string or a list of strings"),
    ],
)
def test_a_case_that_cannot_be_scored_is_an_error(scorer, expected, likelihoods, words):
    """Never a 0."""
    with pytest.raises(ScorerError, match=words):
        score_one(scorer, case_of(expected), response_of(*likelihoods))


@pytest.mark.parametrize(
    ("options", "how", "words"),
    [
        (("one",), {}, "at least two"),
        (("a", "a"), {}, "different"),
        (("a", " "), {}, "none blank"),
        ("ab", {}, "at least two"),
        (None, {"per": "word"}, "per is one of 'answer', 'character', 'byte'"),
        (None, {"field": "a..b"}, "not a path to a field"),
    ],
)
def test_a_wrong_call_is_refused(options, how, words):
    """When the test file is read."""
    with pytest.raises(ScorerError, match=words):
        chooses(options, **how)


def test_each_names_itself_by_its_call():
    """The call is part of every fingerprint."""
    assert repr(chooses()) == "chooses()"
    assert repr(chooses(["a", "b"], field="q", per="byte")) == "chooses(('a', 'b'), field='q', per='byte')"
    assert repr(nats_per_token()) == "nats_per_token()"
    assert chooses(["a", "b"]) == chooses(("a", "b"))


def test_nats_per_token_is_the_mean_over_the_texts_tokens():
    """(1 + 1.5 + 0.5) / 3."""
    assert nats_per_token().read(response_of(WEIGHED[1]), ()).value == pytest.approx(1.0)


def test_a_certain_answer_has_0_nats_and_is_scored():
    """0 is a measurement here, where 0 seconds or tokens would not be one."""
    certain = response_of(Likelihood(text="no", logprobs=(0.0, 0.0)))

    assert nats_per_token().read(certain, ()).value == 0
    assert latency().read(certain, ("k",)).value is None


@pytest.mark.parametrize("likelihoods", [(), WEIGHED])
def test_without_exactly_one_text_there_are_no_nats_per_token(likelihoods):
    """Nobody could say of which."""
    score = nats_per_token().read(response_of(*likelihoods), ())

    assert (score.value, score.reason) == (None, "the engine reported no nats per token")


def test_a_failed_call_is_unscored_with_its_reason():
    """As everywhere."""
    failed = Response(request_key="k", error="HTTP 500")

    assert score_one(chooses(), case_of("no"), failed).value is None
    assert nats_per_token().read(failed, ()).reason == "HTTP 500"


def test_only_these_two_read_likelihoods():
    """All others read what was generated."""
    assert [reads_likelihoods(one) for one in (chooses(), nats_per_token(), latency(), exact_match())] == [
        True,
        True,
        False,
        False,
    ]


def test_a_delimiter_before_each_option_is_not_counted_as_its_character():
    """Of three characters and of one: -0.8 and -1.1. With the space counted it is -0.6 and -0.55."""
    two = Likelihood(text=" abc", logprobs=(-2.4,)), Likelihood(text=" a", logprobs=(-1.1,))

    assert score_one(chooses(per="character", delimiter=" "), case_of(" abc"), response_of(*two)).value == 1
    assert score_one(chooses(per="character"), case_of(" abc"), response_of(*two)).value == 0
    assert repr(chooses(per="byte", delimiter=" ")) == "chooses(per='byte', delimiter=' ')"
    with pytest.raises(ScorerError, match="doesn't begin with the delimiter"):
        score_one(chooses(delimiter=":"), case_of(" abc"), response_of(*two))
