"""Rows of a teacher are trained on only when people have found them good enough, here and at a service."""

import pytest

from harness.data.beside import rows_digest
from harness.data.generated.files import add_decision, write_state
from harness.errors import DataError
from harness.records.generated import Decision
from harness.train.hosted.rows import read_job_rows
from harness.train.plan import read_rows
from tests.data.generated.made import state
from tests.train.tiny import config, write_tiny


def test_rows_that_nobody_reviewed_are_not_trained_on(tmp_path):
    """Nor validated by; afterwards they are."""
    write_tiny(tmp_path, rows=3)
    rows = tmp_path / "rows.jsonl"
    write_state(rows, state(3, digest=rows_digest(rows)))

    def read() -> int:
        return len(read_rows(config(), tmp_path, tmp_path / "tiny", tmp_path / "train.toml").train)

    for refused in (read, lambda: read_job_rows(config(), tmp_path)):
        with pytest.raises(DataError, match="rows of a teacher, not reviewed"):
            refused()
    for row in "012":
        add_decision(rows, Decision(row=row, verdict="accept", reason="", time=""))
    assert read() == 3
