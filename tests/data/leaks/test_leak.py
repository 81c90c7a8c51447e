"""Cases of suites in training rows: with the rows' texts and by their signatures alone, and what is no leak."""

import pytest

from harness.data.leaks.compared import LeakFinder
from harness.data.leaks.leak import leaks_of
from harness.data.leaks.signed import read_signatures, sign, written
from tests.data.made_rows import case, row, rows, talk

TICKET = "My parcel was left in the rain yesterday and the books in it are ruined, who pays for that?"
POLICY = (
    "Goods that arrive damaged are replaced free of charge if we are told within fourteen days and sent a picture of "
    "the parcel as it was found"
)
OTHER = "A quite different text about gardens, winter and what grows under the old walnut tree"


def by_text(some, cases):
    """Return the leaks that the rows' texts show."""
    finder = LeakFinder({"tickets": cases})
    return [leak for one in some for leak in finder.see(one)] + list(finder.finish())


def by_signature(some, cases):
    """Return the leaks that a file of signatures shows."""
    return list(leaks_of(read_signatures(written(sign(some)), "rows"), {"tickets": cases}))


BOTH = pytest.mark.parametrize("leaks_in", [by_text, by_signature])


@BOTH
@pytest.mark.parametrize(
    ("asked", "how"),
    [
        (TICKET, "same"),
        (f"  {TICKET.upper()}\n", "same"),
        (TICKET.replace(",", " -").rstrip("?"), "same"),
        (TICKET.replace("yesterday", "today"), "near"),
        (
            f"Hello dear team! I have written twice. {TICKET} I hope for an answer before the weekend. Kind regards",
            "passage",
        ),
        (
            " ".join(TICKET.split()[:14]) + " so I called the driver, who was not there, and then the shop in town",
            "passage",
        ),
    ],
)
def test_a_row_that_has_a_case_is_a_leak(leaks_in, asked, how):
    """The same, nearly so, the case in a longer row, and a passage of 13 words."""
    (leak,) = leaks_in(rows((OTHER, "x"), (asked, "shipping")), [case("t1", TICKET), case("t2", OTHER[::-1])])

    assert (leak.suite, leak.case, leak.place, leak.how, leak.where) == ("tickets", "t1", "train.jsonl:2", how, "input")
    assert leak.case_text == TICKET
    assert leak.row_text == (asked if leaks_in is by_text else "")


@BOTH
def test_a_row_that_is_a_part_of_a_case_is_a_leak(leaks_in):
    """The other direction."""
    asked = f"Context: {POLICY}. Question: {TICKET} Answer in one sentence and name the paragraph that it is in."

    (leak,) = leaks_in([row(TICKET, "the shop")], [case("long", asked)])

    assert (leak.how, leak.where) == ("passage", "input")


@BOTH
@pytest.mark.parametrize(
    "some",
    [
        [talk("Hello there, I need help", "Sure!", TICKET, "The shop pays.")],
        [talk(TICKET, "The shop pays.", "Thanks, and how long does that take?", "A week.")],
        [talk("What do others ask you?", f"This for example: {TICKET}", "And what do you say?", "The shop pays.")],
    ],
)
def test_a_case_in_a_turn_of_a_conversation_is_a_leak(leaks_in, some):
    """A later question, the first one, or something that was said."""
    assert [leak.case for leak in leaks_in(some, [case("t1", TICKET)])] == ["t1"]


@BOTH
def test_an_expected_answer_that_a_row_gives_is_a_leak(leaks_in):
    """Where it is a text of its own."""
    (leak,) = leaks_in([row("What if it is broken?", POLICY)], [case("t1", TICKET, POLICY)])

    assert (leak.how, leak.where, leak.similarity) == ("same", "output", 1)


@BOTH
@pytest.mark.parametrize("expected", ["shipping", "Sorry, I can't help with that", {"team": "shipping"}, 7, True, None])
def test_a_label_that_a_row_gives_is_no_leak(leaks_in, expected):
    """Other inputs have the same one."""
    text = expected if isinstance(expected, str) else '{"team":"shipping"}'

    assert leaks_in([row(OTHER, text)], [case("t1", TICKET, expected)]) == []


@BOTH
def test_an_answer_of_several_cases_or_many_rows_is_no_leak(leaks_in):
    """It is the usual answer, whose wording the adapter shall learn."""
    once = [case("t1", TICKET, POLICY)]
    twice = [*once, case("t2", "What if my lamp comes in pieces?", POLICY)]
    many = [row(f"What about my {word} that broke", POLICY, line) for line, word in enumerate("abcdefghijk")]

    assert leaks_in([row(OTHER, POLICY)], twice) == []
    assert leaks_in(many, once) == []
    assert len(leaks_in(many[:10], once)) == 10


@BOTH
def test_system_prompts_are_no_leak(leaks_in):
    """Both sides shall have the same one."""
    some = [row(OTHER, "x", system=POLICY)]

    assert leaks_in(some, [case("t1", TICKET, system=POLICY)]) == []


@BOTH
@pytest.mark.parametrize(
    ("asked", "answer", "is_leak"),
    [
        ("Hello!", "Hi, how can I help?", False),
        ("hello", "Greeting", True),
        ("Reset password", "account", False),
        ("What now?", "other", False),
        ("你好", "你好!", False),
    ],
)
def test_a_short_input_is_a_leak_only_with_its_answer(leaks_in, asked, answer, is_leak):
    """Everybody says hello."""
    cases = [
        case("a", "Hello", "greeting"),
        case("b", "reset password", "security"),
        case("c", "What now", "x"),
        case("d", "你好", "问候"),
    ]

    assert bool(leaks_in([row(asked, answer)], cases)) is is_leak


@BOTH
@pytest.mark.parametrize(
    "asked",
    [
        "How much is 17 plus 26 in all",
        "Is the refund of $25 right",
        "How do I get the money for it back",
        "我的银行卡在哪里可以找到",
    ],
)
def test_short_questions_that_are_a_little_alike_are_no_leak(leaks_in, asked):
    """Other numbers and other signs ask for something else."""
    cases = [
        case("a", "How much is 17 plus 25 in all"),
        case("b", "Is the refund of £25 right"),
        case("c", "How do I get my card back"),
        case("d", "我的护照应该怎么申请"),
    ]

    assert leaks_in([row(asked, "x")], cases) == []


@BOTH
def test_instructions_that_all_cases_and_rows_have_are_no_leak(leaks_in):
    """What differs is compared."""
    frame = "Read the ticket below, then say in one word which of our teams has to answer it and nothing else. Ticket:"
    asked = (
        "late parcel|card charged twice|how to log in|cancel it please|black screen|pay by cheque|no heating|move out|"
        "lost key|wrong size|thanks a lot|no bill"
    )
    texts = asked.split("|")
    cases = [case(f"c{n}", f"{frame} {text} since Monday") for n, text in enumerate(texts)]
    some = [row(f"{frame} {text} of my sister", "x", n) for n, text in enumerate(reversed(texts))]

    assert leaks_in(some, cases) == []
    assert [leak.case for leak in leaks_in([*some, row(f"{frame} No heating since Monday", "x", 99)], cases)] == ["c6"]
    assert [leak.case for leak in leaks_in(rows((OTHER, "y"), ("No heating since Monday!", "x")), cases)] == ["c6"]


@BOTH
def test_a_phrase_that_many_rows_have_is_no_leak(leaks_in):
    """Unless it is much of the case."""
    phrase = "thank you very much in advance for your help and have a nice day"
    asked = (
        "Since the last update my phone shows a white page when I open your shop, and neither a restart nor a new "
        f"install has changed that so far, {phrase}"
    )
    some = [
        row(f"{word * 3} does not work for {word} and {n * 7} others, {phrase}", "x", n)
        for n, word in enumerate("abcdefghijkl")
    ]

    assert leaks_in(some, [case("t1", asked)]) == []
    assert len(leaks_in(some[:3], [case("t1", asked)])) == 3


def test_each_case_is_told_once_for_each_row_by_its_input_first():
    """The surest way is told."""
    (leak,) = by_text([row(TICKET, POLICY)], [case("t1", TICKET, POLICY)])

    assert (leak.how, leak.where) == ("same", "input")


def test_the_cases_of_several_suites_are_found_in_rows_of_several_readings():
    """Also where the rows come in thousands."""
    finder = LeakFinder({"one": [case("a", TICKET)], "two": [case("a", OTHER)]})
    some = [row(f"question {n} {n * n} {n % 7}", "x", n) for n in range(2_500)]
    some[1_700] = row(OTHER, "x", 1_700)
    some[40] = row(TICKET, "x", 40)

    found = [leak for one in some for leak in finder.see(one)] + list(finder.finish())

    assert [(leak.suite, leak.place) for leak in found] == [("one", "train.jsonl:40"), ("two", "train.jsonl:1700")]


@BOTH
def test_nothing_leaks_into_nothing(leaks_in):
    """No rows, no cases, and empty rows."""
    assert leaks_in([], [case("t1", TICKET)]) == []
    assert leaks_in([row(TICKET, "x")], []) == []
    assert leaks_in([row("", "", 1), row(" ", "!", 2)], [case("t1", TICKET), case("e", "?!", "")]) == []


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "Mehl und Butter verrühren, dann die Eier einzeln zugeben und den Teig eine Stunde kalt stellen",
        "请问我昨天在网上买的书什么时候可以送到我在北京的家里",
        "for place, word in enumerate(words):\n    if word not in known:\n        known[word] = place",
    ],
)
def test_texts_of_any_kind_leak(leaks_in, text):
    """Recipes, Chinese, code; whole, and in a longer row."""
    assert len(leaks_in([row(text, "x")], [case("t1", text)])) == 1
    assert len(leaks_in([row(f"{OTHER}\n{text}\n{OTHER}", "x")], [case("t1", text)])) == 1


@BOTH
def test_a_short_input_of_which_no_answer_is_known_is_no_leak(leaks_in):
    """Neither the case nor the row has one."""
    assert leaks_in([row("Hello", "")], [case("a", "Hello")]) == []
