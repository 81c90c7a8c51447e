"""Spans and events: content in each of the five places, apart from its span or not, and what a log lacks."""

import json

import pytest

from harness.logs.part import NO_ANSWER
from tests.logs.made import attributes, problems, read, records, span, spans, written

ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Where is my parcel?"}]}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "In Leeds."}], "finish_reason": "stop"}]
SYSTEM = [{"type": "text", "content": "Be brief."}]
BASE = {
    "gen_ai__operation__name": "chat",
    "gen_ai__response__model": "m",
    "gen_ai__usage__input_tokens": 7,
    "gen_ai__usage__output_tokens": 3,
    "gen_ai__response__finish_reasons": ["stop"],
}
WHOLE = {
    "gen_ai__system_instructions": json.dumps(SYSTEM),
    "gen_ai__input__messages": json.dumps(ASKED),
    "gen_ai__output__messages": json.dumps(SAID),
}
NESTED = {"gen_ai__system_instructions": SYSTEM, "gen_ai__input__messages": ASKED, "gen_ai__output__messages": SAID}
OPENLLMETRY = {
    "gen_ai__prompt__0__role": "system",
    "gen_ai__prompt__0__content": "Be brief.",
    "gen_ai__prompt__1__role": "user",
    "gen_ai__prompt__1__content": "Where is my parcel?",
    "gen_ai__completion__0__content": "In Leeds.",
    "gen_ai__completion__0__finish_reason": "stop",
}
OPENINFERENCE = {
    "openinference__span__kind": "LLM",
    "llm__input_messages__0__message__role": "system",
    "llm__input_messages__0__message__content": "Be brief.",
    "llm__input_messages__1__message__role": "user",
    "llm__input_messages__1__message__contents__0__message_content__type": "text",
    "llm__input_messages__1__message__contents__0__message_content__text": "Where is my parcel?",
    "llm__output_messages__0__message__role": "assistant",
    "llm__output_messages__0__message__content": "In Leeds.",
}


def event(name: str, body: object = None, **given: object) -> dict:
    """Return a log record in the span a."""
    made = {"eventName": name, "spanId": "a", "traceId": "t1", "timeUnixNano": "1700000001000000000"}
    described = {"body": {"kvlistValue": attributes_of(body)}} if body else {}
    return {**made, "attributes": attributes(**given), **described}


def attributes_of(body: dict) -> dict:
    """Return a body as OTLP writes it."""
    return {"values": attributes(**body)}


OLD = [
    event("gen_ai.system.message", {"content": "Be brief."}),
    event("gen_ai.user.message", {"content": "Where is my parcel?"}),
    event("gen_ai.choice", {"finish_reason": "stop", "message": {"role": "assistant", "content": "In Leeds."}}),
]


def on_span(record: dict) -> dict:
    """Return a record as an event of its span, where a body is attributes."""
    body = record.get("body", {}).get("kvlistValue", {}).get("values", [])
    return {"name": record["eventName"], "attributes": [*record["attributes"], *body]}


@pytest.mark.parametrize(
    "rows",
    [
        [spans(span("a", attributes(**BASE, **WHOLE)))],
        [spans(span("a", attributes(**BASE, **NESTED)))],
        [
            spans(
                span(
                    "a",
                    attributes(**BASE),
                    events=[on_span(event("gen_ai.client.inference.operation.details", **WHOLE))],
                )
            )
        ],
        [spans(span("a", attributes(**BASE), events=[on_span(one) for one in OLD]))],
        [spans(span("a", attributes(**BASE, **OPENLLMETRY)))],
        [spans(span("a", attributes(**BASE, **OPENINFERENCE)))],
        [records(event("gen_ai.client.inference.operation.details", **WHOLE)), spans(span("a", attributes(**BASE)))],
        [spans(span("a", attributes(**BASE))), records(*OLD)],
    ],
    ids=[
        "attributes",
        "structured",
        "details",
        "messages",
        "prompt.N",
        "input_messages.N",
        "details apart",
        "messages apart",
    ],
)
def test_content_is_found_in_each_place(tmp_path, rows):
    """Also where it is in an event that a file of logs holds, before or after its span."""
    paths = [written(tmp_path / f"{number}.jsonl", row) for number, row in enumerate(rows)]

    (one,) = read(*paths)

    assert [(turn.role, turn.text) for turn in one.messages] == [
        ("system", "Be brief."),
        ("user", "Where is my parcel?"),
    ]
    assert (one.text, one.finish_reason, one.error, one.model) == ("In Leeds.", "stop", "", "m")
    assert (one.tokens_in, one.tokens_out, one.seconds, one.time) == (7, 3, 2.0, 1_700_000_000.0)


def test_events_without_their_span_are_requests_by_themselves(tmp_path):
    """With what people said of them."""
    said = event("gen_ai.evaluation.result", gen_ai__evaluation__name="user_thumbs", gen_ai__evaluation__score__value=0)
    path = written(tmp_path / "logs.jsonl", records(event("gen_ai.client.inference.operation.details", **WHOLE), said))

    (one,) = read(path)

    assert (one.text, one.feedback, one.meta) == ("In Leeds.", "down", {"scores": {"user_thumbs": 0.0}})


def test_documents_calls_and_thumbs_come_with_the_request(tmp_path):
    """From the retriever's span before it, from parts, and from an opinion on the whole trace's first span."""
    found = {"retrieval__documents__0__document__id": "hours.md", "retrieval__documents__0__document__content": "Open."}
    early = {"startTimeUnixNano": "1699999998000000000", "endTimeUnixNano": "1699999999000000000"}
    call = [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "find", "arguments": {"n": 1}}]}]
    tools = [{"type": "function", "name": "find", "description": "", "parameters": {"type": "object"}}]
    asked = {"gen_ai__input__messages": json.dumps(ASKED), "gen_ai__output__messages": json.dumps(call)}
    path = written(
        tmp_path / "spans.jsonl",
        spans(
            span("root", attributes(openinference__span__kind="CHAIN")),
            span("r", attributes(openinference__span__kind="RETRIEVER", **found), **early),
            span("a", attributes(**BASE, **asked, gen_ai__tool__definitions=json.dumps(tools))),
        ),
    )
    thumb = {
        "span_id": "root",
        "name": "thumb",
        "annotator_kind": "HUMAN",
        "result": {"label": "down", "explanation": "No!"},
    }
    judge = {"span_id": "a", "name": "quality", "annotator_kind": "LLM", "result": {"score": 1.0}}

    (one,) = read(path, written(tmp_path / "said.jsonl", thumb, judge))

    assert one.meta == {"context": [{"id": "hours.md", "text": "Open."}], "scores": {"thumb": "down", "quality": 1.0}}
    assert (one.feedback, one.comment) == ("down", "No!")
    assert [(call.name, call.arguments) for call in one.tool_calls] == [("find", '{"n":1}')]
    assert one.tools.functions[0]["function"]["name"] == "find"


def test_the_spans_of_vercels_ai_sdk(tmp_path):
    """Its turns have parts of their own, and its calls other names."""
    turns = [
        {"role": "user", "content": [{"type": "text", "text": "Where is my parcel?"}]},
        {
            "role": "assistant",
            "content": [{"type": "tool-call", "toolCallId": "c", "toolName": "find", "input": {"n": 1}}],
        },
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c", "output": {"value": "Leeds"}}]},
    ]
    calls = [{"toolCallId": "d", "toolName": "tell", "input": '{"m": 2}'}]
    given = {"gen_ai__request__model": "m", "ai__prompt__messages": json.dumps(turns)}
    said = span("a", attributes(**given, ai__response__text="In Leeds."))
    called = span("b", attributes(**given, ai__response__toolCalls=json.dumps(calls)))

    one, other = read(written(tmp_path / "a.jsonl", spans(said, called)))

    assert [(turn.role, turn.text) for turn in one.messages] == [
        ("user", "Where is my parcel?"),
        ("assistant", ""),
        ("tool", "Leeds"),
    ]
    assert (one.text, one.messages[1].calls[0].name, other.text) == ("In Leeds.", "find", "")
    assert [(call.name, call.arguments) for call in other.tool_calls] == [("tell", '{"m": 2}')]


def test_a_request_inside_of_itself_is_one(tmp_path):
    """A client's span in a framework's with the same answer counts; what was said of the other belongs to it too."""
    outer, chain, inner = (
        span(key, attributes(**given), parentSpanId=parent)
        for key, parent, given in (
            ("a", "", {"gen_ai__operation__name": "chat", **WHOLE}),
            ("b", "a", {"gen_ai__operation__name": "invoke_agent"}),
            ("c", "b", {"gen_ai__operation__name": "chat", "gen_ai__request__model": "m", **WHOLE}),
        )
    )
    no = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "No."}]}])
    other = span("d", attributes(gen_ai__operation__name="chat", **WHOLE | {"gen_ai__output__messages": no}))
    thumb = {"span_id": "a", "trace_id": "t1", "annotator_kind": "HUMAN", "name": "thumbs", "result": {"label": "up"}}
    nested = written(tmp_path / "a.jsonl", spans(outer, chain, inner), thumb)

    (one,) = read(nested)
    two = read(written(tmp_path / "b.jsonl", spans(outer, other | {"parentSpanId": "a"})))

    assert (one.model, one.text, one.feedback) == ("m", "In Leeds.", "up")
    assert [each.text for each in two] == ["In Leeds.", "No."]


def test_a_log_without_content_is_told_with_the_remedy(tmp_path):
    """And not as a log without requests; vLLM's own spans are such."""
    latency = attributes(gen_ai__usage__prompt_tokens=7, gen_ai__latency__e2e="0.3", gen_ai__request__id="r")
    path = written(tmp_path / "spans.jsonl", spans(span("a", latency), span("b", latency)))

    (problem,) = problems(path)

    assert problem.kind == "no-content"
    assert problem.told.startswith("2 requests: content was not captured: set OTEL_INSTRUMENTATION_GENAI_CAPTURE")


def test_a_request_that_failed_says_why(tmp_path):
    """By its status; one without an answer and without an error has none in the log."""
    asked = attributes(**BASE | {"gen_ai__response__finish_reasons": []}, gen_ai__input__messages=json.dumps(ASKED))
    path = written(
        tmp_path / "spans.jsonl",
        spans(span("a", asked, status={"code": 2, "message": "timeout"}), span("b", asked)),
    )

    assert [one.error for one in read(path)] == ["timeout", NO_ANSWER]


def test_phoenix_in_csv_as_pandas_leaves_it(tmp_path):
    """With lists as Python writes them."""
    turns = [{"message.role": "user", "message.content": "Where is it?"}]
    path = tmp_path / "spans.csv"
    said = [{"message.role": "assistant", "message.content": "Here."}]
    columns = "context.span_id,context.trace_id,span_kind,start_time,end_time,attributes.openinference.span.kind"
    path.write_text(
        f"{columns},attributes.llm.input_messages,attributes.llm.output_messages,attributes.llm.token_count.prompt\n"
        f'a,t,LLM,2023-11-14 22:13:20+00:00,2023-11-14 22:13:21+00:00,LLM,"{turns}","{said}",7.0\n'
    )

    (one,) = read(path)

    assert (one.asked, one.text, one.tokens_in, one.seconds) == ("Where is it?", "Here.", 7, 1.0)
