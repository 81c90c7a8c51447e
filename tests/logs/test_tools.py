"""Langfuse's exports, and vLLM's log."""

import json
import os

import pytest

from harness.logs.part import NO_ANSWER
from tests.logs.made import problems, read, written

TURNS = [{"role": "user", "content": "Where is it?"}]
GENERATION = {
    "id": "g",
    "trace_id": "t",
    "type": "GENERATION",
    "start_time": "2023-11-14 22:13:20.000000",
    "end_time": "2023-11-14 22:13:21.500000",
    "provided_model_name": "m",
    "input": json.dumps(TURNS),
    "output": json.dumps({"role": "assistant", "content": "In Leeds."}),
    "usage_details": {"input": 7, "output": 3, "total": 10},
    "total_cost": 0.25,
    "level": "DEFAULT",
}
SCORE = {"id": "s", "trace_id": "t", "source": "API", "data_type": "BOOLEAN", "name": "thumbs", "value": 0.0}


def test_langfuse_in_files_of_its_own(tmp_path):
    """Thumbs and corrections of the trace count for its last generation, documents for those after the search."""
    early = {"start_time": "2023-11-14 22:13:18", "end_time": "2023-11-14 22:13:19"}
    search = {"id": "r", "trace_id": "t", "type": "RETRIEVER", "output": [{"page_content": "Open."}]} | early
    rewritten = GENERATION | {"id": "f", "output": "a query"} | early | {"start_time": "2023-11-14 22:13:17"}
    observations = written(tmp_path / "observations.jsonl", rewritten, search, GENERATION)
    judged = SCORE | {"source": "EVAL", "name": "helpful", "data_type": "NUMERIC", "value": 1}
    better = SCORE | {"data_type": "CORRECTION", "name": "output", "value": 0, "string_value": "In York."}
    scores = written(tmp_path / "scores.jsonl", SCORE | {"comment": "Wrong town"}, judged, better)
    trace = {"id": "t", "timestamp": "2023-11-14 22:13:17", "input": "{}", "session_id": "s-1", "tags": ["web"]}

    first, one = read(observations, scores, written(tmp_path / "traces.jsonl", trace))

    assert (first.feedback, first.meta) == ("", {})
    assert (one.id, one.asked, one.text, one.model) == ("g", "Where is it?", "In Leeds.", "m")
    assert (one.time, one.seconds, one.tokens_in, one.tokens_out, one.cost) == (1_700_000_000.0, 1.5, 7, 3, 0.25)
    assert (one.feedback, one.comment, one.corrected, one.tags) == ("down", "Wrong town", "In York.", ("web",))
    assert one.meta == {
        "context": [{"id": "1", "text": "Open."}],
        "scores": {"thumbs": False, "helpful": 1.0},
        "session": "s-1",
    }


def test_langfuse_in_one_array_as_its_api_has_it(tmp_path):
    """A trace with what is in it; one without generations is a request by itself."""
    camel = {
        "id": "g",
        "type": "GENERATION",
        "startTime": "2023-11-14T22:13:20Z",
        "input": TURNS,
        "output": "In Leeds.",
    }
    whole = {"id": "t", "timestamp": "2023-11-14T22:13:20Z", "htmlPath": "/t", "input": None}
    alone = whole | {"id": "u", "input": {"question": "And now?"}, "output": "Here.", "latency": 2.5}
    path = tmp_path / "traces.json"
    camel_score = {"name": "feedback", "value": 1, "dataType": "NUMERIC", "source": "API", "traceId": "t"}
    traces = [whole | {"observations": [camel], "scores": [camel_score]}, alone | {"scores": {"user-feedback": [-1]}}]
    path.write_text(json.dumps({"data": traces, "meta": {"page": 1}}, indent=1))

    one, other = read(path)

    assert (one.id, one.text, one.feedback) == ("g", "In Leeds.", "up")
    assert (other.id, other.asked, other.text, other.seconds) == ("u", "And now?", "Here.", 2.5)
    assert (other.feedback, other.error) == ("down", "")


def test_langfuse_in_csv(tmp_path):
    """With JSON in its cells, and the content missing where it was not exported."""
    path = tmp_path / "observations.csv"
    cells = [
        GENERATION[name] if isinstance(GENERATION[name], str) else json.dumps(GENERATION[name]) for name in GENERATION
    ]
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    path.write_text(f"{','.join(GENERATION)}\n{row}\n")

    (one,) = read(path)

    assert (one.asked, one.text, one.tokens_in) == ("Where is it?", "In Leeds.", 7)
    hidden = written(tmp_path / "hidden.jsonl", GENERATION | {"input": None, "output": None})
    assert problems(hidden)[0].told.startswith("1 request: content was not captured: log the input")


BEFORE = "(APIServer pid=7) {level} 11-14 22:13:{second:02} [request_logger.py:66] "
CHATML = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhere's it?<|im_end|>\n<|im_start|>assistant\n"


def line(second: int, told: str, level: str = "INFO") -> str:
    """Return a line of vLLM's server."""
    return BEFORE.format(level=level, second=second) + told + "\n"


def vllm_log(path, *lines: str):
    """Write a log that was last written at the end of 2023."""
    path.write_text(line(1, "vLLM API server version 0.32") + "".join(lines))
    os.utime(path, (1_703_000_000, 1_703_000_000))
    return path


def test_vllm(tmp_path):
    """Lines of requests that are under way at once, each told by its id."""
    body = json.dumps({"model": "mine", "messages": TURNS})
    path = vllm_log(
        tmp_path / "server.log",
        line(
            20,
            f"Request chatcmpl-a details: prompt: {CHATML!r}, prompt_token_ids: [1, 2, 3], prompt_embeds shape: None.",
        ),
        line(
            20, "Received request chatcmpl-a: params: SamplingParams(n=1), lora_request: LoRARequest(lora_name='mine')."
        ),
        line(20, f"Request b JSON body: {body}", "DEBUG"),
        line(20, "Request chatcmpl-b details: prompt: 'x', prompt_token_ids: None, prompt_embeds shape: None."),
        line(21, "Generated response chatcmpl-b (streaming delta): output: 'He', finish_reason: None"),
        line(
            22, "Generated response chatcmpl-b (streaming complete): output: 'Here.', finish_reason: streaming_complete"
        ),
        line(23, 'Generated response chatcmpl-a: output: "It\'s\\nhere.", finish_reason: length'),
        line(24, "Request cmpl-c-0 details: prompt: 'Once', prompt_token_ids: None, prompt_embeds shape: None."),
    )

    second, first, last = read(path)

    assert (first.id, first.model, first.text, first.finish_reason) == ("chatcmpl-a", "mine", "It's\nhere.", "length")
    assert [(turn.role, turn.text) for turn in first.messages] == [("system", "Be brief."), ("user", "Where's it?")]
    assert (first.tokens_in, first.time, first.seconds) == (3, 1_700_000_000.0, 3.0)
    assert (second.asked, second.text, second.model, second.finish_reason) == ("Where is it?", "Here.", "mine", "")
    assert (last.asked, last.error) == ("Once", NO_ANSWER)


@pytest.mark.parametrize(
    "prompt",
    [
        "<bos><start_of_turn>user\nWhere is it?<end_of_turn>\n<start_of_turn>model\n",
        "<|user|>\nWhere is it?<|end|>\n<|assistant|>\n",
        "<|user|>\nWhere is it?<|assistant|>",
    ],
)
def test_the_turns_of_a_rendered_prompt_for_vllm(tmp_path, prompt):
    """Marks are no part of what the user asked."""
    path = tmp_path / "server.log"
    path.write_text(
        f"INFO 11-26 23:33:20 [l.py:1] Received request c-1: prompt: {prompt!r}, params: SamplingParams(n=1)\n"
        "INFO 11-26 23:33:21 [l.py:1] Generated response c-1: output: 'In Leeds.', finish_reason: stop\n"
    )

    (one,) = read(path)

    assert [(turn.role, turn.text) for turn in one.messages] == [("user", "Where is it?")]


def test_what_a_user_quotes_of_a_log_is_no_line_of_it(tmp_path):
    """Neither as a request, nor as the end of a prompt."""
    asked = "Why 'Request b JSON body: {}' and , prompt_token_ids: [1], x?"
    told = f"Request cmpl-a-0 details: prompt: {asked!r}, prompt_token_ids: [1, 2], prompt_embeds shape: None."
    done = line(21, "Generated response cmpl-a-0: output: ', finish_reason: stop', finish_reason: length")

    (one,) = read(vllm_log(tmp_path / "a.log", line(20, told), done))

    assert (one.asked, one.tokens_in, one.text, one.finish_reason) == (asked, 2, ", finish_reason: stop", "length")


def test_vllm_without_content(tmp_path):
    """Neither prompts at the level INFO, nor any request."""
    received = line(20, "Received request chatcmpl-a: params: SamplingParams(n=1), lora_request: None.")

    (problem,) = problems(vllm_log(tmp_path / "a.log", received))
    (other,) = problems(vllm_log(tmp_path / "b.log"))

    assert problem.told.startswith("1 request: content was not captured: vLLM logs prompts only with")
    assert other.told.startswith("no request is in it: content was not captured")


def test_vllm_as_docker_keeps_it(tmp_path):
    """A line in an object, with its time."""
    told = line(20, "Request cmpl-a-0 details: prompt: 'Once', prompt_token_ids: None, prompt_embeds shape: None.")
    done = line(21, "Generated response cmpl-a-0: output: ' upon', finish_reason: stop")
    rows = [{"log": one, "stream": "stdout", "time": "2023-11-14T22:13:20.5Z"} for one in (told, done)]

    (one,) = read(written(tmp_path / "container.json", *rows))

    assert (one.asked, one.text, one.time) == ("Once", " upon", 1_700_000_000.5)
