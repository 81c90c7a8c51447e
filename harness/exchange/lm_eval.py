"""What lm-evaluation-harness saves with ``--log_samples``: ``samples_TASK_DATE.jsonl``, and the results beside it.

A document has a line for each filter; the answers are those before any filter. The results name model and version.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.exchange.foreign import Lax, as_record, decode, lines_of, read_file
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text
from harness.records.messages import Message
from harness.records.record import Json
from harness.text.visible import quoted

TOOL = "lm-evaluation-harness"
RESULTS = "results*.json"
DATE = re.compile(r"\d{4}-\d\d-\d\d\S*$", re.ASCII)
"""How the name of a file ends that is of one evaluation."""


class Sample(Lax, frozen=True, kw_only=True):
    """A line of the samples; ``arguments`` has what was sent, and how."""

    doc_id: int
    doc: Json
    target: Json
    arguments: dict[str, dict[str, Json]]
    resps: list[Json]


class Results(Lax, frozen=True, kw_only=True):
    """The part of the results that says who answered."""

    lm_eval_version: str = ""
    model_source: str = ""
    model_name: str = ""
    configs: dict[str, Json] = msgspec.field(default_factory=dict)


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a file of samples, each document once.

    Raises:
        DataError: a line is wrong, is not a generated text, or another line of its document has other answers.
    """
    results = _results_of(path)
    seen: dict[int, tuple[str, Sample]] = {}
    for place, line in lines_of(path, content):
        sample = as_record(decode(line, place), Sample, place)
        first = seen.setdefault(sample.doc_id, (place, sample))
        if first[1] is not sample:
            if (first[1].doc, first[1].arguments, first[1].resps) != (sample.doc, sample.arguments, sample.resps):
                raise DataError(f"{place}: document {sample.doc_id} has other answers than at {first[0]}")
            continue
        yield from _rows(sample, results, place)


def _rows(sample: Sample, results: Results, place: str) -> Iterator[ImportedRow]:
    asked = sample.arguments.get("gen_args_0", {})
    if len(sample.arguments) != 1 or set(asked) != {"arg_0", "arg_1"} or not isinstance(asked["arg_1"], dict):
        raise DataError(
            f"{place}: document {sample.doc_id} is not a generated text (generate_until): a multiple choice or a "
            "log-likelihood has no answer that could be read"
        )
    prompt, is_chat = _prompt(asked["arg_0"], place)
    told = f"{TOOL} {results.lm_eval_version}".strip()
    by = AskedBy(
        tool=f"{told}, {results.model_source}" if results.model_source else told,
        model=results.model_name,
        sampling=asked["arg_1"],
        format="chat" if is_chat else "raw",
    )
    (answers,) = sample.resps if len(sample.resps) == 1 else (None,)
    if not isinstance(answers, list) or not answers or not all(isinstance(one, str) for one in answers):
        raise DataError(f"{place}: resps is {quoted(sample.resps)}; expected a list with the list of the answers")
    name = sample.doc.get("id", "") if isinstance(sample.doc, dict) else ""
    for repeat, text in enumerate(answers):
        yield ImportedRow(
            place=place,
            by=by,
            prompt=prompt,
            id=str(name),
            targets=(sample.target,),
            text=text,
            repeat=repeat,
        )


def _prompt(sent: Json, place: str) -> tuple[tuple[Message, ...], bool]:
    """Return what was sent, and whether that was a chat: its JSON is then the only entry of a list."""
    if isinstance(sent, str):
        return asked_in_text(sent), False
    if isinstance(sent, list) and len(sent) == 1 and isinstance(sent[0], str):
        return as_record(decode(sent[0].encode(), place), tuple[Message, ...], f"{place}: the chat"), True
    raise DataError(f"{place}: the question is {quoted(sent)}; expected a text, or the JSON of a chat")


def _results_of(path: Path) -> Results:
    """Return what the results say that lie beside the samples; nothing where there are none of that date, or several.

    Those of another date can be another model's.
    """
    date = _date_of(path)
    found = [one for one in sorted(path.parent.glob(RESULTS)) if not date or _date_of(one) in {"", date}]
    of_date = [one for one in found if _date_of(one) == date]
    chosen = of_date or found
    if len(chosen) != 1:
        return Results()
    (beside,) = chosen
    return as_record(decode(read_file(beside), str(beside)), Results, str(beside))


def _date_of(path: Path) -> str:
    found = DATE.search(path.stem)
    return found[0] if found else ""
