"""What DeepEval keeps of a test run: ``.deepeval/.latest_run_full.json``, or a file in its results folder."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.exchange.foreign import Lax, as_record, decode
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text, sampling_in
from harness.records.record import Json

TOOL = "DeepEval"


class TestCase(Lax, frozen=True, kw_only=True):
    """One test case with its answer."""

    input: str
    name: str = ""
    actualOutput: str | None = None  # noqa: N815 - DeepEval's name
    expectedOutput: str | None = None  # noqa: N815


class TestRun(Lax, frozen=True, kw_only=True):
    """The whole file. ``hyperparameters`` are what its user said of the model."""

    testCases: tuple[Json, ...]  # noqa: N815
    conversationalTestCases: tuple[Json, ...] = ()  # noqa: N815
    hyperparameters: dict[str, Json] | None = None


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a file.

    Raises:
        DataError: it is wrong, or has conversations.
    """
    run = as_record(decode(content, str(path)), TestRun, str(path))
    if run.conversationalTestCases:
        raise DataError(f"{path}: it has conversational test cases, which are not one question and its answer")
    said = dict(run.hyperparameters or {})
    model = said.pop("model", None)
    by = AskedBy(tool=TOOL, model="" if model is None else str(model), sampling=sampling_in(said))
    for number, given in enumerate(run.testCases, start=1):
        place = f"{path}: test case {number}"
        case = as_record(given, TestCase, place)
        yield ImportedRow(
            place=place,
            by=by,
            prompt=asked_in_text(case.input),
            id=case.name,
            targets=None if case.expectedOutput is None else (case.expectedOutput,),
            text=case.actualOutput or "",
            error="no answer" if case.actualOutput is None else None,
        )
