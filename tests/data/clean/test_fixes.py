"""What is taken away of texts, and what is left as it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data.checks.noise.characters import Characters
from harness.data.checks.noise.noise import Noise
from harness.data.checks.personal.replaced import replaced
from harness.data.clean.fixes import PERSONAL, TEXT, fixed, trimmed
from harness.data.row import DataRow
from harness.records.messages import CalledFunction, Message, TextPart, ToolCall
from tests.data.checks.made import kinds, row

USUAL = frozenset(TEXT)


def cleaned(asked: str, answer: str, of: frozenset[str] = USUAL) -> tuple[str, str, list[str]]:
    """Return both texts of a row after cleaning, and the kinds of the changes in order."""
    now, changes = fixed(row(asked, answer), of)
    return now.input, now.output, [change.kind for change in changes]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("Das MenÃ¼ fÃ¼r GÃ¤ste.\nA canâ€™t.", "Das Menü für Gäste.\nA can\u2019t.", "mojibake"),
        ("boards &amp; cards&nbsp;&#8211; all", "boards & cards \u2013 all", "html"),
        ("pay\u00adment\u200b plan\ufeff", "payment plan", "invisible"),
        ("\n \nbilling \t\r\n", "billing", "white-space"),
        (" billing", "billing", "white-space"),
    ],
)
def test_what_has_one_right_answer_is_put_right(before, after, kind):
    """In what users say, and in what the model says."""
    assert cleaned(before, "Yes.") == (after, "Yes.", [kind])
    assert cleaned("Really?", before) == ("Really?", after, [kind])


@pytest.mark.parametrize(
    "text",
    [
        "lost \ufffd in between",
        "<b>Bold</b> &amp; <i>slanted</i>",
        "In HTML, write &amp; for &.",
        "```\na &amp; b\n```",
        "twice &amp;amp; escaped",
        "    return 1",
        "क्\u200dष 👩\u200d🔬",
        "a\u00a0b",
        "Kind regards\nAda Byron\nTel. 22 00 11 22 33",
        "As an AI language model, I have none.",
        "\x1b[31mred\x1b[0m and \uf0b7",
    ],
)
def test_what_could_be_meant_or_could_mean_several_things_is_left(text):
    """Signatures, refusals and codes of terminals are for people to look at."""
    assert cleaned("Hm?", text) == ("Hm?", text, [])


def test_only_what_is_asked_for_is_taken_away():
    """And in rounds: what hid something is gone in the end."""
    assert cleaned("a &amp; b ", "ok\u200b", frozenset({"invisible"})) == ("a &amp; b ", "ok", ["invisible"])
    assert cleaned("The Ã\u200b¼ber &am\u200bp; x.", "ok")[0] == "The über & x."


def test_prompts_and_results_lose_only_what_nobody_sees():
    """A prompt must be that of the suite, to the letter; a result is what the tool said."""
    text = "Be\u200b kind &amp; MenÃ¼ \n"
    call = ToolCall(function=CalledFunction(name="f", arguments={"a": "x\u200b &amp; ", "b": 1.0}))
    said = ToolCall(function=CalledFunction(name="f", arguments='{"a": "x\u200b &amp; "}'))
    messages = (
        Message(role="system", content=text),
        Message(role="assistant", content=None, tool_calls=(call, said)),
        Message(role="tool", content=text, tool_call_id="c1"),
    )

    now, changes = fixed(DataRow(file="a", line=1, messages=messages), USUAL)

    system, called, result = now.messages
    assert system.content == result.content == "Be kind &amp; MenÃ¼ \n"
    assert (called.content, result.tool_call_id) == (None, "c1")
    assert [one.function.arguments for one in called.tool_calls] == [
        {"a": "x &amp; ", "b": 1.0},
        '{"a": "x &amp; "}',
    ]
    assert {change.kind for change in changes} == {"invisible"}
    assert [change.told.partition(":")[0] for change in changes] == [
        "in the system prompt",
        "in the answer",
        "in the answer",
        "in a tool's result",
    ]


def test_parts_are_cleaned_each_and_keep_their_ends():
    """Where one ends, the next goes on."""
    parts = (TextPart(type="text", text="the MenÃ¼ "), TextPart(type="text", text="of\u200b May "))

    now, _ = fixed(DataRow(file="a", line=1, messages=(Message(role="user", content=parts),)), USUAL)

    assert [part.text for part in now.messages[0].content] == ["the Menü ", "of May "]


def test_a_clean_row_is_the_same_row():
    """Nothing is made anew."""
    one = row("How do I archive a board?", "Open its menu.\n\n    harness run\n\nThen wait.")

    assert fixed(one, USUAL | set(PERSONAL)) == (one, [])


def test_white_space_inside_stays():
    """Only ends are trimmed; one space or no line of a text that is indented."""
    assert trimmed("  two\n  lines  \n") == "  two\n  lines"
    assert trimmed("\t\n") == ""


def test_personal_data_is_replaced_by_its_name():
    """Each kind by itself; an address of an office is none."""
    text = "Ask lena.brandt@nordkai-freight.no or support@nordkai-freight.no, or call +49 30 901820."

    assert replaced(text, "e-mail") == "Ask [E-MAIL] or support@nordkai-freight.no, or call +49 30 901820."
    assert replaced(text, "phone").endswith("or call [PHONE].")
    assert replaced(text, "card") == text


def test_json_stays_json():
    """A number without quotation marks gets some."""
    text = '{"card": 4539148803436467, "also": ["4539 1488 0343 6467"]}'

    now = replaced(text, "card")

    assert json.loads(now) == {"card": "[CARD]", "also": ["[CARD]"]}


PIECES = st.sampled_from(
    [
        "a",
        " ",
        "\n",
        "Ã¼",
        "â€™",
        "&amp;",
        "&lt;",
        "&nbsp;",
        "&#8203;",
        "<b>",
        "</b>",
        "\u200b",
        "\u202e",
        "\u200d",
        "é",
        "`",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map("".join))
def test_after_it_the_checks_find_nothing_that_it_takes_away(asked, answer):
    """And cleaning again changes nothing."""
    now, _ = fixed(row(asked, answer), USUAL)

    assert fixed(now, USUAL) == (now, [])
    assert not {"invisible", "mojibake"} & {*kinds(Characters(), [now]), *kinds(Noise(), [now])}
    assert not any(problem.fixable for check in (Characters(), Noise()) for problem in check.see(now))
