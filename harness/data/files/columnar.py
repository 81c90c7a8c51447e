"""Rows of Parquet and Arrow files, and of a folder that ``datasets`` saved, as JSON values, with pyarrow."""

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from harness.data.checks.structure import NOT_UTF8
from harness.data.files.found import Found, Values
from harness.data.files.json_text import problem
from harness.data.stream import opened
from harness.errors import DataError
from harness.records.record import UNREADABLE, Json
from harness.text.regular import read_regular
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema

PARQUET, ARROW, ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"
"""What files start with."""
CLOSED = b"\xff\xff\xff\xff\0\0\0\0"
"""What a stream of Arrow ends with."""
STATE, SPLITS = "state.json", "dataset_dict.json"
"""What ``datasets`` writes beside the rows: of one data set, and of several splits."""
BATCH = 1_000
"""Rows that are turned into values at once."""


def parquet_values(path: Path, called: str) -> Iterator[Found]:
    """Yield (number from 1, values by column) for each row. Dates are texts; bytes and NaN are no values.

    Labels that ``datasets`` keeps as numbers are read by their names.

    Raises:
        DataError: pyarrow is not installed, the file can't be read, or is not Parquet; the text starts with ``called``.
    """
    with _arrow(called, "Parquet"), opened(path, called) as file:
        from pyarrow.parquet import ParquetFile

        parquet = ParquetFile(file)
        yield from _rows(parquet.schema_arrow, parquet.iter_batches(BATCH), called, 0)


def arrow_values(path: Path, called: str, before: int = 0) -> Iterator[Found]:
    """Yield the rows of an Arrow file as ``parquet_values`` does; ``before`` rows are in files before it."""
    with _arrow(called, "Arrow"), opened(path, called) as file:
        from pyarrow import ipc

        start = file.read(len(ARROW))
        file.seek(0)
        if start == ARROW:
            whole = ipc.open_file(file)
            batches = (whole.get_batch(number) for number in range(whole.num_record_batches))
            yield from _rows(whole.schema, batches, called, before)
        else:
            stream = ipc.open_stream(file)
            yield from _rows(stream.schema, stream, called, before)
            if not _is_closed(file):
                raise DataError(f"{called}: its end is missing, so rows can be too; write or copy the file again")


def _is_closed(file: IO[bytes]) -> bool:
    """Tell whether a stream ends as one that was closed: to pyarrow, one that was cut between two batches is whole."""
    file.seek(-len(CLOSED), os.SEEK_END)
    return file.read() == CLOSED


def folder_values(folder: Path, called: str) -> Iterator[Found]:
    """Yield the rows of a data set that ``datasets`` saved with ``save_to_disk``, counted through all of its files.

    Raises:
        DataError: the folder is no such data set, or holds several splits; the text names them.
    """
    number = 0
    for file in dataset_files(folder, called):
        for found in arrow_values(file, called, number):
            number += 1
            yield found


def dataset_files(folder: Path, called: str) -> tuple[Path, ...]:
    """Return the files with the rows of a folder that ``datasets`` saved, in order; raises as ``folder_values``."""
    if (folder / SPLITS).exists():
        splits = _described(folder / SPLITS, called).get("splits")
        names = [one for one in splits if isinstance(one, str)] if isinstance(splits, list) else []
        shown = ", ".join(f"{called}/{for_terminal(name)}" for name in names) or "none"
        raise DataError(f"{called}: a data set with splits; name one of them: {shown}")
    if not (folder / STATE).exists():
        raise DataError(
            f"{called}: a folder, but not one that `datasets` saved (save_to_disk), which has a {STATE}; name a file"
        )
    listed = _described(folder / STATE, called).get("_data_files")
    files = listed if isinstance(listed, list) else []
    found = [one.get("filename") if isinstance(one, dict) else None for one in files]
    names = [name for name in found if isinstance(name, str) and name and Path(name).name == name]
    if not names or len(names) < len(found):
        raise DataError(f"{called}/{STATE}: names no files beside it as `_data_files`; save the data set again")
    return tuple(folder / name for name in names)


def _described(path: Path, called: str) -> dict[str, Json]:
    try:
        return msgspec.json.decode(read_regular(path), type=dict[str, Json])
    except (*UNREADABLE, OSError) as wrong:
        raise DataError(f"{called}/{path.name}: can't be read: {for_terminal(str(wrong))}") from None


@contextmanager
def _arrow(called: str, kind: str) -> Iterator[None]:
    """Turn what pyarrow raises into an error that names the file."""
    try:
        from pyarrow import ArrowException
    except ModuleNotFoundError:
        raise DataError(f"{called}: {kind} needs pyarrow; install it with `pip install 'tunegate[train]'`") from None
    try:
        yield
    except ArrowException as wrong:  # before OSError, which some of them are too
        raise DataError(f"{called}: not readable as {kind}: {for_terminal(str(wrong))}") from wrong


def _rows(schema: "Schema", batches: "Iterator[RecordBatch]", called: str, before: int) -> Iterator[Found]:
    names = _label_names(schema.metadata)
    number = before
    for whole in batches:
        for start in range(0, whole.num_rows, BATCH):
            batch = whole.slice(start, BATCH)
            for values in _listed(batch):
                number += 1
                if values is None:
                    yield problem(
                        NOT_UTF8, called, number, "a text is not UTF-8, a date is out of range, or the file is damaged"
                    )
                    continue
                for column, labels in names.items():
                    values[column] = _named(values.get(column), labels)
                yield number, {str(column): _json_of(value) for column, value in values.items()}


def _listed(batch: "RecordBatch") -> list[Values | None]:
    """Return the values of each row; None for one that Python has no values for, or that is damaged."""
    try:
        batch.validate(full=True)  # else a damaged Arrow file leads pyarrow out of its memory, and ends the process
        rows: list[Values | None] = batch.to_pylist()
    except (ValueError, OverflowError):
        if batch.num_rows == 1:
            return [None]
        return [one for place in range(batch.num_rows) for one in _listed(batch.slice(place, 1))]
    return rows


def _label_names(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """Return by column the names of labels that ``datasets`` keeps as numbers: what it says of a file's columns."""
    try:
        described = msgspec.json.decode((metadata or {}).get(b"huggingface", b"{}"))
    except UNREADABLE:
        return {}
    info = described.get("info") if isinstance(described, dict) else None
    features = info.get("features") if isinstance(info, dict) else None
    found = {}
    for column, feature in features.items() if isinstance(features, dict) else ():
        names = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            found[column] = names
    return found


def _named(value: Json, names: list[str]) -> Json:
    """Return a label's name; one without a label, which ``datasets`` keeps as -1, has none."""
    if not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None


def _json_of(value: object) -> Json:
    if isinstance(value, dict):
        return {str(key): _json_of(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_json_of(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if isinstance(value, bytes) else str(value)
