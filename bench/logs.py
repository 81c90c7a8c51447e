"""Production logs: the memory of reading a file of each form, against its bar, and the time that masking takes of it.

`python bench/logs.py [LINES] [FORM ...]` makes a file of that many lines (200,000) for each form, and reads it in a
process of its own. Requests of forms whose parts are put together are in two files, of that many lines together.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from measure import at_most, run, run_script, tell

MOST_MB = 500
"""For a million lines; memory must not grow with them, so fewer have the same bar."""
LINES = 200_000
PROSE = (
    "My parcel with the number 48213 was to come on Monday, and the page https://shop.example.com/track/AB12 says "
    "nothing new since then. Could you find out where it is, and tell me at customer{n}@mailhost.io or call me? "
)
START = 1_700_000_000


def main() -> int:
    """Measure, print figures with their bars, and return the exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--read"]:
        return read(list(map(Path, arguments[1:])))
    lines = int(arguments[0]) if arguments else LINES
    held = True
    scanner()
    for name in arguments[1:] or FORMS:
        with tempfile.TemporaryDirectory() as folder:
            paths, written = FORMS[name](Path(folder), lines), Path(folder)
            size = sum(path.stat().st_size for path in paths) / 1e6
            used = run([sys.executable, str(Path(__file__).resolve()), "--read", *map(str, paths)], written)
        tell(
            f"{name}: {lines:,} lines, {size:,.0f} MB: {used.output.strip()}; {used.cpu_s / lines * 1e6:,.0f} us a line"
        )
        held &= at_most(f"{name}: peak memory", used.peak_mb, "MB", MOST_MB)
    return 0 if held else 1


def read(paths: list[Path]) -> int:
    """Read files and say how many requests are in them."""
    from harness.logs.reading import read_logged
    from harness.records.logged import Logged

    kinds = {True: 0, False: 0}
    for one in read_logged(paths):
        kinds[isinstance(one, Logged)] += 1
    print(f"{kinds[True]:,} requests, {kinds[False]:,} problems")
    return 0


def scanner() -> None:
    """Print how long the scanner takes for a kilobyte: of prose, and of text with numbers and addresses."""
    from harness.data.checks.personal.replaced import replaced

    kinds = {
        "prose": "the customer wants to know where the parcel is and when it comes ",
        "numbers and addresses": PROSE,
    }
    for name, text in kinds.items():
        long = (text * 20)[:1_000]
        replaced(long)
        start = time.process_time()
        for _ in range(2_000):
            replaced(long)
        tell(f"masking {name}: {(time.process_time() - start) / 2_000 * 1e6:,.0f} us for each kB")


def turns(number: int) -> list[dict]:
    """Return what one user asks, under the same system prompt as all."""
    system = "You answer for a shop. Be brief and polite, and never promise a day. " * 4
    return [{"role": "system", "content": system}, {"role": "user", "content": PROSE.format(n=number) * 2}]


def completion(number: int) -> dict:
    """Return an answer of the OpenAI API."""
    message = {"role": "assistant", "content": f"Your parcel {number} is in Leeds, and will be with you in some days."}
    return {
        "id": f"chatcmpl-{number}",
        "created": START + number,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 20},
    }


def written(path: Path, rows: Iterator[object]) -> Path:
    """Write rows as JSON Lines."""
    with path.open("w") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)
    return path


def openai(folder: Path, lines: int) -> list[Path]:
    """Write requests with their responses."""
    rows = ({"request": {"model": "m", "messages": turns(n)}, "response": completion(n)} for n in range(lines))
    return [written(folder / "a.jsonl", rows)]


def batch(folder: Path, lines: int) -> list[Path]:
    """Write a batch's requests, and its answers in another order."""
    asked = ({"custom_id": f"r{n}", "body": {"model": "m", "messages": turns(n)}} for n in range(lines // 2))
    said = ({"custom_id": f"r{n}", "response": {"body": completion(n)}} for n in reversed(range(lines // 2)))
    return [written(folder / "input.jsonl", asked), written(folder / "output.jsonl", said)]


def litellm(folder: Path, lines: int) -> list[Path]:
    """Write LiteLLM's payloads."""
    rows = (
        {
            "id": str(n),
            "call_type": "acompletion",
            "status": "success",
            "startTime": START + n,
            "endTime": START + n + 1,
            "messages": turns(n),
            "response": completion(n),
        }
        for n in range(lines)
    )
    return [written(folder / "a.jsonl", rows)]


def otlp(folder: Path, lines: int) -> list[Path]:
    """Write spans, and their content as events apart from them."""

    def span(n: int) -> object:
        attributes = [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]
        times = {"startTimeUnixNano": f"{START + n}000000000", "endTimeUnixNano": f"{START + n + 1}000000000"}
        made = {"spanId": f"{n:016x}", "traceId": f"{n // 2:032x}", "attributes": attributes, **times}
        return {"resourceSpans": [{"scopeSpans": [{"spans": [made]}]}]}

    def event(n: int) -> object:
        content = {
            "gen_ai.input.messages": json.dumps(turns(n)),
            "gen_ai.output.messages": json.dumps([completion(n)["choices"][0]["message"]]),
        }
        attributes = [{"key": key, "value": {"stringValue": value}} for key, value in content.items()]
        name = "gen_ai.client.inference.operation.details"
        record = {"eventName": name, "spanId": f"{n:016x}", "traceId": f"{n // 2:032x}", "attributes": attributes}
        return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}

    spans = written(folder / "spans.jsonl", map(span, range(lines // 2)))
    return [spans, written(folder / "logs.jsonl", map(event, range(lines // 2)))]


def langfuse(folder: Path, lines: int) -> list[Path]:
    """Write observations, and a score for each trace."""
    generations = (
        {
            "id": f"g{n}",
            "trace_id": f"t{n}",
            "type": "GENERATION",
            "start_time": START + n,
            "input": json.dumps(turns(n)),
            "output": completion(n)["choices"][0]["message"]["content"],
        }
        for n in range(lines // 2)
    )
    scores = (
        {"id": str(n), "trace_id": f"t{n}", "name": "thumbs", "value": n % 2, "data_type": "BOOLEAN", "source": "API"}
        for n in range(lines // 2)
    )
    return [written(folder / "observations.jsonl", generations), written(folder / "scores.jsonl", scores)]


def phoenix(folder: Path, lines: int) -> list[Path]:
    """Write spans as Phoenix's API has them."""
    rows = (
        {
            "context": {"span_id": f"{n:016x}", "trace_id": f"{n // 2:032x}"},
            "span_kind": "LLM",
            "start_time": START + n,
            "end_time": START + n + 1,
            "attributes": {
                "openinference.span.kind": "LLM",
                "llm.input_messages": [{"message": turn} for turn in turns(n)],
                "llm.output_messages": [{"message": completion(n)["choices"][0]["message"]}],
            },
        }
        for n in range(lines)
    )
    return [written(folder / "spans.jsonl", rows)]


def vllm(folder: Path, lines: int) -> list[Path]:
    """Write the lines of a server: a prompt and an output for each request, several under way at once."""
    path = folder / "server.log"
    before = "(APIServer pid=7) DEBUG 11-14 22:13:20 [request_logger.py:53]"
    with path.open("w") as file:
        for n in range(lines // 2):
            text = PROSE.format(n=n) * 2
            file.write(f"{before} Request cmpl-{n}-0 details: prompt: {text!r}, prompt_token_ids: None, x\n")
            file.write(f"{before} Generated response cmpl-{n - 50}-0: output: 'In Leeds.', finish_reason: stop\n")
    return [path]


def plain(folder: Path, lines: int) -> list[Path]:
    """Write rows of one's own."""
    rows = (
        {"prompt": turns(n)[1]["content"], "answer": "In Leeds.", "time": START + n, "thumbs": "down"}
        for n in range(lines)
    )
    return [written(folder / "a.jsonl", rows)]


FORMS: dict[str, Callable[[Path, int], list[Path]]] = {
    made.__name__: made for made in (openai, batch, litellm, otlp, langfuse, phoenix, vllm, plain)
}

if __name__ == "__main__":
    run_script(main)
