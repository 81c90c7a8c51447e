"""What checks of judges found: ``judges/<rubric>.checked.jsonl``, a line for each judge and version of the rubric.

The file belongs beside the rubric, under version control, so that CI knows which judge is trusted.
"""

from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.records.judged import JudgeCheck
from harness.records.scored import Rubric
from harness.text.atomic import locked_folder, write_durably
from harness.text.jsonl import load_jsonl


def checks_file(judges: Path, rubric: Rubric) -> Path:
    """Return where the checks of a rubric's judges are, in a folder of rubrics."""
    return judges / f"{rubric.id}.checked.jsonl"


def read_checks(path: Path) -> tuple[JudgeCheck, ...]:
    """Return the checks in a file; nothing where there is no such file.

    Raises:
        DataError: a line can't be read.
    """
    return tuple(check for _, check in load_jsonl(path, JudgeCheck, DataError)) if path.exists() else ()


def check_of(path: Path, rubric: Rubric, judge: str) -> JudgeCheck | None:
    """Return the newest check of a judge with the rubric as its words are now; None where there is none.

    Raises:
        DataError: the file can't be read.
    """
    found = [check for check in read_checks(path) if check.judge == judge and check.digest == rubric.digest]
    return found[-1] if found else None


def keep_check(path: Path, check: JudgeCheck) -> None:
    """Put a check into a file, in place of an earlier one of the same judge with the same words.

    Raises:
        DataError: the file holds something else.
        StoreError: it can't be written.
    """
    with locked_folder(path.parent):
        others = [old for old in read_checks(path) if (old.judge, old.digest) != (check.judge, check.digest)]
        write_durably(path, b"".join(msgspec.json.encode(each) + b"\n" for each in (*others, check)))
