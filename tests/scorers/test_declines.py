"""Answers that say that the context doesn't tell, in ten languages; and answers that only look like it."""

import pytest

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers import declines
from harness.scorers.contexts.unanswered import is_left_open
from harness.scorers.scoring import score_one

OPEN = (
    "The context does not mention a price.",
    "I'm sorry, but the provided documents do not contain information about the warranty period.",
    "I don't know.",
    "Based on the provided context, I cannot determine who won.",
    "There is no information about that in the passage.",
    "Not mentioned.",
    "Unanswerable",
    "N/A",
    "The answer is not available in the given text. You can contact support for more details.",
    "Unfortunately, the article doesn’t say when he was born. However, it does mention that he died in 1990.",
    "It cannot be determined from the text.",
    "Hello! I checked the documents. They do not say.",
    "I do not have enough information to answer that.",
    "The given passages do not provide enough information. If you share more, I can look again.",
    "I'm sorry, but I can't help with that.",
    "Das geht aus dem Text nicht hervor.",
    "Ich weiß es nicht.",
    "Der Kontext enthält keine Informationen zur Garantie.",
    "Le contexte ne mentionne pas le prix.",
    "Je ne sais pas.",
    "El texto no menciona el precio.",
    "No lo sé.",
    "Il testo non menziona il prezzo.",
    "Non lo so.",
    "O texto não menciona o preço.",
    "Não sei.",
    "De tekst vermeldt geen prijs.",
    "Ik weet het niet.",
    "В тексте не указана цена.",
    "Я не знаю.",
    "文中没有提到价格。",
    "我不知道。",
    "文章には価格の記載がありません。",
    "わかりません。",
)
ANSWERED = (
    "The price is 5 euros.",
    "It is 5 euros. Tax is not mentioned in the document.",
    "The context does not say, but it is generally about 5 euros a month.",
    "The document doesn't mention a price. However, the usual price is 5 euros.",
    "The policy doesn't cover water damage.",
    "There is no evidence that it works.",
    "Paris",
    "No.",
    "He never mentioned his brother.",
    "I don't know if you saw it, but it is on page 3.",
    "The law does not provide for appeals.",
    "Der Preis beträgt 5 Euro.",
    "Der Vertrag enthält keine Kündigungsgebühr.",
    "Le prix est de 5 euros.",
    "价格是5欧元。",
)


def scored(answer, *, answerable, **options: object):
    """Score an answer to a case that says whether it can be answered."""
    case = Case(id="c1", messages=(), meta={"answerable": answerable})
    return score_one(declines(**options), case, Response(request_key="", text=answer))


@pytest.mark.parametrize("answer", OPEN)
def test_who_says_that_the_context_does_not_tell_declines(answer):
    """In ten languages, with regrets before it and offers after it."""
    assert is_left_open(answer)


@pytest.mark.parametrize("answer", ANSWERED)
def test_who_answers_does_not(answer):
    """Also after such words, and about documents in the world that don't cover something."""
    assert not is_left_open(answer)


def test_right_and_wrong_for_both_kinds_of_case():
    """The classes are those of the report's table."""
    left, made = "The text does not mention it.", "It was in 1990."

    assert (scored(left, answerable=False).value, scored(left, answerable=False).classes) == (1.0, ("declines",) * 2)
    assert (scored(made, answerable=True).value, scored(made, answerable=True).classes) == (1.0, ("answers",) * 2)
    needless, invented = scored(left, answerable=True), scored(made, answerable=False)
    assert (needless.value, needless.category, needless.classes) == (
        0.0,
        "declined needlessly",
        ("answers", "declines"),
    )
    assert (invented.value, invented.category, invented.classes) == (0.0, "did not decline", ("declines", "answers"))


def test_an_empty_answer_neither_declines_nor_answers():
    """It is wrong for both, and has no class."""
    for answerable in (True, False):
        found = scored("  ", answerable=answerable)
        assert (found.value, found.category, found.classes) == (0.0, "empty", None)


def test_the_words_that_the_prompt_asks_for_decline():
    """In either case, anywhere in the answer; a case's own words add to the others."""
    assert scored("not_found", answerable=False, says="NOT_FOUND").value == 1.0
    assert scored("Result: NOT_FOUND.", answerable=False, says=["NOT_FOUND", "-"]).value == 1.0
    assert scored("I don't know.", answerable=False, says="NOT_FOUND").value == 1.0
    assert scored("NOT_FOUND", answerable=False).value == 0.0


@pytest.mark.parametrize("answerable", [None, "yes", 1, 0, []])
def test_a_case_that_does_not_say_is_an_error(answerable):
    """1 is not true: a file that says it otherwise was written for something else."""
    with pytest.raises(
        ScorerError, match=r"case 'c1': declines\(\) needs the field `answerable` of `meta` to be true or"
    ):
        scored("a", answerable=answerable)


def test_settings_are_checked_and_written_into_the_name():
    """A blank text would be in every answer."""
    with pytest.raises(ScorerError, match="name at least one text, none of them blank"):
        declines(says=["", "a"])
    with pytest.raises(ScorerError, match="none of them blank"):
        declines(says=[])
    assert repr(declines()) == "declines()"
    assert repr(declines("facts.answerable", says="NONE")) == "declines('facts.answerable', says=('NONE',))"


@pytest.mark.parametrize(
    "unit", ["but ", "the context ", "provided ", "I don't ", "not mentioned in the ", "我不知道", ". "]
)
def test_a_megabyte_is_looked_at_in_no_time(unit):
    """Only the start is read, and no pattern goes over it again and again."""
    assert isinstance(is_left_open(unit * (1_000_000 // len(unit))), bool)
