"""Which tool wrote a file, told by its shape, and the reader of each."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.errors import DataError
from harness.exchange import deepeval, every_eval_ever, helm, inspect_log, lm_eval, openai_evals, plain, promptfoo
from harness.exchange.foreign import decode, lines_of, read_file
from harness.exchange.imported import AskedBy, ImportedRow
from harness.records.record import Json
from harness.text.visible import for_terminal

Reader = Callable[[Path, bytes], Iterator[ImportedRow]]
OBJECTS: tuple[tuple[frozenset[str], Reader], ...] = (
    (frozenset({"eval", "samples"}), inspect_log.read),
    (frozenset({"eval", "plan"}), inspect_log.read),
    (frozenset({"results", "config", "evalId"}), promptfoo.read),
    (frozenset({"testCases"}), deepeval.read),
    (frozenset({"adapter_spec", "request_states"}), helm.read),
)
"""Keys that the object in a file of JSON has, and whose it is then."""
LINES: tuple[tuple[frozenset[str], Reader], ...] = (
    (frozenset({"doc_id", "arguments", "resps"}), lm_eval.read),
    (frozenset({"schema_version", "evaluation_id", "interaction_type"}), every_eval_ever.read),
    (frozenset({"spec"}), openai_evals.read),
    (frozenset({"run_id", "event_id", "type"}), openai_evals.read),
    (frozenset({"answer"}), plain.read),
    (frozenset({"error"}), plain.read),
)
"""The same of the first line of a file of JSON Lines."""
KNOWN = (
    "lm-evaluation-harness (samples_*.jsonl), Inspect (.eval, .json), promptfoo (-o results.json), Every Eval Ever "
    "(instance-level .jsonl), DeepEval, HELM (scenario_state.json), OpenAI evals (.jsonl), or lines of JSON with "
    '"prompt" and "answer"'
)


def read_rows(paths: Sequence[Path]) -> tuple[tuple[ImportedRow, ...], tuple[bytes, ...]]:
    """Return the rows of all files, and the content of each file.

    Raises:
        DataError: a file is of no tool that is known, or wrong.
    """
    rows: list[ImportedRow] = []
    contents = []
    for path in paths:
        content = read_file(path)
        contents.append(content)
        rows += reader_of(path, content)(path, content)
    return tuple(rows), tuple(contents)


def reader_of(path: Path, content: bytes) -> Reader:
    """Return the reader of the tool that wrote a file.

    Raises:
        DataError: it is none that is known.
    """
    if content.startswith(b"PK"):
        return inspect_log.read_archive
    if path.suffix == ".jsonl":
        place, line = next(lines_of(path, content))
        return _fitting(decode(line, place), LINES, path)
    return _fitting(decode(content, str(path)), OBJECTS, path)


def chosen(rows: Sequence[ImportedRow], model: str | None) -> tuple[AskedBy, tuple[ImportedRow, ...]]:
    """Return who answered, and the rows of that model; ``model`` chooses one, or names it where the files don't.

    Raises:
        DataError: several models answered and none is chosen, the chosen one isn't there, the files name none, or they
            were asked in different ways.
    """
    if not rows:
        raise DataError("there are no answers in the files")
    names = sorted({row.by.model for row in rows})
    if names == [""]:
        if not model:
            raise DataError("the files do not say which model answered; name it with --model NAME")
        by = [(row.by, row) for row in rows]
    else:
        told = ", ".join(for_terminal(name) or "a model without a name" for name in names)
        if model is None and len(names) > 1:
            raise DataError(f"several models answered; choose one with --model NAME: {told}")
        by = [(row.by, row) for row in rows if model in {None, row.by.model}]
        if not by:
            raise DataError(f"no answer of a model {model!r}; the files have answers of {told}")
    first, place = by[0][0], by[0][1].place
    for one, row in by:
        if one != first:
            raise DataError(f"{row.place}: asked in another way than {place}: {_how(one)}, there {_how(first)}")
    named = AskedBy(tool=first.tool, model=model or first.model, sampling=first.sampling, format=first.format)
    return named, tuple(row for _, row in by)


def _how(by: AskedBy) -> str:
    kind = "in chats" if by.format == "chat" else "in plain text"
    sampling = ", ".join(f"{name} {value}" for name, value in sorted(by.sampling.items())) or "sampling not told"
    return for_terminal(f"by {by.tool} {kind}, {sampling}", 300)


def _fitting(found: Json, kinds: Sequence[tuple[frozenset[str], Reader]], path: Path) -> Reader:
    keys = set(found) if isinstance(found, dict) else set()
    for needed, reader in kinds:
        if needed <= keys:
            return reader
    told = f"an object with {', '.join(map(for_terminal, sorted(keys)[:6]))}" if keys else "not an object"
    raise DataError(f"{path}: of no tool that is known ({told}); expected a file of {KNOWN}")
