"""The file beside a report that is too large to hold all cases: one row for each case with a fate, as Parquet.

Where pyarrow is not installed it is JSON, a line for each, packed with gzip.
"""

import gzip
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec

from harness.records.saved import Run
from harness.report.evidence.budget import budget_of
from harness.report.evidence.fates import FLIPS
from harness.runs.folder import read_judgements
from harness.runs.rows import COLUMNS, Cell, categories_of, lines_of
from harness.text.atomic import replacing

PARQUET, JSON_LINES = "cases.parquet", "cases.jsonl.gz"
NUMBERS = ("baseline", "candidate")
AT_ONCE = 10_000
"""Rows that are written at once."""
FATE = COLUMNS.index("fate")


def write_beside(run: Run, folder: Path) -> str:
    """Write the file into a run folder, and return its name; empty where the report shows every case that flipped.

    A file that an earlier report of the run had is removed.

    Raises:
        StoreError: it can't be written.
    """
    name = _written(run, folder) if _leaves_out(run) else ""
    for other in {PARQUET, JSON_LINES} - {name}:
        (folder / other).unlink(missing_ok=True)
    return name


def _leaves_out(run: Run) -> bool:
    shown = budget_of([comparison for _, comparison in run.comparisons]).shown
    return any(part.rest and part.fate in FLIPS for parts in shown for part in parts)


def _written(run: Run, folder: Path) -> str:
    rows = (cells for cells in lines_of(run, categories_of(read_judgements(folder))) if cells[FATE])
    try:
        import pyarrow.parquet  # noqa: F401 - whether it is there
    except ModuleNotFoundError:
        with replacing(folder / JSON_LINES) as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            packed.writelines(msgspec.json.encode(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in rows)
        return JSON_LINES
    with replacing(folder / PARQUET) as file:
        _write_parquet(rows, file)
    return PARQUET


def _write_parquet(rows: Iterator[tuple[Cell, ...]], file: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.float64() if name in NUMBERS else pa.string()) for name in COLUMNS])
    with pq.ParquetWriter(file, schema) as writer:
        while some := tuple(islice(rows, AT_ONCE)):
            writer.write_batch(pa.record_batch(_columns(some), schema=schema))


def _columns(rows: Iterable[tuple[Cell, ...]]) -> list[list[Cell]]:
    """Return rows as columns; a lone surrogate, which UTF-8 can't hold, becomes a question mark."""
    return [[_plain(cell) for cell in column] for column in zip(*rows, strict=True)]


def _plain(cell: Cell) -> Cell:
    return cell.encode(errors="replace").decode() if isinstance(cell, str) else cell
