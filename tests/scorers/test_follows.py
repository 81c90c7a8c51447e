"""follows_instructions."""

import pytest

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Message
from harness.scorers import follows_instructions, without_reasoning
from harness.scorers.following import lengths
from harness.scorers.reading import limit
from harness.scorers.scoring import score_one

BOTH = [{"follows": "words", "at_least": 3}, {"follows": "no_commas"}]
KANNADA = "ನಮಸ್ಕಾರ, ನೀವು ಹೇಗಿದ್ದೀರಿ? ನಾನು ಇಂದು ಮಾರುಕಟ್ಟೆಗೆ ಹೋಗುತ್ತೇನೆ."


def test_an_answer_is_right_when_it_follows_all(score):
    """One that breaks one is wrong, and the reason names all that are broken."""
    scorer = follows_instructions()

    assert score(scorer, "one two three", BOTH).value == 1
    wrong = score(scorer, "one, two", BOTH)
    assert (wrong.value, wrong.category) == (0, "too few words")
    assert wrong.reason == "2 of 2 broken: words: 2, wanted at least 3; commas: 1, wanted none"


def test_the_score_can_be_the_share_that_is_followed(score):
    """Which is in the scorer's name."""
    scorer = follows_instructions(value="share")

    assert score(scorer, "one, two, three", BOTH).value == 0.5
    assert score(scorer, "one two three", BOTH).value == 1
    assert score(scorer, "", BOTH).value == 0
    assert repr(scorer) == "follows_instructions(value='share')"
    with pytest.raises(ScorerError, match="'all' or 'share'"):
        follows_instructions(value="most")


def test_a_case_can_hold_a_row_of_ifeval():
    """In meta, where the case expects nothing else."""
    row = {"key": 7, "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    case = Case(id="7", messages=(), meta=row)

    assert follows_instructions()(case, Response(request_key="k", text="a b")).value == 1
    assert follows_instructions()(case, Response(request_key="k", text="a, b")).category == "has a comma"


def test_instructions_can_be_a_field_of_what_is_expected(score):
    """Beside what other scorers expect."""
    expected = {"queue": "bug", "form": BOTH}

    assert score(follows_instructions("form"), "one two three", expected).value == 1
    assert repr(follows_instructions("form")) == "follows_instructions('form')"


@pytest.mark.parametrize("expected", [None, [], "words", [{"follows": "wrods", "at_least": 1}], {"queue": "bug"}])
def test_a_case_without_instructions_is_an_error(score, expected):
    """It names the case."""
    with pytest.raises(ScorerError, match="case 'c1'"):
        score(follows_instructions(), "x", expected)


def test_reasoning_can_be_left_out(score):
    """By a reader, as for every scorer."""
    text = "<think>well, let me see</think>one two three"

    assert score(follows_instructions(), text, BOTH).category == "has a comma"
    assert score(follows_instructions(read=without_reasoning), text, BOTH).value == 1


def test_a_language_that_nobody_can_tell_leaves_the_answer_unscored(score):
    """Unless something else is broken, which makes it wrong in any language."""
    german = [{"follows": "language", "code": "de"}, {"follows": "no_commas"}]

    assert score(follows_instructions(), "Ja.", german).value is None
    assert score(follows_instructions(), "Ja, ja.", german).value == 0
    assert score(follows_instructions(value="share"), "Ja, ja.", german).value is None


def test_what_takes_too_long_leaves_the_answer_unscored(score, monkeypatch):
    """The reason says what to do."""

    def endless(_text) -> None:
        while True:
            pass

    monkeypatch.setattr(limit, "LONGEST_S", 0.1)
    monkeypatch.setattr(lengths, "words", endless)
    given = score(follows_instructions(), "x", BOTH)

    assert (given.value, given.category) == (None, "took too long")
    assert "max_tokens" in given.reason


def test_the_language_that_a_case_asks_for_is_no_cause_of_failure():
    """Its question is in another one, and it may ask to repeat the question."""
    question = "Please greet me in Kannada and tell me what you are going to do today, without using any commas."
    messages = (Message(role="user", content=question),)
    wanted = Case(id="c", messages=messages, expected=[{"follows": "no_commas"}])

    foreign = score_one(follows_instructions(), wanted, Response(request_key="k", text=KANNADA))
    copied = score_one(follows_instructions(), wanted, Response(request_key="k", text=question))

    assert foreign.category == copied.category == "has a comma"


def test_an_empty_answer_is_called_empty():
    """As everywhere."""
    case = Case(id="c", messages=(), expected=BOTH)

    assert score_one(follows_instructions(), case, Response(request_key="k", text=" ")).category == "empty"


def test_a_loose_reading_forgives_a_first_or_last_line_and_asterisks(score):
    """As IFEval has it; each instruction can be followed in another way of reading."""
    loose = follows_instructions(reading="loose")

    for text in ("Sure, here:\none two three", "one two three\nHope, it helps", "Well, so\none two three\nbye, now"):
        assert score(follows_instructions(), text, BOTH).value == 0
        assert score(loose, text, BOTH).value == 1
    assert score(loose, "one, two, three", BOTH).value == 0
    assert score(loose, "a, b\n1 2 3 4", [*BOTH, {"follows": "words", "at_least": 6}]).value == 1
    assert repr(follows_instructions(value="share", reading="loose")) == (
        "follows_instructions(value='share', reading='loose')"
    )
    with pytest.raises(ScorerError, match="'strict' or 'loose'"):
        follows_instructions(reading="lax")
