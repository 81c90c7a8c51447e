"""Read a report for a browser: a regular file of a run folder, reached through no link and no other name."""

import os
import stat
from pathlib import Path

from harness.report.beside import JSON_LINES, PARQUET

REPORT = "report.html"
BESIDE = (PARQUET, JSON_LINES)
"""Files beside a report that it links."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""Neither a link nor the wait for a FIFO."""


def read_report(runs: Path, folder: str, name: str = REPORT) -> bytes | None:
    """Return the report in one of the folders in ``runs``; None where there is none, or only by a link.

    ``folder`` comes from a browser. It is looked for among the names that are there, so it can't lead elsewhere.
    ``name`` is that of the report, or one of ``BESIDE``.
    """
    try:
        if folder not in {path.name for path in runs.iterdir()}:
            return None
        opened = os.open(runs / folder, FOLDER)
        try:
            found = os.open(name, FILE, dir_fd=opened)
        finally:
            os.close(opened)
        with os.fdopen(found, "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(found).st_mode) else None
    except (OSError, ValueError):  # a ValueError for a name with NUL
        return None
