"""A row as the model reads it: the stretches are the text, and those with a loss are the answers with their ends."""

from collections.abc import Sequence

from harness.data.row import DataRow
from harness.records.asked import NO_TOOLS
from harness.records.messages import Message, Tools
from harness.train.seen import Stretch, seen


class Letters:
    """A template whose tokens are letters: `]` ends a turn, a line end follows."""

    stop_tokens = (ord("]"),)

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Render letters."""
        assert not tools.functions
        text = "".join(f"{turn.role[0]}:{turn.content}]\n" for turn in messages)
        return [ord(letter) for letter in text + ("a:" if answer_next else "")]

    def decoded(self, tokens: Sequence[int]) -> str:
        """Return the letters."""
        return "".join(map(chr, tokens))


def test_the_stretches_are_what_training_reads_and_trains():
    """However long the row is."""
    said = [("user", "hi"), ("assistant", "yes"), ("user", "why"), ("assistant", "n" * 5_000)]
    row = DataRow(file="t", line=1, messages=tuple(Message(role=role, content=text) for role, text in said))

    assert seen(row, Letters()) == (
        Stretch(text="u:hi]\na:", tokens=8, trained=False),
        Stretch(text="yes]", tokens=4, trained=True),
        Stretch(text="\nu:why]\na:", tokens=10, trained=False),
        Stretch(text="n" * 5_000 + "]", tokens=5_001, trained=True),
        Stretch(text="\n", tokens=1, trained=False),
    )
