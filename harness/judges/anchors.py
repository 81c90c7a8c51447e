"""Anchors: labels that are judged again day by day, and their history, by which who drifted is told.

A line of the history holds digests and figures alone, no word of a label or a request.
"""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import DataError, StoreError
from harness.judges.labels import Label
from harness.judges.readings import Reading, people_place, place_of, scale_of
from harness.records.judged import FixedVerdict, JudgeCheck
from harness.records.record import Record
from harness.records.scored import Rubric
from harness.stats.judges.attributed import Anchor
from harness.text.atomic import locked_folder, write_durably
from harness.text.jsonl import load_jsonl
from harness.text.regular import read_regular


class AnchorDay(Record, frozen=True, kw_only=True):
    """One time that anchors were judged again, with what the judge said that day of answers in production.

    ``digest`` is that of the words of the rubric, ``judge`` the judge's identity, ``checked`` the time of its check:
    days of another check can't be counted together. ``answers`` has values in [0, 1] by the digest of what was asked
    and answered, none of them of an earlier day; ``release`` names the answers that they are compared with, and
    ``released`` has their values, on the first day that has any: a judge that moved can't change them later.
    """

    time: str
    """ISO 8601 in UTC."""
    digest: str
    judge: str
    checked: str
    anchors: tuple[FixedVerdict, ...] = ()
    failed: int = 0
    """Anchors whose call failed: they are no verdicts."""
    release: str = ""
    released: tuple[float, ...] = ()
    answers: dict[str, float] = msgspec.field(default_factory=dict)


def anchors_file(folder: Path, rubric: Rubric) -> Path:
    """Return where the history of a rubric's anchors is, beside that of the drift."""
    return folder / f"{rubric.id}.anchors.jsonl"


def read_days(path: Path) -> tuple[AnchorDay, ...]:
    """Return the days in a history, the oldest first; none where there is no such file.

    Raises:
        DataError: a line can't be read; the text starts with ``file:line``.
    """
    return tuple(day for _, day in load_jsonl(path, AnchorDay, DataError)) if path.exists() else ()


def add_day(path: Path, day: AnchorDay) -> tuple[AnchorDay, ...]:
    """Add a day behind the others, and return all; answers, and values at release, of an earlier day are left out.

    What is in the file stays as it is. Its folder is made if needed; two processes at once both add theirs.

    Raises:
        DataError: the file holds something else.
        StoreError: it can't be written; then it is as before.
    """
    with locked_folder(path.parent):
        before = read_days(path)
        earlier = before_of(before, day)
        known = {key for old in earlier for key in old.answers}
        day = msgspec.structs.replace(
            day,
            answers={key: value for key, value in day.answers.items() if key not in known},
            released=() if released_of(earlier) else day.released,
        )
        try:
            held = read_regular(path) if path.exists() else b""
        except OSError as problem:
            raise StoreError(f"{path}: can't be read: {problem.strerror}") from problem
        write_durably(
            path, held + (b"" if not held or held.endswith(b"\n") else b"\n") + msgspec.json.encode(day) + b"\n"
        )
    return (*before, day)


def before_of(days: Sequence[AnchorDay], day: AnchorDay) -> list[AnchorDay]:
    """Return the days of the same judge, check and release as one."""
    return [old for old in days if _kind(old) == _kind(day)]


def released_of(days: Sequence[AnchorDay]) -> tuple[float, ...]:
    """Return the values at release, as the first day has them; nothing where none has."""
    return next((day.released for day in days if day.released), ())


def draw_anchors(labels: Sequence[Label], count: int, seed: str) -> tuple[Label, ...]:
    """Return ``count`` labels, or all: any with the same chance, by a seed that should be another one each day."""
    ordered = sorted(labels, key=lambda label: label.read)
    return tuple(random.Random(seed).sample(ordered, min(count, len(ordered))))  # noqa: S311 - no secret


def verdicts_of(readings: Sequence[Reading]) -> tuple[FixedVerdict, ...]:
    """Return the verdicts in some readings; what can't be read is one too, a failed call is none."""
    return tuple(FixedVerdict(label=one.label.read, value=one.value) for one in readings if not one.failed)


def anchors_of(rubric: Rubric, labels: Sequence[Label], verdicts: Sequence[FixedVerdict]) -> list[Anchor]:
    """Return verdicts beside what people said, both on the rubric's levels; those of labels that are gone are not."""
    last = len(scale_of(rubric)) - 1
    people = {label.read: people_place(label, rubric) / last for label in labels}
    return [
        Anchor(people[one.label], None if one.value is None else place_of(one.value, last + 1) / last)
        for one in verdicts
        if one.label in people
    ]


def checked_anchors(check: JudgeCheck) -> list[Anchor]:
    """Return what a check found, a pair of values for each label; of what could not be read, people's is unknown."""
    last = max(len(check.levels) - 1, 1)
    found = [
        Anchor(people / last, judge / last)
        for people, row in enumerate(check.table)
        for judge, times in enumerate(row)
        for _ in range(times)
    ]
    return [*found, *[Anchor(0.0, None)] * (check.labels - len(found))]


def why_other_labels(rubric: Rubric, check: JudgeCheck, labels: Sequence[Label]) -> str:
    """Return why labels are not those of a check, as far as its counts show it; "" where they can be.

    ``labels`` are those that the judge is asked about.
    """
    by_level = Counter(people_place(label, rubric) for label in labels)
    rows = {place: sum(row) for place, row in enumerate(check.table)}
    if len(labels) == check.labels and all(by_level[place] >= times for place, times in rows.items()):
        return ""
    return f"it was checked with {check.labels} labels, and {len(labels)} or others are here"


def _kind(day: AnchorDay) -> tuple[str, str, str, str]:
    return day.digest, day.judge, day.checked, day.release
