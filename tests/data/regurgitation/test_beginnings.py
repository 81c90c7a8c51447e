"""How training rows begin: where they are cut, and which of them say nothing of their own."""

import pytest

from harness.data.regurgitation.beginnings import BEGUN, NEXT, draw
from harness.data.row import DataRow
from harness.records.messages import Message
from tests.data.made_rows import row, rows, talk

STORY = (
    "The parcel of our customer in the harbour town was found behind a stack of blue crates, soaked but whole, and the "
    "courier who had carried it through the storm asked for nothing but a cup of tea and a dry pair of socks."
)


def test_an_answer_is_cut_behind_its_first_words():
    """The prompt is whole, and at most so many words must follow."""
    system = "You tell stories."
    drawn = draw([row("What happened to it?", STORY, 7, system=system)], 10, 0)

    (one,) = drawn.rows
    words = STORY.split()
    assert [message.text for message in one.messages] == [system, "What happened to it?"]
    assert one.place == "train.jsonl:7"
    assert one.begun.split() == words[:BEGUN]
    assert one.rest.split() == words[BEGUN : BEGUN + NEXT]
    assert one.begun + one.rest == STORY[: len(one.begun + one.rest)]
    assert drawn.personal == ()


@pytest.mark.parametrize("answer", ["refund", '{"label": "refund"}', " ".join(STORY.split()[:15])])
def test_a_short_answer_is_not_asked_about(answer):
    """A label is no memory."""
    assert draw([row("Where is my money?", answer)], 10, 0).rows == ()


def test_what_the_answers_to_many_questions_say_is_not_asked_about():
    """A template is everybody's; five questions share it, and four do not make it common."""
    shared = [row(f"Question {number}?", STORY, number) for number in range(1, 6)]

    assert draw(shared, 10, 0).rows == ()
    assert len(draw(shared[:4], 10, 0).rows) == 4


def test_what_is_copied_from_the_prompt_is_not_asked_about():
    """A model that extracts or corrects has it before its eyes."""
    assert draw([row(f"Correct this: {STORY.lower()}", STORY)], 10, 0).rows == ()


def test_a_row_that_is_there_often_counts_once():
    """Its copies are not other questions that would make it common."""
    drawn = draw([row("What happened to it?", STORY, line) for line in range(1, 21)], 10, 0)

    assert (len(drawn.rows), drawn.total) == (1, 1)


def test_personal_data_is_what_must_not_come_out():
    """The answer is given up to it, however short it is, and nobody is shown it."""
    answer = "Please write to ada.byron@tidewell.io or call +44 20 7183 8750."
    drawn = draw([row("Who takes care of the boats?", answer)], 10, 0)

    (one,) = drawn.personal
    assert one.begun == "Please write to"
    assert one.values == (
        ("ada.byron@tidewell.io", "an e-mail address"),
        ("+44 20 7183 8750", "a telephone number"),
    )
    assert "ada.byron" not in one.shown
    assert "8750" not in one.shown
    assert one.shown.startswith("ad…io or call")


def test_personal_data_in_the_prompt_or_in_many_answers_is_not_asked_about():
    """Copying it is no memory, and a number in every answer is the office's."""
    copied = row("I am ada.byron@tidewell.io, what is my address?", "It is ada.byron@tidewell.io.")
    office = [row(f"Question {number}?", "Write to ada.byron@tidewell.io.", number) for number in range(1, 6)]

    assert draw([copied], 10, 0).personal == ()
    assert draw(office, 10, 0).personal == ()
    assert len(draw(office[:4], 10, 0).personal) == 4


def test_the_last_answer_of_a_conversation_is_asked_about_after_all_before_it():
    """Personal data is found in an earlier answer too."""
    conversation = talk("Hello", "I am ada.byron@tidewell.io", "What happened?", STORY)
    drawn = draw([conversation], 10, 0)

    assert [len(one.messages) for one in drawn.rows] == [3]
    assert [(len(one.messages), one.begun) for one in drawn.personal] == [(1, "I am")]


def test_letters_of_scripts_without_spaces_are_words():
    """A Chinese answer has no spaces, and is cut all the same."""
    answer = "我们在港口的蓝色箱子后面找到了客户的包裹虽然湿透了但是完好无损快递员只想要一杯热茶和一双干袜子"
    (one,) = draw([row("发生了什么", answer)], 10, 0).rows

    assert one.begun == answer[:BEGUN]
    assert one.rest == answer[BEGUN : BEGUN + NEXT]


def test_the_seed_alone_decides_which_rows_are_drawn():
    """The order of the file doesn't matter to how many; another seed draws others."""
    many = rows(
        *((f"Question {number}?", " ".join(f"w{number}x{place}" for place in range(30))) for number in range(40))
    )
    places = [[one.place for one in draw(many, 5, seed).rows] for seed in (0, 0, 1)]

    assert places[0] == places[1]
    assert places[0] != places[2]
    assert len(places[0]) == 5


def test_a_row_without_an_answer_in_words_is_left_out():
    """One that only calls a tool, and one without anything before its answer."""
    call = Message(role="assistant", content=None)
    assert (
        draw(
            [DataRow(file="a", line=1, messages=(Message(role="user", content="Hi"), call)), row("", STORY)], 5, 0
        ).rows
        == ()
    )
