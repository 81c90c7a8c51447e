"""A run's answers in Every Eval Ever's shared schema of single instances, one a line, for both sides."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.exchange.rows import Exported, as_text, whole_comparisons
from harness.records.asked import Side
from harness.records.compared import RIGHT
from harness.records.record import Json
from harness.records.saved import Answer
from harness.runs.test_ids import title
from harness.text.atomic import replacing

VERSION = "0.3.0"
SIDES: tuple[Side, Side] = ("baseline", "candidate")


def write(exported: Exported, out: Path) -> None:
    """Write one line for each answer that was scored; what has no score can't be said in this schema.

    Raises:
        StoreError: it can't be written.
    """
    with replacing(out) as file:
        file.writelines(msgspec.json.encode(one) + b"\n" for one in instances(exported))


def instances(exported: Exported) -> Iterator[dict[str, Json]]:
    """Yield each answer as an object of the schema, under the score of its case."""
    for test, comparison in whole_comparisons(exported.run):
        if comparison.unit:
            continue
        for row in comparison.rows:
            for side in SIDES:
                score = row.baseline if side == "baseline" else row.candidate
                model = comparison.baseline if side == "baseline" else comparison.candidate
                for answer in exported.answers.get((comparison.key, row.case_id, side), ()):
                    if score is None and answer.response.error is None:
                        continue
                    yield {
                        "schema_version": VERSION,
                        "evaluation_id": f"tunegate/{model.name}/{exported.run.id}/{side}",
                        "model_id": model.name,
                        "evaluation_name": f"{title(test)}: {comparison.scorer}",
                        "evaluation": {"score": score or 0.0, "is_correct": (score or 0.0) >= RIGHT},
                        "metadata": {"side": side, "repeat": str(answer.request.repeat), "test": test},
                        **_instance(answer),
                    }


def _instance(answer: Answer) -> dict[str, Json]:
    """Return what an answer alone tells. A failed one has an error, and no text."""
    prompt, response = answer.request.messages, answer.response
    raw = "\n\n".join(message.text for message in prompt if message.role == "user")
    expected = as_text(answer.case.expected)
    reference: list[Json] = [expected] if expected else []
    is_single = [message.role for message in prompt] == ["user"]
    told: dict[str, Json] = {
        "sample_id": answer.case.id,
        "sample_hash": hashlib.sha256(f"{raw}{expected}".encode()).hexdigest(),
        "interaction_type": "single_turn" if is_single else "multi_turn",
        "input": {"raw": raw, "reference": reference},
        "answer_attribution": [],
        "error": response.error,
    }
    if is_single:
        reasoning: dict[str, Json] = {"reasoning_trace": [response.reasoning]} if response.reasoning else {}
        told["output"] = {"raw": [] if response.error is not None else [response.said], **reasoning}
    else:
        turns: list[Json] = [
            {"turn_idx": place, "role": message.role, "content": message.text} for place, message in enumerate(prompt)
        ]
        said: list[Json] = [{"turn_idx": len(turns), "role": "assistant", "content": response.said}]
        told["messages"] = turns + (said if response.error is None else [])
    if response.counted_in is not None and response.counted_out is not None:
        counted, made = response.counted_in, response.counted_out
        told["token_usage"] = {"input_tokens": counted, "output_tokens": made, "total_tokens": counted + made}
    if response.seconds:
        told["performance"] = {"latency_ms": response.seconds * 1000}
    return told
