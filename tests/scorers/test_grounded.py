"""Groundedness: which sentences a context supports, with vectors that can be counted by hand."""

import pytest

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.scorers import grounded_in
from harness.scorers.grounded import MOST_CLAIMS, GroundedIn, support_of
from harness.scorers.judges.prompt import judge_messages
from harness.scorers.judges.rubric import named_rubric
from tests.embeddings import FAKE, by_words

CONTEXT = "The cat sat here. The dog ran 12 miles. Fish swim."


def scored(answer, context=CONTEXT, *, threshold=0.6, value="share", field="context"):
    """Score an answer to a case with a context."""
    scorer = GroundedIn(
        call="grounded_in()",
        field=field,
        threshold=threshold,
        value=value,
        model=FAKE,
        read=str.strip,
        doubt="",
        load=lambda _: by_words(),
    )
    return scorer(Case(id="c1", messages=(), meta={"context": context}), Response(request_key="", text=answer))


@pytest.mark.parametrize(
    "context", [CONTEXT, ["The dog ran 12 miles.", "The cat sat here."], {"a": CONTEXT}, [{"id": 7, "text": CONTEXT}]]
)
def test_sentences_of_the_context_are_supported(context):
    """In any passage, in any of the ways to write one."""
    assert scored("The cat sat here. The dog ran 12 miles!", context).value == 1.0


def test_the_score_is_the_share_of_supported_sentences():
    """One of three, and the reason quotes the one that is furthest from the context."""
    found = scored("The cat sat here. A cow jumped over. A bird flew off.")

    assert found.value == pytest.approx(1 / 3)
    assert found.category == "unsupported sentence"
    assert found.reason == "2 of 3 sentences unsupported: 'A cow jumped over.' (cosine 0.000)"


def test_from_one_half_on_a_share_counts_as_right():
    """As with every score."""
    assert (
        scored("The cat sat here. A cow jumped over.").value,
        scored("The cat sat here. A cow jumped over.").category,
    ) == (0.5, "")


def test_one_unsupported_sentence_is_wrong_where_all_must_hold():
    """Whatever the others."""
    found = scored("The cat sat here. A cow jumped over.", value="all")

    assert (found.value, found.category) == (0.0, "unsupported sentence")


def test_two_sentences_that_follow_each_other_support_one():
    """A model joins what a document tells in two sentences."""
    assert scored("The cat sat here, and the dog ran 12 miles.", threshold=0.9).value == 1.0
    assert scored("The cat sat here, and the fish swim.", threshold=0.9).value == 0.0


def test_a_number_that_the_context_lacks_is_unsupported():
    """Models of meaning take 12 miles for 21."""
    found = scored("The dog ran 21 miles.", threshold=0.1)

    assert (found.value, found.category) == (0.0, "unsupported sentence")
    assert "(has 21, which is not in the context)" in found.reason
    assert scored("The dog ran 1,2 miles.", threshold=0.1).value == 1.0  # marks between digits don't count


def test_citations_questions_and_short_sentences_are_no_claims():
    """Only what can be true or false is looked up."""
    assert scored("Sure! The cat sat here [1]. Do you want to know about cows and bulls?").value == 1.0


def test_an_answer_that_leaves_it_open_is_right_and_one_that_says_nothing_is_wrong():
    """What claims nothing claims nothing unsupported; but an empty answer is no answer."""
    assert scored("The context does not mention any cows.").value == 1.0
    for nothing in ("", "   ", "[1][2]", "???"):
        assert (scored(nothing).value, scored(nothing).category) == (0.0, "no claim")


def test_an_answer_of_two_words_is_one_claim():
    """Else every short answer would be empty."""
    assert scored("Fish swim").value == 1.0
    assert scored("Cows fly").value == 0.0


def test_a_context_in_another_language_has_no_score():
    """The model reads English alone."""
    found = scored("The cat sat here.", "Der Hund schläft heute den ganzen Tag lang unter dem großen Tisch im Garten.")

    assert (found.value, found.category) == (None, "language not read")


def test_a_megabyte_of_sentences_has_no_score():
    """It would take an hour; the reason says what to do."""
    found = scored("The cat sat here today. " * 50_000)

    assert (found.value, found.category) == (None, "took too long")
    assert f"more than {MOST_CLAIMS}; limit the answer with max_tokens" in found.reason


@pytest.mark.parametrize(
    "answer", ["猫 " * 300, "\u202e abc def ghi", "." * 100_000, "<script>alert(1)</script> is here now"]
)
def test_any_answer_has_a_score(answer):
    """Whatever script, and whatever a model wrote."""
    assert scored(answer).value == 0.0


@pytest.mark.parametrize("context", [None, "", [], {}, [""], ["a", 3], [{"text": "a"}], {"a": "x", "A": "y"}, True])
def test_a_case_without_a_context_is_an_error(context):
    """Never a 0."""
    with pytest.raises(ScorerError, match=r"case 'c1': grounded_in\(\) needs the field `context`"):
        scored("The cat sat here.", context)


def test_a_context_that_would_take_minutes_is_an_error():
    """Of the case, not of an answer."""
    with pytest.raises(ScorerError, match="a context of at most 3,000 sentences"):
        scored("The cat sat here.", "It is so. " * 3_001)


def test_settings_are_checked_before_a_model_is_looked_for():
    """The mistake is said where it is."""
    with pytest.raises(ScorerError, match="takes 'share' or 'all'"):
        grounded_in(value="some")
    with pytest.raises(ScorerError, match="above 0 and at most 1"):
        grounded_in(threshold=2)
    with pytest.raises(ScorerError, match="not a path to a field"):
        grounded_in("a..b")


def test_the_name_tells_threshold_and_model(monkeypatch):
    """The threshold is part of it even where it is the default, which can change."""
    monkeypatch.setattr("harness.scorers.grounded.find_model", lambda name: FAKE)

    assert repr(grounded_in("docs", value="all")) == (
        "grounded_in('docs', threshold=0.6, value='all', model='words 00000000')"
    )


def test_support_is_that_of_the_nearest_part():
    """Rounded, so that no machine's arithmetic decides."""
    assert support_of(by_words(), ("The cat sat here. Fish swim.",), "The cat ran off.").cosine == 0.5


def test_a_judge_is_asked_the_same_by_the_rubric_of_the_same_name():
    """It reads the context in the case's messages, and needs no expected answer."""
    rubric = named_rubric("grounded_in")
    asked = Message(role="user", content="Material: cats sit. What do cats do?")

    read = judge_messages(rubric, Case(id="c", messages=(asked,)), Response(request_key="", text="They sit."))[1].text

    assert (rubric.kind, rubric.uses_expected) == ("scale", False)
    assert "Material: cats sit." in read
    assert "They sit." in read
