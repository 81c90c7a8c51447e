"""What went wrong, whatever the scorer: real-looking answers with the right word for each, and each rule's limits."""

import json
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Called, Message
from harness.records.record import Json
from harness.records.scored import Score
from harness.scorers import embedded_json, field_equals, number_equals
from harness.scorers.failures.causes import failure_of, is_loop, with_cause
from harness.scorers.failures.language import is_wrong_language
from harness.scorers.failures.refusal import is_refusal

SHARED = Path(__file__).parents[4] / "shared" / "data"
SYSTEM = (
    "You sort support tickets of a bookkeeping product. Answer with one JSON object that has the keys queue, priority "
    "and summary, and with nothing else."
)
TICKET = (
    "We were charged twice for October, and the second invoice has no VAT number on it. Please refund one of the two "
    "payments before our accountant closes the quarter on Friday."
)
LABEL: Json = {"queue": "billing"}
GERMAN = "Wir wurden im Oktober zweimal belastet, und auf der zweiten Rechnung fehlt die Nummer. Bitte um Erstattung."
THANKS = "Thank you for your message; a colleague of the billing team has refunded the second payment this morning."


def asked(question: str = TICKET, expected: Json = LABEL, system: str = SYSTEM) -> Case:
    """A case with a system message."""
    messages = (Message(role="system", content=system), Message(role="user", content=question))
    return Case(id="c1", messages=messages, expected=expected)


def said(text: str, finish_reason: str = "stop") -> Response:
    """An answer."""
    return Response(request_key="k", text=text, finish_reason=finish_reason)


def test_an_answer_that_reasoning_used_up_is_not_called_empty():
    """More tokens help it; an answer that ended by itself, or that white space filled, is empty."""
    spent = Response(request_key="k", finish_reason="length", reasoned=True)

    assert failure_of(asked(), spent) == "cut off while thinking"
    assert failure_of(asked(), Response(request_key="k", finish_reason="stop", reasoned=True)) == "empty"
    assert failure_of(asked(), Response(request_key="k", text="\n\n", finish_reason="length")) == "empty"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        # what its scorer names best
        ('{"queue": "bug", "priority": "P2", "summary": "The customer wants one payment back."}', ""),
        ("billing", ""),
        ("The ticket belongs to billing, since the customer was charged twice and wants a refund.", ""),
        ("I'm sorry to hear that you were charged twice! I have forwarded your ticket to billing.", ""),
        # loops
        ("The queue is billing. " * 12, "repetition loop"),
        ('{"queue": "bug", "tags": ["bug", "bug", "bug"' + ', "bug"' * 40, "repetition loop"),
        ("\n".join(f"{n}. Check the second invoice." for n in range(1, 9)), "repetition loop"),
        ("- Ruler\n- Pen\n" * 9, "repetition loop"),
        (
            "The rate is 33.33333333333333333333333333333333333333333333333333333333333333333333333333",
            "repetition loop",
        ),
        ("!" * 256, "repetition loop"),
        ("我们收到了两次扣款。" * 10, "repetition loop"),
        ("Refund the second payment.\n\n" * 4, "repetition loop"),
        # no loops
        ("Refund the second payment. Refund the second payment. It is in the second invoice of October.", ""),
        ("\n".join(f"{n}. {n} times 7 is {7 * n}" for n in range(1, 13)), ""),
        ("| queue | count |\n|-------|-------|\n| billing | 3 |\n| bug | 3 |\n| outage | 3 |\n| account | 3 |", ""),
        ("Ha ha ha ha ha, no.", ""),
        ("def f(x):\n    if x:\n        return [[0, 0, 0], [0, 0, 0], [0, 0, 0]]\n    }\n    }\n    }", ""),
        # copies
        (TICKET, "copied the prompt"),
        (f"Ticket: {TICKET} {TICKET}", "copied the prompt"),
        (TICKET[20:].upper(), "copied the prompt"),
        (SYSTEM, "copied the prompt"),
        # no copies
        ("the second invoice has no VAT number", ""),
        ("They were charged twice for October; we should pay back one of the payments and mend the other invoice.", ""),
        # refusals
        ("I'm sorry, but I can't help with that request.", "refused"),
        ("As an AI language model, I don't have access to your invoices.", "refused"),
        ("Es tut mir leid, aber dabei kann ich leider nicht helfen.", "refused"),
        # wrong language
        ("Der Kunde wurde zweimal belastet und bittet darum, eine der Zahlungen zu erstatten.", "wrong language"),
        ("Клиент просит вернуть второй платёж за октябрь, потому что его списали дважды.", "wrong language"),
        ("客户十月份被重复扣款两次，要求退还其中一笔付款。", "wrong language"),
        # not sure
        ("Kunde doppelt belastet", ""),
        ("def refund(payment):\n    return payment.amount * -1\n\nprint(refund(invoice.payments[1]))", ""),
    ],
)
def test_each_cause_has_its_word(text, category):
    """And an answer without one leaves the word to its scorer."""
    assert failure_of(asked(), said(text)) == category


@pytest.mark.parametrize(
    ("text", "finish_reason", "category"),
    [
        ("<think>Der Kunde will sein Geld zurück, also gehört das wohl zu billing.</think>" + THANKS, "stop", ""),
        ("<think>hm</think>I'm sorry, but I can't help with that.", "stop", "refused"),
        ("I'm sorry, but I can't help with that: no rule allows it.</think>billing", "stop", ""),
        ("<think>hm</think>" + GERMAN, "stop", "wrong language"),
        ("[THINK]" + TICKET + "[/THINK]billing", "stop", ""),
        ("<think>hm</think>" + TICKET, "stop", "copied the prompt"),
        ("<think>" + "Wait, is it billing? " * 9 + "No.</think>bug", "stop", ""),
        ("<think>hm</think>", "stop", "empty"),
        ("<think>The customer was charged twice, so it may", "stop", "empty"),
        ("<think>The customer was charged twice, so it may", "length", "cut off while thinking"),
        ("<think>It is billing.</think>\n", "length", "cut off while thinking"),
        ("<think>" + "Wait, is it billing? " * 9, "length", "repetition loop"),
        ("<think>It is billing.</think>The ticket belongs", "length", "cut off at max_tokens"),
    ],
)
def test_reasoning_in_the_answer_is_not_judged(text, finish_reason, category):
    """It can be in another language, refuse something in passing, or say the prompt again."""
    assert failure_of(asked(), said(text, finish_reason)) == category


def test_reasoning_in_another_language_leaves_the_answer_in_its_own():
    """Models reason in English about any question; an expected answer can have reasoning too."""
    reasoning = "<think>The user writes in German about a second payment, so this is about billing.</think>"
    answer = "Das Geld geht morgen an Sie zurück."
    expected = "Der Betrag wird Ihnen bis Freitag vollständig erstattet."

    for wanted in (LABEL, expected, reasoning + expected):
        assert failure_of(asked(GERMAN, wanted, system=""), said(reasoning + answer)) == ""
    assert failure_of(asked(GERMAN, reasoning + expected), said(THANKS)) == "wrong language"


@pytest.mark.parametrize("text", ["billing", '{"queue": "bil', "The ticket belongs to"])
def test_an_answer_that_ended_at_the_limit_was_cut_off(text):
    """Where nothing else explains more."""
    assert failure_of(asked(), said(text, "length")) == "cut off at max_tokens"
    assert failure_of(asked(), said("The queue is billing. " * 12, "length")) == "repetition loop"
    assert failure_of(asked(), said("", "length")) == "empty"


def test_what_the_expected_answer_holds_is_no_copy():
    """Asked for a corrected sentence, a model rightly repeats most of it."""
    case = asked(expected=TICKET.replace("Please refund", "Kindly refund"))

    assert failure_of(case, said(TICKET.replace("October", "May"))) == ""


def test_a_chosen_option_or_a_quotation_is_no_copy():
    """It is a small part of what was asked."""
    options = " ".join(
        f"{name}) {text}" for name, text in zip("abcd", (TICKET, SYSTEM, THANKS, THANKS[::-1]), strict=True)
    )
    case = asked(f"Which of these texts was written by a customer? {options}", expected="a", system="Choose.")

    assert failure_of(case, said(THANKS)) == ""


def test_an_expected_refusal_is_no_failure_to_answer():
    """A suite may ask whether the model declines."""
    case = asked(expected="I'm sorry, but I can't help with that.")

    support = asked(expected="Unfortunately, I can't provide a refund for orders older than 30 days.")

    assert failure_of(case, said("I cannot assist with this request.")) == ""
    assert failure_of(support, said("I'm sorry, but I can't help with that.")) == ""


def test_the_language_of_the_expected_answer_beats_that_of_the_question():
    """In a translation both differ, and the question's language is then the wrong one."""
    into_german = asked(f"Put this into German: {THANKS}", expected=GERMAN, system="You translate.")
    no_word = asked(f"Put this into German: {THANKS}", expected=None, system="You translate.")

    assert (
        failure_of(into_german, said("Certainly, here it comes: your customer pays nothing more.")) == "wrong language"
    )
    assert failure_of(into_german, said("Der Kunde zahlt nichts weiter, und das ist auch gut so.")) == ""
    assert failure_of(no_word, said("Der Kunde zahlt nichts weiter, und das ist auch gut so.")) == ""


def test_a_system_message_in_the_answers_language_excuses_it():
    """An English prompt around German tickets asks for neither in so many words."""
    case = asked(GERMAN, expected=LABEL)

    assert not is_wrong_language(case, "billing", "The customer wants one of two payments back and a new invoice.")
    assert is_wrong_language(case, "billing", "Le client demande le remboursement d'un des deux paiements d'octobre.")


def test_close_languages_are_not_told_apart():
    """A Danish sentence is as good as a Norwegian one to any statistics of letters."""
    danish = "Kunden blev opkrævet to gange for oktober og vil have en af betalingerne tilbage før fredag."
    norwegian = "Jeg vet ikke hvorfor fakturaen mangler, men dere må gjerne sende meg en ny på mandag."

    assert not is_wrong_language(asked(danish, system=danish), "", norwegian)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot assist with creating harmful content.",
        "Unfortunately, I\u2019m unable to provide legal advice.",
        "**I'm sorry**, but I won't be able to help you with this.",
        "I must respectfully decline to answer.",
        "Leider kann ich diese Anfrage nicht beantworten.",
        "Als KI-Sprachmodell kann ich keine persönlichen Meinungen äußern.",
        "Désolé, je ne peux pas répondre à cette question.",
        "En tant qu'assistant IA, je ne peux pas donner de conseils médicaux.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Mi dispiace, ma non posso aiutarti con questa richiesta.",
        "Desculpe, mas não posso ajudar com isso.",
        "Het spijt me, maar ik kan je daar niet bij helpen.",
        "К сожалению, я не могу ответить на этот вопрос.",
        "抱歉，我无法提供这些信息。",
        "申し訳ありませんが、そのご質問にはお答えできません。",
    ],
)
def test_refusals_are_known_by_their_first_words(text):
    """In ten languages; the same words later in an answer are no refusal."""
    assert is_refusal(text)
    assert not is_refusal(f"The customer writes: {text}")


@pytest.mark.parametrize(
    "text",
    [
        "Unfortunately, I can't attend the meeting on Friday.",
        "As an AI researcher I have worked on this for ten years.",
        "As an AI assistant, I suggest three titles:",
        "I can't recommend this book enough!",
        "I cannot agree more.",
        "Sorry for the delay! Your refund is on its way.",
        "Leider kann ich am Freitag nicht kommen.",
        "Je ne peux pas venir demain.",
        "No puedo esperar a verte.",
        "Non posso crederci!",
        "Я не могу дождаться встречи.",
        "抱歉让您久等了，您的订单已发货。",
        "申し訳ありません。すぐに返金いたします。",
        "",
    ],
)
def test_regrets_and_other_inabilities_are_no_refusals(text):
    """Letters and stories are full of them."""
    assert not is_refusal(text)


def test_the_cause_takes_the_place_of_the_symptom():
    """The scorer sees broken JSON; why it is broken says more. The reason stays the scorer's."""
    case, scorer = asked(), field_equals("queue")
    empty, refused, broken = said(""), said("I'm sorry, but I can't help with that."), said("billing, I think")

    found = [with_cause(case, one, scorer(case, one)) for one in (empty, refused, broken)]

    assert [score.category for score in found] == ["empty", "refused", "invalid JSON"]
    assert found[1].reason == scorer(case, refused).reason


def test_a_right_or_unscored_answer_has_no_failure():
    """Even at the token limit, or when it repeats itself; an unscored one keeps the word for why."""
    case = asked(expected={"queue": "billing", "n": 4})
    right = with_cause(case, said("4", "length"), number_equals()(asked(expected=4), said("4")))
    half = with_cause(case, said("so " * 90), Score(value=0.5, category="level 3"))
    unscored = Score(value=None, reason="no verdict", category="unreadable verdict")

    assert (right.category, half.category) == ("", "")
    assert with_cause(case, said(""), unscored) is unscored
    assert field_equals("queue", read=embedded_json)(case, said('It is {"queue": "billing"}')).category == ""


@pytest.mark.skipif(not SHARED.exists(), reason="published answers are no part of the project")
def test_answers_of_models_are_almost_never_accused_wrongly():
    """Each of these words is right when a person reads the answer; docs/failures.md has the counts."""
    found: Counter[tuple[str, str]] = Counter()
    for source, question, text in published_answers():
        found[source, failure_of(asked(question, None, "Answer."), said(text))] += 1

    assert {key: count for key, count in found.items() if key[1] and key[1] != "empty"} == {
        ("pandalm", "repetition loop"): 106,
        ("pandalm", "copied the prompt"): 45,
        ("ifeval", "refused"): 1,
        ("gsm8k", "repetition loop"): 5,
    }


def published_answers():
    """Yield (source, question, answer) of what models of 6 to 175 thousand million weights said."""
    for row in json.loads((SHARED / "pandalm/testset-v1.json").read_text()):
        for text in (row["response1"], row["response2"]):
            if isinstance(text, str):
                yield "pandalm", f"{row['instruction']}\n\n{row['input']}", text
    for row in lines("ifeval/input_response_data_gpt4_20231107_145030.jsonl"):
        yield "ifeval", row["prompt"], row["response"]
    for row in lines("gsm8k/example_model_solutions.jsonl"):
        for model in (value for value in row.values() if isinstance(value, dict)):
            yield "gsm8k", row["question"], model["solution"]
    turns = {row["question_id"]: row["turns"] for row in lines("mtbench/question.jsonl")}
    for row in lines("mtbench/reference_answer_gpt-4.jsonl"):
        for question, text in zip(turns[row["question_id"]], row["choices"][0]["turns"], strict=True):
            yield "mtbench", question, text


def lines(name: str):
    """Yield the rows of a JSON Lines file."""
    for line in (SHARED / name).read_text().splitlines():
        yield json.loads(line)


@given(st.text(max_size=300), st.text(max_size=100), st.text(max_size=60))
def test_no_text_breaks_the_rules(text, question, expected):
    """Whatever its letters are, half surrogates among them."""
    assert isinstance(failure_of(asked(question, expected), said(text)), str)
    assert isinstance(failure_of(asked("\ud800", ["\udfff"]), said(f"{text}\ud800")), str)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "ab" * 500_000 + "c",
        " " * 1_000_000 + ".",
        "as an ai " * 100_000,
        "sorry " * 100_000,
        "ich kann " * 100_000,
        "```" * 300_000,
        "the invoice was charged and the " + "second " * 100_000 + "x",
        "\n1. " * 250_000,
        TICKET * 6_000,
    ],
    ids=lambda text: f"{text[:12]!r}",
)
def test_a_megabyte_of_anything_is_read_in_a_moment(text):
    """Answers are hostile, and each is looked at."""
    case = asked(TICKET * 50)
    failure_of(asked(), said(GERMAN))  # the first text loads the languages
    started = time.process_time()

    failure_of(case, said(text))

    assert time.process_time() - started < 5


def test_a_case_without_messages_has_no_prompt_to_copy():
    """Scorers are called with such cases in tests."""
    assert failure_of(Case(id="c1", messages=()), said(TICKET)) == ""


@pytest.mark.parametrize("times", [2, 3])
def test_a_refrain_is_no_loop(times):
    """A loop comes back at least four times."""
    assert not is_loop("We sing of rivers. " + "Row, row, row your boat, gently down the stream! " * times)
    assert is_loop("Row, row, row your boat, gently down the stream! " * 4)


def test_an_answer_that_calls_a_tool_is_neither_empty_nor_judged_by_what_it_says():
    """Only the token limit is a cause: its arguments end in the middle."""
    for text in ("", "I'm sorry, but I can't help with that request.", TICKET):
        calling = Response(request_key="k", text=text, tool_calls=(Called(name="f", arguments="{}"),), reasoned=True)

        assert failure_of(asked(), calling) == ""
        cut_off = msgspec.structs.replace(calling, finish_reason="length")
        assert failure_of(asked(), cut_off) == "cut off at max_tokens"
