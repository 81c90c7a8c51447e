"""A run without secrets: its rows, which can be a million, a few at a time."""

from collections.abc import Iterator, Sequence

from harness.records.compared import Comparison, Row
from harness.records.in_columns import Rows
from harness.records.record import Record
from harness.records.saved import Run
from harness.runs.record_file import few_at_once, with_rows
from harness.text.secrets import Secrets


class _Some(Record, frozen=True, kw_only=True):
    rows: tuple[Row, ...]


def masked_run(run: Run, secrets: Secrets) -> Run:
    """Return a run with the secrets masked in each of its texts."""
    rows: Iterator[Sequence[Row]] = iter([_masked(one, secrets) for _, one in run.comparisons])
    return with_rows(secrets.masked(with_rows(run, lambda _: ())), lambda _: next(rows))


def _masked(comparison: Comparison, secrets: Secrets) -> Sequence[Row]:
    if not secrets.values:
        return comparison.rows
    parts = (_Some(rows=some) for some in few_at_once(comparison.rows))
    if all(secrets.masked(part) is part for part in parts):
        return comparison.rows
    parts = (_Some(rows=some) for some in few_at_once(comparison.rows))
    return Rows.of(row for part in parts for row in secrets.masked(part).rows)
