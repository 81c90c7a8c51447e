"""A run's candidate as a log of Inspect, which `inspect view` opens: a sample for each case and repeat."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.exchange.rows import Exported, as_text, whole_comparisons
from harness.records.compared import Comparison
from harness.records.messages import Message
from harness.records.record import Json, digest
from harness.records.saved import Answer
from harness.runs.test_ids import title
from harness.text.atomic import write_atomically

REASONS = {"stop": "stop", "length": "max_tokens", "tool_calls": "tool_calls"}
"""Inspect's words for our finish reasons; any other is "unknown"."""


def write(exported: Exported, out: Path) -> None:
    """Write the log as JSON.

    Raises:
        StoreError: it can't be written.
    """
    write_atomically(out, msgspec.json.format(msgspec.json.encode(log_of(exported)), indent=1) + b"\n")


def log_of(exported: Exported) -> dict[str, Json]:
    """Return the log as Inspect lays it out. Each comparison is a scorer; its score is that of the case."""
    run = exported.run
    model = run.candidate.name
    samples: list[Json] = list(_samples(exported))
    version = run.versions.get("tunegate", "")
    named = {"eval_id": digest([run.id, "eval"])[:22], "run_id": digest(run.id)[:22], "task_id": digest(run.time)[:22]}
    scorers = [_scorer(test, comparison) for test, comparison in whole_comparisons(exported.run)]
    return {
        "version": 2,
        "status": "success",
        "eval": {
            **named,
            "created": run.time,
            "task": "tunegate",
            "dataset": {"name": run.id, "samples": len(samples)},
            "model": model,
            "config": {},
            "packages": {"tunegate": version},
            "metadata": {"run": run.id, "outcome": run.outcome, "baseline": run.baseline.name, "engine": run.engine},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": {"total_samples": len(samples), "completed_samples": len(samples), "scores": scorers},
        "stats": {"started_at": run.time, "completed_at": run.time, "model_usage": {}},
        "samples": samples,
    }


def _name(test: str, comparison: Comparison) -> str:
    return f"{title(test)}: {comparison.scorer}"


def _scorer(test: str, comparison: Comparison) -> dict[str, Json]:
    mean = None if comparison.tag else comparison.candidate_mean
    name = _name(test, comparison)
    metrics = {} if mean is None else {"mean": {"name": "mean", "value": mean.mean, "params": {}}}
    return {"name": name, "scorer": name, "params": {}, "metrics": metrics}


def _samples(exported: Exported) -> Iterator[Json]:
    scores: dict[tuple[str, int, str], dict[str, Json]] = {}
    known: dict[tuple[str, int, str], Answer] = {}
    for test, comparison in whole_comparisons(exported.run):
        for row in comparison.rows:
            for answer in exported.answers.get((comparison.key, row.case_id, "candidate"), ()):
                key = (row.case_id, answer.request.repeat, answer.request.key)
                known.setdefault(key, answer)
                if row.candidate is not None:
                    told = {"value": row.candidate, "answer": answer.response.said, "explanation": row.unscored or None}
                    scores.setdefault(key, {})[_name(test, comparison)] = told
    seen: dict[tuple[str, int], int] = {}
    for key, answer in known.items():
        place = (key[0], key[1])
        seen[place] = seen.get(place, 0) + 1
        name = key[0] if seen[place] == 1 else f"{key[0]} ({seen[place]})"  # asked in another way by another test
        yield _sample(name, answer, scores.get(key, {}), exported.run.candidate.name)


def _sample(name: str, answer: Answer, scores: dict[str, Json], model: str) -> dict[str, Json]:
    response = answer.response
    asked: list[Json] = [_message(one) for one in answer.request.messages]
    said: dict[str, Json] = {"role": "assistant", "content": response.said, "source": "generate", "model": model}
    reason = REASONS.get(response.finish_reason, "unknown")
    output: dict[str, Json] = {"model": model, "choices": [{"message": said, "stop_reason": reason}]}
    if response.counted_in is not None and response.counted_out is not None:
        counted = {"input_tokens": response.counted_in, "output_tokens": response.counted_out}
        output["usage"] = {**counted, "total_tokens": response.counted_in + response.counted_out}
    output["time"] = response.seconds
    told: dict[str, Json] = {
        "id": name,
        "epoch": answer.request.repeat + 1,
        "input": asked,
        "target": as_text(answer.case.expected),
        "messages": [*asked, said],
        "output": output,
        "scores": scores,
        "metadata": {"tags": list(answer.case.tags), "group": answer.case.group},
    }
    if response.error is not None:
        error = {"message": response.error, "traceback": "", "traceback_ansi": ""}
        told |= {"error": error, "messages": asked, "output": {"model": model, "choices": []}}
    return told


def _message(message: Message) -> dict[str, Json]:
    told: dict[str, Json] = {"role": message.role, "content": message.text}
    if message.role == "tool" and not isinstance(message.tool_call_id, msgspec.UnsetType):
        told["tool_call_id"] = message.tool_call_id
    if message.calls and not isinstance(message.tool_calls, msgspec.UnsetType):
        told["tool_calls"] = [
            {
                "id": call.id,
                "function": call.function.name,
                "arguments": _arguments(call.function.text),
                "type": "function",
            }
            for call in message.tool_calls
        ]
    return told


def _arguments(text: str) -> Json:
    try:
        value: Json = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {"text": text}
    return value if isinstance(value, dict) else {"value": value}
