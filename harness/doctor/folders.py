"""Whether the folders and files that a run writes can be written."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from harness.asking.store.formats import FORMAT, older_file
from harness.doctor.finding import Finding
from harness.text.unwritten import advice_for

MOVE_AWAY = "make it writable for this user, or move it away: answers are asked again then"
WAIT_S = 1.0
"""How long a store is waited for that another process holds."""


def check_folder(name: str, folder: Path, setting: str) -> Finding:
    """Check a folder, or the one in which it would be made, by a file without a name.

    ``setting`` says how to name another folder.
    """
    there = next((one for one in (folder, *folder.absolute().parents) if os.path.lexists(one)), folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as problem:
        what = folder if there == folder else f"{folder}: can't be made, since {there}"
        return Finding(
            name=name,
            state="problem",
            found=f"{what}: can't be written: {problem.strerror}",
            remedy=f"{advice_for(problem) or 'make it writable for this user'}, or {setting}",
        )
    return Finding(name=name, state="ok", found=f"{folder}, {'writable' if there == folder else 'not made yet'}")


def check_store(path: Path) -> Finding:
    """Check the file with stored answers, where there is one. It is only read: a run can be writing it."""
    older = older_file(path)
    if not os.path.lexists(path):
        told = f"{older}, which the next run copies" if older else f"{path}, not made yet"
        return Finding(name="store", state="ok", found=told)
    if problem := _problem_with(path):
        return Finding(name="store", state="problem", found=f"{path}: {problem}", remedy=MOVE_AWAY)
    also = f"; {older} of an earlier version is beside it, which the next run copies" if older else ""
    return Finding(name="store", state="ok", found=f"{path}, {path.stat().st_size / 1e6:,.1f} MB, writable{also}")


def _problem_with(path: Path) -> str:
    """Say what is wrong with a store; empty where nothing is."""
    if not path.is_file():
        return "this is not a file, so not a response store"
    if not os.access(path, os.W_OK):
        return "can't be written"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)) as database:
            version: int = database.execute("PRAGMA user_version").fetchone()[0]
            is_empty = database.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    except sqlite3.Error as problem:
        return f"can't be read as a response store (SQLite: {problem})"
    if version == 0 and not is_empty:
        return "a database of another program, not a response store"
    return f"made by a newer version of the harness (format {version}, this one reads {FORMAT})" * (version > FORMAT)
