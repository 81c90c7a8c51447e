"""Every format of training rows that is read, in the order in which they are looked for."""

from collections import Counter
from collections.abc import Sequence

from harness.data.checks.structure import WRONG_FORMAT
from harness.data.formats.format import Conversation, Format, Misfit, Values, first_of, listed, missing, text_in
from harness.data.formats.turns import chat_turns, read_tools, share_turns
from harness.records.messages import Message
from harness.records.record import Json
from harness.text.visible import quoted

TURNS = ("messages", "conversations", "conversation")
TOOLS = ("tools", "functions")
INSTRUCTION = ("instruction",)
CONTEXT = ("input", "context")
OUTPUT = ("output", "response", "answer", "completion")
PROMPT = ("prompt", "question", "query", "input")
COMPLETION = ("completion", "response", "answer", "output", "target")
TEXT = ("text", "sentence", "utterance", "message", "body")
LABEL = ("label", "label_text", "category", "intent", "class", "queue")
SYSTEM = ("system",)
HISTORY = ("history",)
CHOSEN, REJECTED = ("chosen",), ("rejected",)


def _looks_like_turns(values: Values, field: str) -> bool:
    column = first_of(values, TURNS)
    items = listed(values[column]) if column else None
    return bool(items) and all(isinstance(item, dict) and field in item for item in (items or ())[:1])


def _chat_fits(values: Values) -> bool:
    return _looks_like_turns(values, "role")


def _share_fits(values: Values) -> bool:
    return _looks_like_turns(values, "from")


def _preference_fits(values: Values) -> bool:
    return first_of(values, CHOSEN) is not None and first_of(values, REJECTED) is not None


def _instruction_fits(values: Values) -> bool:
    return first_of(values, INSTRUCTION) is not None and first_of(values, OUTPUT) is not None


def _completion_fits(values: Values) -> bool:
    column, other = first_of(values, PROMPT), first_of(values, COMPLETION)
    return column is not None and other is not None and column != other


def _label_fits(values: Values) -> bool:
    return first_of(values, TEXT) is not None and first_of(values, LABEL) is not None


def _chat(values: Values) -> Conversation:
    return Conversation(messages=_led(values, chat_turns(_turns(values))), tools=_tools(values))


def _share(values: Values) -> Conversation:
    return Conversation(messages=_led(values, share_turns(_turns(values))), tools=_tools(values))


def _preference(values: Values) -> Conversation:
    chosen = values.get("chosen")
    if chosen is None:
        raise missing(values, CHOSEN)
    answer = _spoken(chosen, "assistant", "chosen")
    asked = first_of(values, (*PROMPT, "messages"))
    if len(answer) == 1 and answer[0].role == "assistant" and asked is None:
        raise missing(values, PROMPT)
    before = _spoken(values[asked], "user", asked) if asked else ()
    begins_so = answer[: len(before)] == before
    return Conversation(messages=_led(values, answer if begins_so else before + answer), tools=_tools(values))


def _instruction(values: Values) -> Conversation:
    told = [text_in(values, INSTRUCTION)]
    if first_of(values, CONTEXT) is not None and (context := text_in(values, CONTEXT)).strip():
        told.append(context)
    return _pair(values, "\n\n".join(told), text_in(values, OUTPUT))


def _completion(values: Values) -> Conversation:
    asked, answered = first_of(values, PROMPT), first_of(values, COMPLETION)
    if asked is None:
        raise missing(values, PROMPT)
    if answered is None or answered == asked:
        raise missing(values, COMPLETION)
    turns = _spoken(values[asked], "user", asked) + _spoken(values[answered], "assistant", answered)
    return Conversation(messages=_led(values, _historic(values) + turns), tools=_tools(values))


def _label(values: Values) -> Conversation:
    column = first_of(values, LABEL)
    if column is None:
        raise missing(values, LABEL)
    label = values[column]
    if isinstance(label, bool):
        label = "true" if label else "false"
    elif isinstance(label, int):
        label = str(label)
    if not isinstance(label, str):
        raise Misfit(WRONG_FORMAT, f"the column {quoted(column)} is {quoted(label)}; expected one label")
    return _pair(values, text_in(values, TEXT), label)


FORMATS: tuple[Format, ...] = (
    Format(
        name="preference",
        title="preference pairs",
        columns=(*CHOSEN, *REJECTED, *PROMPT, "messages", *SYSTEM, *TOOLS),
        fits=_preference_fits,
        read=_preference,
        note="chosen taken, rejected left out",
    ),
    Format(
        name="chat",
        title="chat messages",
        columns=(*TURNS, *SYSTEM, *TOOLS),
        fits=_chat_fits,
        read=_chat,
    ),
    Format(
        name="sharegpt",
        title="ShareGPT",
        columns=(*TURNS, *SYSTEM, *TOOLS),
        fits=_share_fits,
        read=_share,
    ),
    Format(
        name="instruction",
        title="instruction, input, output",
        columns=(*INSTRUCTION, *CONTEXT, *OUTPUT, *SYSTEM, *HISTORY),
        fits=_instruction_fits,
        read=_instruction,
    ),
    Format(
        name="prompt-completion",
        title="prompt and completion",
        columns=(*PROMPT, *COMPLETION, *SYSTEM, *HISTORY, *TOOLS),
        fits=_completion_fits,
        read=_completion,
    ),
    Format(
        name="text-label",
        title="text and label",
        columns=(*TEXT, *LABEL, *SYSTEM),
        fits=_label_fits,
        read=_label,
    ),
)


def recognised(rows: Sequence[Values]) -> Format | None:
    """Return the format that most of these rows look like, of several the first; None where none looks like any."""
    counted = Counter(one.name for row in rows if (one := _likeness(row)) is not None)
    return max(FORMATS, key=lambda one: counted[one.name]) if counted else None


def columns_named(asked: str, answered: str) -> Format:
    """Return the format of rows with one column for what is asked and one for the answer, by these names."""

    def fits(values: Values) -> bool:
        return asked in values and answered in values

    def read(values: Values) -> Conversation:
        return _pair(values, text_in(values, (asked,)), text_in(values, (answered,)))

    return Format(
        name="columns",
        title=f"the columns {quoted(asked)} and {quoted(answered)}",
        columns=(asked, answered, *SYSTEM, *HISTORY),
        fits=fits,
        read=read,
    )


def _likeness(row: Values) -> Format | None:
    return next((one for one in FORMATS if one.fits(row)), None)


def _turns(values: Values) -> list[Json]:
    column = first_of(values, TURNS)
    if column is None:
        raise missing(values, TURNS)
    items = listed(values[column])
    if items is None:
        raise Misfit(WRONG_FORMAT, f"the column {quoted(column)} is {quoted(values[column])}; expected a list of turns")
    return items


def _tools(values: Values) -> tuple[dict[str, Json], ...]:
    column = first_of(values, TOOLS)
    return read_tools(values[column]) if column else ()


def _pair(values: Values, asked: str, answered: str) -> Conversation:
    pair = (Message(role="user", content=asked), Message(role="assistant", content=answered))
    return Conversation(messages=_led(values, _historic(values) + pair))


def _led(values: Values, turns: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the turns behind the system prompt that a row has in a column of its own."""
    if first_of(values, SYSTEM) is None or not (system := text_in(values, SYSTEM)):
        return turns
    first = Message(role="system", content=system)
    return turns if turns[:1] == (first,) else (first, *turns)


def _historic(values: Values) -> tuple[Message, ...]:
    """Return the earlier turns of a row, given as pairs of what was asked and answered."""
    column = first_of(values, HISTORY)
    if column is None or values[column] == "":
        return ()
    turns: list[Message] = []
    pairs = listed(values[column])
    for pair in [None] if pairs is None else pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
            told = f"`history` is {quoted(values[column])}; expected a list of [asked, answered]"
            raise Misfit(WRONG_FORMAT, told)
        turns += (Message(role="user", content=pair[0]), Message(role="assistant", content=pair[1]))
    return tuple(turns)


def _spoken(value: Json, role: str, column: str) -> tuple[Message, ...]:
    """Return a text as one turn of this role, or a list of turns."""
    if isinstance(value, str):
        return (Message(role="user" if role == "user" else "assistant", content=value),)
    items = listed(value)
    if items is None:
        raise Misfit(
            WRONG_FORMAT, f"the column {quoted(column)} is {quoted(value)}; expected a text or a list of turns"
        )
    return chat_turns(items)
