"""The check of characters that nobody sees."""

from harness.data.checks.noise.characters import KINDS, Characters
from harness.data.row import DataRow
from harness.records.messages import CalledFunction, Message, ToolCall
from tests.data.checks.made import kinds, problems, row


def test_each_text_of_a_row_is_told_with_what_is_around_the_first():
    """Shown without them, since a terminal would hide them too."""
    found = problems(Characters(), [row("Where is my in\u00advo\u00adice?", "In\x1b your\u200b inbox.")])

    assert [(one.kind, one.told, *one.shown) for one in found] == [
        ("invisible", "2 invisible characters in the user's turn: U+00AD soft hyphen (2)", "Where is my invoice?"),
        ("invisible", "1 invisible character in the answer: U+200B zero width space", "In\x1b your inbox."),
        ("unprintable", "1 unprintable character in the answer: U+001B", "In your\u200b inbox."),
    ]


def test_an_address_with_something_in_it_is_not_shown():
    """No pattern would know it with that in between."""
    (found,) = problems(Characters(), [row("I am lena.\u200bbrandt@nordkai-\u00adfreight.no", "Hello.")])

    assert found.shown == ("I am le…no",)


def test_calls_and_results_are_read_and_a_system_prompt_once():
    """All of them are trained on."""
    call = ToolCall(function=CalledFunction(name="f", arguments={"a": "x\u200b"}))
    messages = (
        Message(role="system", content="Be\u200b kind."),
        Message(role="assistant", content=None, tool_calls=(call,)),
        Message(role="tool", content="y\u200b"),
    )

    found = problems(Characters(), [DataRow(file="a", line=line, messages=messages) for line in (1, 2)])

    assert [one.told.partition(":")[0] for one in found if one.places == ("a:1",)] == [
        "1 invisible character in the system prompt",
        "1 invisible character in the answer",
        "1 invisible character in a tool's result",
    ]
    assert len([one for one in found if one.places == ("a:2",)]) == 2


def test_plain_text_has_none():
    """Of any language."""
    assert kinds(Characters(), [row("Où est mon café ?\n\tIci…", "क्\u200dष ❤\ufe0f")]) == []
    assert [kind.name for kind in KINDS] == ["invisible", "unprintable"]
