"""The texts of rows that checks of single texts read, each with the name of its place; a system prompt once."""

from collections.abc import Iterator

from harness.data.row import DataRow

WHERE = {
    "system": "the system prompt",
    "user": "the user's turn",
    "assistant": "the answer",
    "tool": "a tool's result",
}
"""What people call the text of a role."""
PROMPTS = 50
"""System prompts that are remembered, so that each is told once."""


class Texts:
    """Gives the texts of one row after the other."""

    def __init__(self) -> None:
        self._prompts: set[int] = set()

    def of(self, row: DataRow) -> Iterator[tuple[str, str]]:
        """Yield (where it is, text) for each turn and for the arguments of each call.

        A system prompt comes only with the first row that has it.
        """
        for message in row.messages:
            text = message.text
            if message.role == "system":
                if hash(text) in self._prompts:
                    continue
                if len(self._prompts) < PROMPTS:
                    self._prompts.add(hash(text))
            yield WHERE[message.role], text
            yield from ((WHERE[message.role], call.arguments) for call in message.calls)
