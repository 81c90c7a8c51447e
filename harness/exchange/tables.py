"""A run's rows as a table: CSV, Parquet, a Hugging Face data set."""

import csv
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import InputError
from harness.exchange.rows import Exported, ExportedRow
from harness.text.atomic import make_folder, replacing, write_atomically
from harness.text.visible import for_csv

COLUMNS = ExportedRow.__struct_fields__
LONGEST_CELL = 32_000
"""Characters; spreadsheets hold 32,767 in a cell. The other kinds of tables keep whole texts."""
EXTRA = "pip install 'tunegate[export]'"


def write_csv(exported: Exported, out: Path) -> None:
    """Write a file that is safe to open in a spreadsheet: nothing in it is a formula. Several answers are JSON.

    Raises:
        StoreError: it can't be written.
    """
    with replacing(out) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for row in exported.rows:
            writer.writerow(for_csv(_cell(getattr(row, name))) for name in COLUMNS)
        text.flush()
        text.detach()


def write_parquet(exported: Exported, out: Path) -> None:
    """Write a file with typed columns; several answers are a list.

    Raises:
        InputError: pyarrow is not installed.
        StoreError: it can't be written.
    """
    try:
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise InputError(f"Parquet needs pyarrow, which is not installed: {EXTRA}") from None
    written = io.BytesIO()
    pyarrow.parquet.write_table(arrow_table(exported.rows), written)
    write_atomically(out, written.getvalue())


def write_dataset(exported: Exported, out: Path) -> None:
    """Write a folder that ``datasets.load_from_disk`` reads.

    Raises:
        InputError: datasets is not installed, or there is something of that name already.
        StoreError: it can't be written.
    """
    try:
        import datasets
    except ModuleNotFoundError:
        raise InputError(f"a data set needs datasets, which is not installed: {EXTRA}") from None
    if out.exists():
        raise InputError(f"{out}: is already there; name another folder with --out")
    made = datasets.Dataset(arrow_table(exported.rows))

    def fill(folder: Path) -> None:
        made.save_to_disk(str(folder / "set"))
        for part in (folder / "set").iterdir():
            part.rename(folder / part.name)
        shutil.rmtree(folder / "set")

    make_folder(out, fill)
    out.with_suffix(".lock").unlink(missing_ok=True)


def arrow_table(rows: Sequence[ExportedRow]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the rows as a table of pa."""
    import pyarrow as pa

    texts, many = pa.string(), pa.list_(pa.string())
    numbers = {"baseline", "candidate"}
    lists = {"tags", "baseline_answers", "candidate_answers", "baseline_errors", "candidate_errors"}
    schema = pa.schema(
        [(name, pa.float64() if name in numbers else many if name in lists else texts) for name in COLUMNS]
    )
    return pa.Table.from_pylist([msgspec.structs.asdict(row) for row in rows], schema=schema)


def _cell(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        text = str(value[0]) if len(value) == 1 else msgspec.json.encode(value).decode()
    else:
        text = value if isinstance(value, str) else repr(value)
    left_out = len(text) - LONGEST_CELL
    return text if left_out <= 0 else f"{text[:LONGEST_CELL]} … ({left_out:,} more characters)"
