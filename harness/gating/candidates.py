"""Which candidates one command line names: repeated, by a pattern, or as a shell expands it; and a label for each."""

import glob
import os
import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from harness.errors import NoSuchModel
from harness.models.folders import CONFIG
from harness.text.visible import for_terminal

CANDIDATE = "--candidate"
PATTERN = re.compile(r"[*?\[]")
NUMBERS = re.compile(r"(\d+)")
UNSAFE = re.compile(r"[^A-Za-z0-9._:/@#-]")
"""What a test's id can't hold unchanged on its way through pytest."""


def said_one_by_one(words: Sequence[str], typed: Sequence[str]) -> list[str]:
    """Return pytest's words with ``--candidate`` before each adapter folder that follows one.

    ``--candidate adapters/mine/checkpoint-*`` is expanded by the shell, and pytest would take all but the first folder
    for tests. Where ``typed``, the end of the words, names candidates, those before it are left out: the command line
    overrules what a file says.
    """
    start = len(words) - len(typed)
    overruled = list(words[start:]) == list(typed) and any(map(_is_option, typed))
    said: list[str] = []
    left = list(words)
    while left:
        word, is_typed = left.pop(0), len(left) < len(typed)
        if not _is_option(word):
            said.append(word)
            continue
        given = [word, *([left.pop(0)] if word == CANDIDATE and left else [])]
        behind = list(takewhile(lambda one: not one.startswith("-"), left))
        del left[: len(behind)]
        candidates, tests = _as_listed(given, behind)
        said += [*(candidates if is_typed or not overruled else []), *tests]
    return said


def _as_listed(given: list[str], behind: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return each candidate with its option, and the tests, of an option and the words behind it.

    A shell lists what is beside the adapters too, such as an empty checkpoint; it is left out, as for a pattern in
    quotes. An adapter's folder is never a test.
    """
    first = given[-1].removeprefix(f"{CANDIDATE}=")
    folders = [word for word in behind if _has_adapter(word)]
    if not folders:
        return given, list(behind)
    beside = {Path(word).parent for word in folders} - {Path()}
    is_left_out = not _has_adapter(first) and os.path.lexists(first) and Path(first).parent in beside
    candidates = [] if is_left_out else given
    tests = [word for word in behind if word not in folders and Path(word).parent not in beside]
    return [*candidates, *(part for word in folders for part in (CANDIDATE, word))], tests


def _has_adapter(word: str) -> bool:
    return os.path.isfile(os.path.join(word, CONFIG))  # noqa: PTH113, PTH118 - a Path raises if it is too long


def candidates_in(given: Sequence[str], folder: Path) -> Mapping[str, str | None]:
    """Return the name of each candidate by its label.

    One candidate has an empty label, and no name where none was given. A folder counts once, however its path is
    written: one that is there twice would make the choice look larger than it is. A pattern stands for the adapter
    folders that it matches, seen from ``folder``, in the order of the numbers in their names.

    Raises:
        NoSuchModel: a pattern matches no adapter folder.
    """
    first: dict[str, str] = {}
    for name in (name for word in given for name in _expanded(word, folder)):
        first.setdefault(_place(name, folder), name)
    names = list(first.values())
    if len(names) < 2:
        return {"": names[0] if names else None}
    return dict(zip(_labels(names), names, strict=True))


def _is_option(word: str) -> bool:
    return word == CANDIDATE or word.startswith(f"{CANDIDATE}=")


def _expanded(word: str, folder: Path) -> list[str]:
    if ":" in word or not PATTERN.search(word) or os.path.lexists(folder / word):
        return [word]
    found = [name for name in glob.glob(word, root_dir=folder) if (folder / name / CONFIG).is_file()]  # noqa: PTH207 - relative
    if not found:
        raise NoSuchModel(
            f"{CANDIDATE} {for_terminal(word)}: no adapter folder matches (one with {CONFIG}); `ls -d {word}` shows "
            "what is there"
        )
    return sorted(found, key=_by_numbers)


def _place(name: str, folder: Path) -> str:
    """Return what tells candidates apart: the folder of a path. A plain word can also be the name of a table."""
    is_path = os.sep in name and _has_adapter(os.path.join(folder, name))  # noqa: PTH118 - a Path raises if it is too long
    return os.path.realpath(folder / name) if is_path else name


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """Sort checkpoint-500 before checkpoint-1000."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in NUMBERS.split(name)]


def _labels(names: Sequence[str]) -> list[str]:
    """Return for each name as many of its last parts as tell all apart, in characters that a test's id can hold."""
    parts = [PurePosixPath(name).parts or (name,) for name in names]
    for count in range(1, max(map(len, parts))):
        found = [UNSAFE.sub("_", "/".join(each[-count:])) for each in parts]
        if len(set(found)) == len(names):
            return found
    whole = [UNSAFE.sub("_", name) for name in names]
    return whole if len(set(whole)) == len(names) else [f"{label}@{place}" for place, label in enumerate(whole, 1)]
