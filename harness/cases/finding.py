"""What a check of cases finds, and which findings are accepted."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

from harness.asking.cases import load_cases
from harness.errors import InputError
from harness.records.asked import Case
from harness.records.record import Record
from harness.text.regular import read_regular_text
from harness.text.visible import quoted

Kind = Literal["no-answer", "contradiction", "duplicate", "near-duplicate", "leak", "tags"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ACCEPTED = "accepted.txt"
"""Beside a case file: one accepted finding a line, as the check names it."""


class Finding(Record, frozen=True, kw_only=True):
    """One thing that is wrong, or probably is. ``where`` names cases as ``suite/id``, or a suite and a part of it."""

    kind: Kind
    where: tuple[str, ...]
    told: str

    @property
    def key(self) -> str:
        """How the finding is accepted; the same as long as the cases have their ids."""
        return " ".join((self.kind, *self.where))


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """The cases of one file, and what findings call it."""

    name: str
    path: Path
    cases: tuple[Case, ...]

    def place(self, case: Case) -> str:
        """Name one of its cases."""
        return f"{self.name}/{case.id}"


def read_case_files(paths: Iterable[Path]) -> tuple[CaseFile, ...]:
    """Return the cases of each file, once, each called by its suite's folder, or by its path where that is not unique.

    Raises:
        CaseFileError: a file is missing or wrong.
    """
    # realpath, unlike resolve, leaves it to load_cases to say that a link leads back to itself.
    files = list({os.path.realpath(path): path for path in paths}.values())
    short = [Path(os.path.realpath(path)).parent.name if path.name == "cases.jsonl" else path.stem for path in files]
    return tuple(
        CaseFile(name=name if short.count(name) == 1 else str(path), path=path, cases=load_cases(path))
        for name, path in zip(short, files, strict=True)
    )


def read_accepted(files: Iterable[CaseFile]) -> tuple[str, ...]:
    """Return the accepted findings that are noted beside case files; # starts a comment line.

    Raises:
        InputError: a file can't be read, or a line is not a finding.
    """
    lines: dict[str, None] = {}
    for path in dict.fromkeys(file.path.parent / ACCEPTED for file in files):
        try:
            text = read_regular_text(path)
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as problem:
            raise InputError(f"{path}: can't be read: {problem}") from problem
        for number, line in enumerate(text.splitlines(), start=1):
            if not (said := line.strip()) or said.startswith("#"):
                continue
            if said.partition(" ")[0] not in KINDS:
                raise InputError(
                    f"{path}:{number}: {quoted(said)} is not a finding; a line starts with one of {', '.join(KINDS)}"
                )
            lines[said] = None
    return tuple(lines)


def split_accepted(
    findings: Sequence[Finding], accepted: Sequence[str]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[str, ...]]:
    """Return the findings that are not accepted, those that are, and the lines that accept nothing any more.

    A line that ends in ``*`` accepts everything that starts as it does.
    """
    used: set[str] = set()
    left: list[Finding] = []
    let_through: list[Finding] = []
    for finding in findings:
        lines = [line for line in accepted if _accepts(line, finding)]
        used.update(lines)
        (let_through if lines else left).append(finding)
    return tuple(left), tuple(let_through), tuple(line for line in accepted if line not in used)


def _accepts(line: str, finding: Finding) -> bool:
    return finding.key.startswith(line[:-1]) if line.endswith("*") else finding.key == line
