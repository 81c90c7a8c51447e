"""Copied prompts, and good answers that hold the prompt's words because the task asks for them."""

import pytest

from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import Json
from harness.scorers.failures.causes import failure_of
from harness.scorers.failures.copying import is_copy
from tests.scorers.failures.test_causes import said

LETTER = (
    "We was charged twice for October, and the second invoice has no number on it. Please refund one of the payments "
    "before our accountant closes the quarter on Friday, since he do not like to wait for us."
)
RECORD = "name Ada Lovelace born 1815 city London country England"
AS_JSON = '{"name": "Ada Lovelace", "born": 1815, "city": "London", "country": "England"}'
AS_TABLE = "| name | Ada Lovelace |\n|---|---|\n| born | 1815 |\n| city | London |\n| country | England |"
MENDED = LETTER.replace("We was", "We were").replace("he do", "he does")


def asked(question: str, expected: Json = None, system: str = "") -> Case:
    """A case with a question, and a system message where one is given."""
    messages = [Message(role="system", content=system)] if system else []
    return Case(id="c1", messages=(*messages, Message(role="user", content=question)), expected=expected)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (f"Fix the grammar: {LETTER}", MENDED),
        (f"Repeat this word for word: {LETTER}", LETTER),
        (f"Extract the sentences that ask for something.\n\n{LETTER}", LETTER[LETTER.index("Please") :]),
        (f"What does the customer want? Answer from the text.\n\n{LETTER}", LETTER),
        (f"Capitalize each word. {LETTER}", LETTER.title()),
        (f"Fill in the blank: {LETTER} Yours, ____", f"{LETTER} Yours, Ada"),
        (f"What is the output of this code?\n\nprint('{LETTER}')", LETTER),
        (f"Korrigiere die Fehler: {LETTER}", MENDED),
        (f"Corrige les erreurs : {LETTER}", MENDED),
        (f"请改正错误：{LETTER}", MENDED),
        # say it again
        (f"Say: {LETTER}", LETTER),
        (f"Echo back what I say: {LETTER}", LETTER),
        (f"Write exactly this: {LETTER}", LETTER),
        (f"Reply with this sentence: {LETTER}", LETTER),
        (f"Sag: {LETTER}", LETTER),
        # put it into a form
        (f"Turn this into JSON: {RECORD}", AS_JSON),
        (f"Return as JSON: {RECORD}", AS_JSON),
        (f"Put into a table: {RECORD}", AS_TABLE),
        (f"{RECORD}\n\nAs YAML, please.", "name: Ada Lovelace\nborn: 1815\ncity: London\ncountry: England"),
        (f"Mach daraus eine Tabelle: {RECORD}", AS_TABLE),
        (f"把它做成表格：{RECORD}", AS_TABLE),
        (f"Sort these words: {RECORD}", RECORD),
        (f"Write this as bullet points: {RECORD}", f"- {RECORD}"),
    ],
)
def test_a_task_that_asks_for_the_prompts_words_gets_them(question, answer):
    """A correction, a quotation or a repetition is not a copied prompt, and neither is a wrong one of these."""
    assert failure_of(asked(question), said(answer)) == ""


def test_the_task_can_be_in_the_system_message():
    """The user's message is then the text to work on, and the answer holds all of it."""
    case = asked(LETTER, system="You correct the grammar of letters. Answer with the letter alone.")

    echo = asked("Good morning to you all", system="Echo what the user writes.")

    assert failure_of(case, said(MENDED)) == ""
    assert failure_of(echo, said("Good morning to you all")) == ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (f"Summarize this in five words: {LETTER}", LETTER),
        (f"Summarize this in five words: {LETTER}", f"Sure! {LETTER}"),
        (f"Translate into German: {LETTER}", LETTER),
        (f"Improve this letter.\n\n{LETTER}", LETTER),
        (f"Improve this letter.\n\n{LETTER}", f"User: Improve this letter.\n\n{LETTER}"),
        # the task is copied with the text
        (f"Fix the grammar: {LETTER}", f"Fix the grammar: {LETTER}"),
        (f"Say: {LETTER}", f"Say: {LETTER}"),
        # a form was asked for, and the answer has none, or the one that the prompt had
        (f"Turn this into JSON: {RECORD}", RECORD),
        (f"Put into a table: {RECORD}", f"Put into a table: {RECORD}"),
        (f"Answer as JSON. Who is meant here? {AS_JSON}", AS_JSON),
        ("What is the best soil for a cactus?", "what is the best soil for a cactus"),
    ],
)
def test_an_answer_that_only_says_the_prompt_again_is_copied(question, answer):
    """Where the task asks for something else, or was copied too."""
    assert failure_of(asked(question), said(answer)) == "copied the prompt"


def test_an_expected_answer_that_is_taken_from_the_prompt_excuses_all_that_are():
    """Whatever words the task is in: here the expected sentence is another one of the same text."""
    first, second = LETTER[: LETTER.index("Please")], LETTER[LETTER.index("Please") :]
    case = asked(f"Which part matters most? {LETTER}", expected=first)

    assert not is_copy(case, first, second)
    assert is_copy(asked(f"Which part matters most? {LETTER}"), "the refund", second)


@pytest.mark.parametrize(
    "answer",
    [
        "The name of the permission that lets people create profiles in this account is Developer.",
        f"{LETTER} So they want their money back before Friday, and a new invoice that has the right number on it.",
        LETTER[: LETTER.index(", and")],
    ],
)
def test_an_answer_in_the_words_of_the_question_is_not_copied(answer):
    """It adds its own words, or quotes a small part."""
    question = f"What is the name of the permission that lets people create profiles in this account? {LETTER}"

    assert failure_of(asked(question), said(answer)) == ""
