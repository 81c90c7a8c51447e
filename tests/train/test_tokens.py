"""From rows to labels: the assistant's words are trained, with the end of the turn, and nothing else."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from harness.data.row import DataRow
from harness.errors import DataError
from harness.records.asked import NO_TOOLS
from harness.records.messages import Message, Tools
from harness.text.charges import TooMuchWork
from harness.train.tokens import IGNORED, encode

PLACE = Path("train.jsonl")
END = ord("]")


class Letters:
    """A template whose tokens are letters: `u:` opens the user's turn, `]` ends a turn, a line end follows."""

    stop_tokens = (END,)

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Render letters."""
        known = "".join(f"{tool['function']['name']}\n" for tool in tools.functions)
        text = known + "".join(f"{turn.role[0]}:{turn.content}]\n" for turn in messages)
        return [ord(letter) for letter in text + ("a:" if answer_next else "")]

    def decoded(self, tokens: Sequence[int]) -> str:
        """Return the letters."""
        return "".join(map(chr, tokens))


class Forgetful(Letters):
    """A template that leaves out what the assistant said in earlier turns, as templates of thinking models do."""

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Render letters, earlier answers without their thoughts."""
        kept = [
            Message(role=turn.role, content=turn.content.split("/")[-1]) if turn is not messages[-1] else turn
            for turn in messages
        ]
        return super().tokens(kept, answer_next=answer_next, tools=tools)


class Endless(Letters):
    """A template whose loops have no end for one text."""

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Refuse the text."""
        if messages[0].content == "repeat":
            raise TooMuchWork("it repeats too much")
        return super().tokens(messages, answer_next=answer_next, tools=tools)


def row(*turns: str, line: int = 1) -> DataRow:
    """Return a row in which user and assistant take turns."""
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[place % 2], content=turn) for place, turn in enumerate(turns))
    return DataRow(file=str(PLACE), line=line, messages=messages)


def trained(labels: tuple[int, ...]) -> str:
    """Return the trained letters."""
    return "".join(chr(label) for label in labels if label != IGNORED)


def test_every_answer_and_its_end_is_trained():
    """Also earlier answers of the same row; the line end behind a turn is the template's, not the assistant's."""
    (tokens,) = encode([row("hi", "yes", "why", "no")], Letters(), 100, PLACE)

    assert "".join(map(chr, tokens.input_ids)) == "u:hi]\na:yes]\nu:why]\na:no]\n"
    assert trained(tokens.labels) == "yes]no]"


def test_the_loss_can_be_on_the_last_answer_alone():
    """Earlier ones are only read, and may be rendered otherwise when they were said."""
    (tokens,) = encode([row("hi", "yes", "why", "no")], Letters(), 100, PLACE, "last")
    (changed,) = encode([row("hi", "hm/yes", "why", "no")], Forgetful(), 100, PLACE, "last")

    assert trained(tokens.labels) == trained(changed.labels) == "no]"
    assert (tokens.trained, changed.trained) == (3, 3)


class Unending(Letters):
    """A template that ends an answer with a sign at which no engine stops."""

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Render letters, with another end."""
        told = super().tokens(messages, answer_next=answer_next, tools=tools)
        return [ord("!") if token == END else token for token in told]


class Stopping(Unending):
    """The same, of a model whose own settings name that sign as an end."""

    stop_tokens = (END, ord("!"))


def test_an_answer_without_a_stop_token_is_refused():
    """A model trained on it would never stop; a second end, of the model's own settings, counts as well."""
    with pytest.raises(
        DataError, match=r"train\.jsonl:1: message 2: .*a:yes!\\n', and there is no stop token.*\(']'\)"
    ):
        encode([row("hi", "yes")], Unending(), 100, PLACE)

    assert trained(encode([row("hi", "yes")], Stopping(), 100, PLACE)[0].labels) == "yes!"


def test_a_stop_token_within_the_answer_is_no_end():
    """What follows it would not be trained on."""
    with pytest.raises(DataError, match="no stop token"):
        encode([row("hi", "y]es")], Kept(), 100, PLACE)


class Kept(Letters):
    """A template that ends an answer with nothing; the signs in it stay."""

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Render letters without the last end."""
        told = super().tokens(messages, answer_next=answer_next, tools=tools)
        return told if answer_next else [*told[:-2], ord("\n")]


def test_an_end_mark_within_an_answer_does_not_end_it():
    """Only the last one is the end of the turn."""
    (tokens,) = encode([row("hi", "a]b")], Letters(), 100, PLACE)

    assert trained(tokens.labels) == "a]b]"


def test_the_functions_of_a_row_are_in_what_the_model_reads():
    """As in use; no loss is on them."""
    one = msgspec.structs.replace(row("hi", "yes"), tools=({"type": "function", "function": {"name": "look"}},))

    (tokens,) = encode([one], Letters(), 100, PLACE)

    assert "".join(map(chr, tokens.input_ids)) == "look\nu:hi]\na:yes]\n"
    assert trained(tokens.labels) == "yes]"


def test_labels_are_the_tokens_themselves():
    """Shifting them by one is the trainer's affair."""
    (tokens,) = encode([row("hi", "yes")], Letters(), 100, PLACE)

    pairs = zip(tokens.input_ids, tokens.labels, strict=True)
    assert all(label in {IGNORED, token} for token, label in pairs)


def test_rows_that_are_too_long_are_counted_and_the_first_is_named():
    """Nothing is cut silently."""
    rows = [row("hi", "yes", line=1), row("hi" * 20, "yes", line=3), row("hi" * 30, "yes", line=4)]

    with pytest.raises(DataError, match="2 of 3 rows are too long, the longest has 71") as caught:
        encode(rows, Letters(), 50, PLACE)

    assert str(caught.value).startswith("train.jsonl:3: 51 tokens")


def test_a_row_of_exactly_the_greatest_length_fits():
    """The limit itself is allowed."""
    assert len(encode([row("hi", "yes")], Letters(), 13, PLACE)[0].input_ids) == 13


def test_a_template_that_renders_history_differently_is_refused():
    """Training would show the model what it never sees in use."""
    assert trained(encode([row("hi", "hm/yes")], Forgetful(), 100, PLACE)[0].labels) == "hm/yes]"

    with pytest.raises(DataError, match=r"message 2 differently in use .* it is 'hm/yes.*in use, and 'yes"):
        encode([row("hi", "hm/yes", "why", "no")], Forgetful(), 100, PLACE)


def test_a_template_that_can_not_render_a_row_names_its_line():
    """Whatever its reason."""
    with pytest.raises(
        DataError, match=r"train\.jsonl:7: the base model's chat template can't render this row: it rep"
    ):
        encode([row("hi", "yes"), row("repeat", "yes", line=7)], Endless(), 100, PLACE)
