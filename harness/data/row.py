"""A training row as it is checked, split and mixed: one conversation, and where it is in its file."""

import hashlib

from harness.records.messages import Message
from harness.records.record import Json, Record


class DataRow(Record, frozen=True, kw_only=True):
    """One conversation of a training file; ``line`` is the one that it starts at, or its number in a file without."""

    file: str
    line: int
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Json], ...] = ()
    """The functions that the conversation can call, each as the OpenAI API writes it."""
    group: str = ""
    """What the row shares with others that must stay on its side of a split, such as a customer; empty for nothing."""

    @property
    def place(self) -> str:
        """Where the row is, as ``file:line``."""
        return f"{self.file}:{self.line}"

    @property
    def identity(self) -> bytes:
        """Sixteen bytes that two rows share when all that is trained on is the same in them, character by character."""
        return hashlib.blake2b(repr((self.messages, self.tools)).encode(), digest_size=16).digest()

    @property
    def system(self) -> str:
        """The system prompt; empty where there is none."""
        return next((message.text for message in self.messages if message.role == "system"), "")

    @property
    def input(self) -> str:
        """What the last answer replies to: all earlier turns but the system prompt, one below the other."""
        return "\n".join(message.text for message in self.messages[:-1] if message.role != "system")

    @property
    def output(self) -> str:
        """The last turn: its text, and each call of a function as ``name(arguments)``."""
        if not self.messages:
            return ""
        last = self.messages[-1]
        calls = [f"{call.name}({call.arguments})" for call in last.calls]
        return "\n".join([last.text, *calls] if last.text else calls)
