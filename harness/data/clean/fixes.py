"""What is taken away of a row's texts, in which order, and of whose turns; what has several right answers stays."""

import re
from collections.abc import Callable, Iterator

import msgspec

from harness.data.checks.noise.markup import unescaped
from harness.data.checks.noise.mojibake import repaired
from harness.data.checks.noise.unseen import without_unseen
from harness.data.checks.personal.replaced import replaced
from harness.data.checks.texts import WHERE
from harness.data.clean.change import Change, change_of
from harness.data.row import DataRow
from harness.records.messages import Message, TextPart, ToolCall

TEXT = ("mojibake", "html", "invisible", "white-space")
"""Kinds that are taken away of texts, in this order."""
ROWS = ("duplicate",)
"""Kinds for which rows are removed."""
PERSONAL = ("secret", "card", "iban", "e-mail", "phone", "ip")
"""Kinds that are masked where that is asked for."""
SPOKEN = frozenset({"mojibake", "html", "white-space"})
"""Kinds that are taken away only of what users and the model say: prompts and results of tools are as they are used."""
ROUNDS = 10
"""A repaired text can show what was hidden before; no real one needs more than three rounds."""

_BLANK = re.compile(r"\A(?:[^\S\n]*\n)+")
_ONE_SPACE = re.compile(r"\A (?=\S)")
Change_ = Callable[[str], str]


def fixed(row: DataRow, kinds: frozenset[str]) -> tuple[DataRow, list[Change]]:
    """Return a row without what is wrong in its texts, and each change, in order.

    >>> from harness.data.row import DataRow
    >>> said = (Message(role="assistant", content="Das MenÃ¼ "),)
    >>> fixed(DataRow(file="a", line=1, messages=said), frozenset(TEXT))[0].messages[0].text
    'Das Menü'
    """
    changes: list[Change] = []
    for _ in range(ROUNDS):
        before = row
        for kind in (*TEXT, *PERSONAL):
            if kind in kinds:
                row, found = _without(row, kind)
                changes += found
        if row == before:
            break
    return row, changes


def trimmed(text: str) -> str:
    r"""Return a text without white space at its end, blank lines at its start, and one space there.

    What is indented stays so: it can be code.

    >>> trimmed("\n  \n    return 1\n"), trimmed(" billing ")
    ('    return 1', 'billing')
    """
    return _ONE_SPACE.sub("", _BLANK.sub("", text.rstrip()))


def _without(row: DataRow, kind: str) -> tuple[DataRow, list[Change]]:
    """Return a row without one kind in its texts."""
    changes: list[Change] = []
    made: list[Message] = []
    asked = ""
    around = "\n".join(message.text for message in row.messages) if kind == "html" else ""
    for message in row.messages:
        is_spoken = message.role in {"user", "assistant"}
        change = _way(kind, around, asked if message.role == "assistant" else "")
        now = _changed(message, change, kind) if is_spoken or kind not in SPOKEN else message
        changes += (
            change_of(row.place, kind, WHERE[message.role], one, other)
            for one, other in zip(_texts(message), _texts(now), strict=True)
            if one != other
        )
        made.append(now)
        asked = asked if message.role == "assistant" else now.text
    if not changes:
        return row, changes
    return msgspec.structs.replace(row, messages=tuple(made)), changes


def _way(kind: str, around: str, asked: str) -> Change_:
    if kind == "html":
        return lambda text: unescaped(text, around, asked)
    if kind in PERSONAL:
        return lambda text: replaced(text, (kind,))
    return {"mojibake": repaired, "invisible": without_unseen, "white-space": trimmed}[kind]


def _texts(message: Message) -> Iterator[str]:
    content = message.content
    yield from (part.text for part in content) if isinstance(content, tuple) else (content or "",)
    yield from (call.arguments for call in message.calls)


def _changed(message: Message, change: Change_, kind: str) -> Message:
    """Return a message with all of its texts changed; of calls only what no JSON needs, of parts never their ends."""
    content = message.content
    if isinstance(content, str):
        content = change(content)
    elif content is not None and kind != "white-space":
        content = tuple(TextPart(type="text", text=change(part.text)) for part in content)
    calls = message.tool_calls
    if not isinstance(calls, msgspec.UnsetType) and kind not in SPOKEN:
        calls = tuple(_call(call, change) for call in calls)
    return msgspec.structs.replace(message, content=content, tool_calls=calls)


def _call(call: ToolCall, change: Change_) -> ToolCall:
    written = call.function.text
    if (now := change(written)) == written:
        return call
    arguments = now if isinstance(call.function.arguments, str) else msgspec.json.decode(now)
    return msgspec.structs.replace(call, function=msgspec.structs.replace(call.function, arguments=arguments))
