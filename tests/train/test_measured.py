"""Rows of a data check as training would see them."""

from jinja2 import TemplateError

from harness.data.row import DataRow
from harness.records.messages import Message
from harness.train.measured import Measured


class Words:
    """A template for which a word is a token: a turn is its role and its words; "boom" can't be rendered."""

    stop_tokens = (0,)

    def tokens(self, messages, *, answer_next, **_tools: object):
        """Return a number for each word."""
        if any("boom" in message.text for message in messages):
            raise TemplateError("no boom here")
        words = [word for message in messages for word in (message.role, *message.text.split(), "end")]
        return [0 if word == "end" else 1 + sum(map(ord, word)) for word in [*words, *["assistant"] * answer_next]]

    def decoded(self, tokens):
        """Return a word for each number."""
        return " ".join(map(str, tokens))


def row(asked, answer):
    """Return a row of one question."""
    messages = (Message(role="user", content=asked), Message(role="assistant", content=answer))
    return DataRow(file="rows.jsonl", line=3, messages=messages)


def test_a_row_is_counted_with_what_the_loss_is_on():
    """The answer and its end."""
    measured, one = Measured(Words()), row("where is it", "over there")

    assert list(measured.see(one)) == []
    assert (measured.tokens(one), measured.trained(one)) == (9, 3)


def test_a_row_that_cant_be_rendered_is_a_problem_once():
    """It has no tokens, and is not also told to train nothing."""
    measured, one = Measured(Words()), row("boom", "over there")

    (problem,) = measured.see(one)

    assert (problem.kind, problem.places) == ("not-rendered", ("rows.jsonl:3",))
    assert "no boom here" in problem.told
    assert (measured.tokens(one), measured.trained(one)) == (0, 1)
