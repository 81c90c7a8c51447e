"""Everything that is checked about training rows: each row is read once and seen by every check."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path

import msgspec

from harness.config.rows import DataConfig
from harness.data.checks.problem import Check, Kind, Problem
from harness.data.checks.told import Problems, Told
from harness.data.reading import read_rows, refuse_repeated
from harness.data.row import DataRow
from harness.errors import ConfigError, DataError
from harness.records.record import Record
from harness.text.visible import for_terminal

EVERY = 500
"""Rows after which the progress is shown."""


class FileChecked(Record, frozen=True, kw_only=True):
    """A file that was read: what it was recognised as, how many rows it has, and how many could not be read.

    ``planted`` counts canaries, which are no part of ``rows``.
    """

    file: str
    told: str
    rows: int
    unread: int
    planted: int = 0


class Checked(Record, frozen=True, kw_only=True):
    """What a check found. ``problems`` fail it, ``warnings`` don't; both in the order of the kinds.

    ``off`` has the reason of each kind that is switched off, and how often it would have been told. ``untold`` says
    what could not be checked, so that no finding is no proof.
    """

    files: tuple[FileChecked, ...]
    kinds: tuple[Kind, ...]
    problems: Problems
    warnings: Problems
    reasons: dict[str, str] = msgspec.field(default_factory=dict)
    """By kind: why it is switched off, or only a warning."""
    off: dict[str, int] = msgspec.field(default_factory=dict)
    untold: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(file.rows for file in self.files)


def nothing_planted(_row: DataRow) -> bool:
    """Tell that no row is a canary."""
    return False


def check_files(  # noqa: PLR0913, PLR0917 - each is a fact of its own
    paths: Sequence[Path],
    checks: Sequence[Check],
    kinds: Sequence[Kind],
    settings: DataConfig,
    tell: Callable[[int], None] = lambda _rows: None,
    is_planted: Callable[[DataRow], bool] = nothing_planted,
) -> Checked:
    """Read files once, show every row to every check, and return what they found.

    ``kinds`` are all that the checks, and reading itself, can tell; ``tell`` is called now and then with the rows read.
    What ``is_planted`` is shown to no check: canaries are copies on purpose.

    Raises:
        ConfigError: the settings name a kind that is none.
        DataError: a file is missing or named twice, or nothing of it can be read.
    """
    refuse_unknown(settings, kinds)
    refuse_repeated(paths)
    found = Told()
    files: list[FileChecked] = []
    untold: list[str] = []
    for path in paths:
        rows = unread = planted = 0
        reading = read_rows(path)
        try:
            for one in reading:
                if isinstance(one, Problem):
                    found.add(one)
                    unread += 1
                    if one.ends_reading:
                        untold.append(f"{for_terminal(one.places[0], None)}: {one.told}")
                    continue
                is_canary = is_planted(one)
                planted, rows = planted + is_canary, rows + (not is_canary)
                for check in () if is_canary else checks:
                    found.extend(check.see(one))
                if not rows % EVERY:
                    tell(sum(file.rows for file in files) + rows)
            if not rows:
                untold.append(f"{for_terminal(str(path), None)}: no row could be read")
        except DataError as problem:
            untold.append(str(problem))
        files.append(FileChecked(file=str(path), told=reading.told, rows=rows, unread=unread, planted=planted))
    for check in checks:
        found.extend(check.finish())
    return _sorted(found, files, kinds, settings, untold)


def refuse_unknown(settings: DataConfig, kinds: Sequence[Kind]) -> None:
    """Refuse settings for a kind that is none.

    Raises:
        ConfigError: names the nearest one.
    """
    known = [kind.name for kind in kinds]
    for name in (*settings.off, *settings.warn):
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
            raise ConfigError(f"[data]: no kind of problem is called `{for_terminal(name)}`; {hint}")


def _sorted(
    found: Told,
    files: Sequence[FileChecked],
    kinds: Sequence[Kind],
    settings: DataConfig,
    untold: Sequence[str],
) -> Checked:
    names = [kind.name for kind in kinds]
    warn = {kind.name: kind.hint for kind in kinds if kind.hint and found.count(kind.name)} | settings.warn
    return Checked(
        files=tuple(files),
        kinds=tuple(kinds),
        problems=Problems(found, [name for name in names if name not in settings.off and name not in warn]),
        warnings=Problems(found, [name for name in names if name in warn and name not in settings.off]),
        reasons={**warn, **settings.off},
        off={name: found.count(name) for name in names if name in settings.off and found.count(name)},
        untold=tuple(untold),
    )
