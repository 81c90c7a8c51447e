"""Requests and responses of OpenAI's API, of its batches, and LiteLLM's log of them."""

import pytest

from harness.logs.part import NO_ANSWER
from harness.records.messages import Called
from tests.logs.made import problems, read, written

TURNS = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is it?"}]
CALL = {"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"n": 1}'}}
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "m-1",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "In Leeds."}}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3},
}


def test_a_chat_completion(tmp_path):
    """With what the row has beside it."""
    row = {"request": {"model": "m", "messages": TURNS, "tools": [TOOL]}, "response": COMPLETION}
    path = written(
        tmp_path / "log.jsonl", row | {"latency_ms": 250, "cost": 0.5, "feedback": "down", "comment": "Late!"}
    )

    (one,) = read(path)

    assert [(turn.role, turn.text) for turn in one.messages] == [("system", "Be brief."), ("user", "Where is it?")]
    assert (one.id, one.model, one.text, one.finish_reason) == ("chatcmpl-1", "m-1", "In Leeds.", "stop")
    assert (one.tokens_in, one.tokens_out, one.seconds, one.cost, one.time) == (7, 3, 0.25, 0.5, 1_700_000_000.0)
    assert (one.feedback, one.comment, one.tools.functions, one.error) == ("down", "Late!", (TOOL,), "")


@pytest.mark.parametrize("said", ['{"answer": "In Leeds.", "n": 1}', '{"error": "no such parcel"}', '[{"n": 1}]'])
@pytest.mark.parametrize("row", [{"request": {"messages": TURNS}}, {"messages": TURNS}])
def test_an_answer_in_json_stays_as_it_is(tmp_path, row, said):
    """Letter for letter: what is written otherwise would be a drift."""
    (one,) = read(written(tmp_path / "log.jsonl", row | {"response": said}))

    assert (one.text, one.error) == (said, "")


def test_calls_for_no_answer_are_no_requests(tmp_path):
    """Embeddings and moderation have no answer that could be empty."""
    vectors = {"object": "list", "data": [{"object": "embedding", "embedding": [0.1]}], "model": "e"}
    rows = (
        {"request": {"model": "e", "input": "Where?"}, "response": vectors},
        {"input": "Where?", "response": {"id": "m", "results": [{"flagged": False, "categories": {}}]}},
        {"custom_id": "1", "url": "/v1/embeddings", "body": {"model": "e", "input": "Where?"}},
        {"messages": TURNS, "response": COMPLETION},
    )

    assert [one.text for one in read(written(tmp_path / "log.jsonl", *rows))] == ["In Leeds."]


def test_turns_beside_a_response(tmp_path):
    """Without a request around them."""
    (one,) = read(written(tmp_path / "log.jsonl", {"messages": TURNS, "response": COMPLETION}))

    assert (one.asked, one.text) == ("Where is it?", "In Leeds.")


def test_the_responses_api(tmp_path):
    """Instructions, calls, and the results of a search."""
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "file_search_call", "results": [{"file_id": "f", "text": "Open on Sundays.", "score": 0.9}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "One moment."}]},
        {"type": "function_call", "call_id": "c", "name": "find", "arguments": '{"n": 1}'},
    ]
    asked = [
        {"role": "user", "content": [{"type": "input_text", "text": "Where is it?"}, {"type": "input_image"}]},
        {"type": "function_call", "call_id": "b", "name": "find", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "b", "output": "none"},
    ]
    usage = {"input_tokens": 7, "output_tokens": 3}
    row = {
        "request": {"instructions": "Be brief.", "input": asked, "model": "m"},
        "response": {"id": "r", "output": output, "status": "completed", "usage": usage, "created_at": 1_700_000_000},
    }

    (one,) = read(written(tmp_path / "log.jsonl", row))

    assert [turn.role for turn in one.messages] == ["system", "user", "assistant", "tool"]
    assert one.asked == "Where is it?\n[image]"
    assert (one.text, one.tool_calls) == ("One moment.", (Called(name="find", arguments='{"n": 1}'),))
    assert (one.finish_reason, one.tokens_out, one.time) == ("tool_calls", 3, 1_700_000_000.0)
    assert one.meta == {"context": [{"id": "f", "text": "Open on Sundays."}]}


def test_an_answer_in_pieces_and_one_that_failed(tmp_path):
    """A stream's text and calls are put together."""

    def piece(**delta: object) -> dict:
        return {"id": "s", "model": "m", "choices": [{"delta": delta, "finish_reason": None}]}

    stream = [piece(content="In "), piece(content="Leeds."), piece(tool_calls=[CALL | {"index": 0}])]
    failed = {"status_code": 429, "body": {"error": {"message": "slow down", "type": "rate_limit"}}}
    asked = {"messages": TURNS}
    path = written(
        tmp_path / "log.jsonl", {"request": asked, "response": stream}, {"request": asked, "response": failed}
    )

    one, other = read(path)

    assert (one.text, [call.text for call in one.tool_calls]) == ("In Leeds.", ['find({"n": 1})'])
    assert (other.text, other.error) == ("", "slow down")


def batch(key: str) -> tuple[dict, dict]:
    """Return a request of a batch, and its answer."""
    asked = {
        "custom_id": key,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": TURNS},
    }
    return asked, {"id": "b", "custom_id": key, "response": {"status_code": 200, "body": COMPLETION}, "error": None}


def test_a_batch_is_joined_by_its_ids(tmp_path):
    """In the order of the requests; what has no answer, and what only has one, is told."""
    (first, said), (second, _), (_, lost) = batch("1"), batch("2"), batch("3")
    failed = {"custom_id": "2", "response": None, "error": {"code": "batch_expired", "message": "too late"}}
    answers = written(tmp_path / "a_output.jsonl", failed, said)
    requests = written(tmp_path / "b_input.jsonl", first, second, batch("4")[0])

    one, other, last = read(answers, requests)

    assert [(each.id, each.text, each.error) for each in (one, other, last)] == [
        ("1", "In Leeds.", ""),
        ("2", "", "too late"),
        ("4", "", NO_ANSWER),
    ]
    assert one.time == 1_700_000_000.0
    (problem,) = problems(written(tmp_path / "lost.jsonl", lost))
    assert problem.kind == "no-request"
    assert (
        problem.told == "1 part of a request: an answer of a batch without its request; name the batch's input file too"
    )


def test_batches_that_use_the_same_ids_are_not_mixed_up(tmp_path):
    """Nobody can tell whose answer it is."""
    (first, said), (second, _) = batch("1"), batch("1")
    path = written(tmp_path / "log.jsonl", first, second, said)

    (problem,) = problems(path)

    assert (problem.kind, problem.told[:12]) == ("same-key", "2 requests: ")
    assert problem.places == (f"{path}:1", f"{path}:2")


PAYLOAD = {
    "id": "l-1",
    "trace_id": "s-1",
    "call_type": "acompletion",
    "status": "success",
    "model": "m",
    "startTime": 1_700_000_000.0,
    "endTime": 1_700_000_001.5,
    "response_cost": 0.25,
    "prompt_tokens": 7,
    "completion_tokens": 3,
    "messages": TURNS,
    "response": COMPLETION,
    "request_tags": ["web"],
    "model_parameters": {"tools": [TOOL], "tool_choice": "auto"},
    "metadata": {
        "vector_store_request_metadata": [
            {
                "vector_store_search_response": {
                    "data": [{"file_id": "f", "content": [{"type": "text", "text": "Open."}]}]
                }
            }
        ]
    },
}


def test_litellm(tmp_path):
    """Each field of its payload; embeddings are no requests."""
    failed = PAYLOAD | {"status": "failure", "response": {}, "error_str": "RateLimitError", "response_cost": 0}
    path = written(tmp_path / "log.jsonl", PAYLOAD, failed, PAYLOAD | {"call_type": "aembedding"})

    one, other = read(path)

    assert (one.id, one.model, one.text, one.finish_reason, one.cost) == ("l-1", "m", "In Leeds.", "stop", 0.25)
    assert (one.time, one.seconds, one.tokens_in, one.tokens_out) == (1_700_000_000.0, 1.5, 7, 3)
    assert (one.tags, one.tools.functions, one.tools.choice) == (("web",), (TOOL,), "auto")
    assert one.meta == {"session": "s-1", "context": [{"id": "f", "text": "Open."}]}
    assert (other.text, other.error, other.cost) == ("", "RateLimitError", None)


def test_litellm_without_content(tmp_path):
    """Redacted, as its setting does it."""
    hidden = PAYLOAD | {"messages": [{"role": "user", "content": "redacted-by-litellm"}]}

    (problem,) = problems(written(tmp_path / "log.jsonl", hidden))

    assert (problem.kind, "turn_off_message_logging" in problem.told) == ("no-content", True)
