"""What the page shows of a case, and the case that comes of what was changed there.

Values cross as the text that they are written as, since a browser rounds large numbers; what was not touched stays.
"""

from typing import Literal

import msgspec

from harness.asking.cases import check_case
from harness.cases.holding import CONTEXT, passages_in
from harness.errors import CaseFileError
from harness.records.asked import Case
from harness.records.messages import Message, in_lines
from harness.records.record import UNREADABLE, Json, Record
from harness.text.visible import quoted

ExpectedKind = Literal["nothing", "text", "json", "open"]
"""What is expected: "open" is that the passages don't answer the question."""
ANSWERABLE = "answerable"


class ShownMessage(Record, frozen=True, kw_only=True):
    """One turn as the page shows it; only a plain text can be changed there."""

    role: str
    text: str
    is_fixed: bool


class ShownPassage(Record, frozen=True, kw_only=True):
    """A passage that the answer rests on."""

    id: str
    text: str


class ShownCase(Record, frozen=True, kw_only=True):
    """A case as the page shows it. ``seen`` is the mark of its line in the file."""

    id: str
    seen: str
    messages: tuple[ShownMessage, ...]
    passages: tuple[ShownPassage, ...]
    """Of its context; empty where it has none, or one that can't be read."""
    expected: str
    kind: ExpectedKind
    tags: tuple[str, ...]
    group: str
    more: str
    """Meta and tools, as JSON; empty where there are none."""


class Edit(Record, frozen=True, kw_only=True):
    """What the page sends back of a case. ``texts`` has one for each message; None is for one that was not touched."""

    id: str
    texts: tuple[str | None, ...]
    expected: str
    kind: ExpectedKind
    tags: tuple[str, ...]
    group: str


def shown_case(case: Case, seen: str) -> ShownCase:
    """Return a case as the page shows it."""
    passages = passages_in(case)
    meta = {name: value for name, value in case.meta.items() if not passages or name != CONTEXT}
    more: dict[str, object] = {"meta": meta, "tools": case.tools, "tool_choice": case.tool_choice}
    kept = {name: value for name, value in more.items() if value and value is not msgspec.UNSET}
    kind, expected = _expected(case)
    return ShownCase(
        id=case.id,
        seen=seen,
        messages=tuple(
            ShownMessage(role=one.role, text=in_lines(one.text, one.calls), is_fixed=not _is_plain(one))
            for one in case.messages
        ),
        passages=tuple(ShownPassage(id=one.id, text=one.text) for one in passages),
        expected=expected,
        kind=kind,
        tags=case.tags,
        group=case.group or "",
        more=_laid_out(kept) if kept else "",
    )


def edited(case: Case, edit: Edit) -> Case:
    """Return a case as it was changed.

    Raises:
        CaseFileError: the change can't be asked or read; the text says what is wrong.
    """
    if len(edit.texts) != len(case.messages):
        raise CaseFileError("the case has another number of messages; read it again")
    messages = tuple(_changed(one, text) for one, text in zip(case.messages, edit.texts, strict=True))
    new = msgspec.structs.replace(
        case,
        messages=messages,
        expected=read_expected(case.expected, edit.expected, edit.kind),
        meta=_meta(case, edit),
        tags=read_tags(case.tags, edit.tags),
        group=case.group if edit.group == case.group else edit.group.strip() or None,
    )
    check_case(new, "this change")
    return new


def _expected(case: Case) -> tuple[ExpectedKind, str]:
    """Return what is expected of a case; one with passages can say that they don't answer it."""
    left_open = case.expected is None and case.meta.get(ANSWERABLE) is False
    return ("open", "") if left_open and passages_in(case) else as_text(case.expected)


def _meta(case: Case, edit: Edit) -> dict[str, Json]:
    """Return the meta of an edited case: whether its passages answer it follows from what is expected now."""
    if (edit.kind, edit.expected) == _expected(case) or not passages_in(case):
        return case.meta
    known = {name: value for name, value in case.meta.items() if name != ANSWERABLE}
    return known if edit.kind == "nothing" else {**known, ANSWERABLE: edit.kind != "open"}


def _changed(message: Message, text: str | None) -> Message:
    if text is None or text == message.content:
        return message
    if not _is_plain(message):
        raise CaseFileError(f"the {message.role}'s message is not a plain text; change it in the file")
    if not text.strip():
        raise CaseFileError(f"the {message.role}'s message is empty")
    return msgspec.structs.replace(message, content=text)


def read_tags(known: tuple[str, ...], entered: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags now; the known ones where nobody changed the line that the page shows of them.

    Raises:
        CaseFileError: a tag is not usable.
    """
    tags = tuple(dict.fromkeys(tag.strip() for tag in entered))
    shown = [tag.strip() for tag in ",".join(known).split(",")]
    if tags == tuple(dict.fromkeys(filter(None, shown))):
        return known
    if wrong := [tag for tag in tags if not tag or not tag.isprintable()]:
        raise CaseFileError(f"the tag {quoted(wrong[0])} is not usable; a tag is a printable text")
    return tags


def read_expected(known: Json, entered: str, kind: ExpectedKind) -> Json:
    """Return what is expected now; the known value itself where its text was not changed.

    Raises:
        CaseFileError: the text is empty, or is not JSON where it should be.
    """
    if (kind, entered) == as_text(known):
        return known
    if kind in {"nothing", "open"}:
        return None
    if kind == "text":
        if not entered.strip():
            raise CaseFileError("the expected text is empty; choose that nothing is expected, or write it")
        return entered
    try:
        value: Json = msgspec.json.decode(entered)
    except UNREADABLE as problem:
        raise CaseFileError(f"the expected answer is not JSON: {problem}") from None
    return value


def _is_plain(message: Message) -> bool:
    return isinstance(message.content, str) and not message.calls


def as_text(expected: Json) -> tuple[ExpectedKind, str]:
    """Return an expected answer as the text that a page shows of it, and what kind it is."""
    if expected is None:
        return "nothing", ""
    return ("text", expected) if isinstance(expected, str) else ("json", _laid_out(expected))


def _laid_out(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()
