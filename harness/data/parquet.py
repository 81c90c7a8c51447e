"""Read the rows of a Parquet file as JSON values, with pyarrow."""

import math
from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.records.record import Json
from harness.text.regular import open_regular
from harness.text.visible import for_terminal

BATCH = 1_000
"""Rows that are turned into values at once."""


def parquet_rows(path: Path, called: str) -> Iterator[tuple[int, dict[str, Json]]]:
    """Yield (number from 1, values by column) for each row. Dates are texts; bytes and NaN are no values.

    Raises:
        DataError: pyarrow is not installed, the file can't be read, or is not Parquet; the text starts with ``called``.
    """
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise DataError(f"{called}: Parquet needs pyarrow; install it with `pip install 'tunegate[train]'`") from None
    number = 0
    try:
        with open_regular(path) as file:
            for batch in ParquetFile(file).iter_batches(BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield number, {str(name): _json_of(value) for name, value in values.items()}
    except FileNotFoundError:
        raise DataError(f"{called}: no such file") from None
    except ArrowException as problem:  # before OSError, which some of them are too
        raise DataError(f"{called}: not readable as Parquet: {for_terminal(str(problem))}") from problem
    except OSError as problem:
        raise DataError(f"{called}: can't be read: {for_terminal(problem.strerror or str(problem))}") from problem


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
