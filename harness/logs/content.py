"""What attributes and events of spans say of a request, by the names of OpenTelemetry, OpenLLMetry, OpenInference."""

import msgspec

from harness.logs.attributes import Attributes, nested
from harness.logs.fields import answer_text, error_of, first, number, reason_of, rows, table, whole, words
from harness.logs.part import merged
from harness.logs.spans import Event
from harness.logs.turns import tools_of, turns_of
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.records.record import Json

DETAILS = "gen_ai.client.inference.operation.details"
OLD_NAMES = {"gen_ai.content.prompt": "gen_ai.prompt", "gen_ai.content.completion": "gen_ai.completion"}
TURNS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE = "gen_ai.choice"
MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "llm.request.model")


def said_by(attributes: Attributes, events: tuple[Event, ...], place: str) -> Logged:
    """Return what attributes and events say together; of two places the first one with content counts."""
    usage = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
    made = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion")
    tools = (nested(attributes, name) for name in ("gen_ai.tool.definitions", "llm.tools", "llm.request.functions"))
    choice = table(attributes.get("llm.invocation_parameters")).get("tool_choice")
    session = first(attributes, "gen_ai.conversation.id", "session.id")
    tags = rows(first(attributes, "tag.tags", "langfuse.trace.tags"))
    base = Logged(
        place=place,
        messages=(),
        model=words(first(attributes, *MODEL)),
        finish_reason=reason_of(first(attributes, "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason")),
        error=words(attributes.get("error.type")),
        tools=tools_of(next((one for one in tools if one), None), choice),
        tokens_in=whole(first(attributes, *usage)),
        tokens_out=whole(first(attributes, *made)),
        cost=number(first(attributes, "llm.cost.total", "gen_ai.usage.cost", "gen_ai.cost.total_cost")),
        tags=tuple(map(words, tags)),
        meta={"session": words(session)} if session else {},
    )
    if asked := _asked(attributes):
        base = msgspec.structs.replace(base, messages=asked)
    base = merged(base, _answer(attributes, place))
    turns: tuple[Message, ...] = ()
    for event in events:
        if event.name == DETAILS or event.name in OLD_NAMES:
            base = merged(base, said_by({**event.attributes, **in_body(event)}, (), place))
        elif event.name in TURNS or event.name == CHOICE:
            one = turn_of(event, place)
            turns = (*turns, *one.messages)
            base = merged(base, msgspec.structs.replace(one, messages=()))
    return base if base.messages else msgspec.structs.replace(base, messages=turns)


def _asked(attributes: Attributes) -> tuple[Message, ...]:
    for name in ("gen_ai.input.messages", "gen_ai.prompt", "llm.input_messages", "llm.prompts", "ai.prompt.messages"):
        if turns := turns_of(nested(attributes, name)):
            break
    else:
        turns = turns_of(first(attributes, "input.value", "traceloop.entity.input"))
    system = nested(attributes, "gen_ai.system_instructions") or attributes.get("llm.system_prompt")
    if system and not any(turn.role == "system" for turn in turns):
        said = turns_of([{"role": "system", "content": system}])
        turns = (*said, *turns)
    return turns


def _answer(attributes: Attributes, place: str) -> Logged:
    for name in ("gen_ai.output.messages", "gen_ai.completion", "llm.output_messages", "llm.choices"):
        found = nested(attributes, name)
        if isinstance(found, str):
            return Logged(place=place, messages=(), text=found)
        if choices := rows(found):
            return answer_of(place, table(choices[0]))
    if calls := rows(attributes.get("ai.response.toolCalls")):
        text = words(attributes.get("ai.response.text"))
        return answer_of(place, {"role": "assistant", "content": text, "tool_calls": calls})
    whole = first(attributes, "output.value", "ai.response.text", "ai.response.object")
    return Logged(place=place, messages=(), text=answer_text(whole) if whole is not None else "")


def answer_of(place: str, choice: dict[str, Json]) -> Logged:
    """Return the answer in a choice, or in a turn of the assistant."""
    inner = table(choice.get("message")) or choice
    turns = turns_of([{**inner, "role": "assistant"}])
    return Logged(
        place=place,
        messages=(),
        text="\n".join(turn.text for turn in turns if turn.text),
        tool_calls=tuple(call for turn in turns for call in turn.calls),
        finish_reason=reason_of(first(choice, "finish_reason", "finishReason", "stop_reason")),
        error=error_of(choice.get("error")),
    )


def turn_of(event: Event, place: str) -> Logged:
    """Return the turn that an event is, or the answer."""
    given = in_body(event) or event.attributes
    if event.name == CHOICE:
        return answer_of(place, given)
    return Logged(place=place, messages=turns_of([{"role": TURNS[event.name], **given}]))


def in_body(event: Event) -> dict[str, Json]:
    """Return what an event says besides its attributes: as a log record, or as Azure's SDK writes it."""
    return table(event.body) or table(event.attributes.get("gen_ai.event.content"))
