"""Old cases retire by a rule, and an anchor set stays, so that the history of a suite remains comparable.

A case that decided about twenty candidates is trained on in the end, by those who look at its results. It moves to a
file beside the suite's cases. The anchors, drawn once by chance, never retire: on them runs far apart can be compared.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from harness.asking.cases import case_line, load_cases
from harness.cases.file import take_out
from harness.data.seal import Clock, Renewal, renewing
from harness.errors import CaseFileError, HarnessError
from harness.records.asked import Case
from harness.records.record import Record
from harness.runs.history import decoded
from harness.runs.names import folders_in
from harness.runs.test_ids import is_of
from harness.text.atomic import write_durably
from harness.text.record_files import read_beside_cases, write_record
from harness.text.regular import read_regular

COMMAND = "harness cases retire"
RETIRED, ANCHORS = ".retired.jsonl", ".anchors.json"
"""What the files beside ``cases.jsonl`` are called, in place of ``.jsonl``."""
MARK = "retired"
"""The field of a retired case's ``meta``: on which day, and in how many runs it was asked."""


class Anchors(Record, frozen=True, kw_only=True):
    """The cases of a suite that never retire, by their ids, and how they were drawn."""

    cases: tuple[str, ...]
    seed: int
    time: str


class Retirement(Record, frozen=True, kw_only=True):
    """Which cases retire, each with the runs that asked it; which are the anchors; and how many cases stay."""

    retired: dict[str, int]
    anchors: tuple[str, ...]
    stay: int
    missing_anchors: tuple[str, ...] = ()
    """Anchors that somebody took out of the case file."""
    most: int = 0
    """Runs that asked the case which was asked most; 0 where no saved run asked any."""


class Rule(Record, frozen=True, kw_only=True):
    """How cases retire: after so many runs, with so many anchors, drawn by a seed."""

    asked: int
    anchors: int = 50
    seed: int = 0


class _Asked(msgspec.Struct, frozen=True):
    case_id: str
    test_id: str = ""


class _Compared(msgspec.Struct, frozen=True):
    rows: tuple[_Asked, ...]


class _Judged(msgspec.Struct, frozen=True):
    test_id: str
    comparison: _Compared


class _AskedRun(msgspec.Struct, frozen=True):
    """What of a run says which cases it asked."""

    verdicts: tuple[_Judged, ...] = ()
    measures: tuple[_Judged, ...] = ()
    pinned: tuple[_Asked, ...] = ()


def times_asked(runs: Path, suite: Path) -> Counter[str]:
    """Return in how many saved runs each case of a suite was asked, by its id; ``suite`` is its folder.

    A folder without a complete run counts for nothing. A case that was edited keeps what was counted under its id.
    """
    found: Counter[str] = Counter()
    decoder, decode = msgspec.json.Decoder(_AskedRun), msgspec.json.Decoder(tuple[_Asked, ...]).decode
    for folder in folders_in(runs):
        try:
            ids: defaultdict[str, list[str]] = defaultdict(list)
            run = decoded(folder, decoder, partial(_note, ids, decode))
        except HarnessError:
            continue
        of_it = {
            case_id
            for one in (*run.verdicts, *run.measures)
            if is_of(one.test_id, suite)
            for row in one.comparison.rows
            for case_id in ids.get(row.case_id, [row.case_id])
        }
        found.update(of_it | {one.case_id for one in run.pinned if is_of(one.test_id, suite)})
    return found


def _note(
    ids: defaultdict[str, list[str]], decode: Callable[[bytes], tuple[_Asked, ...]], place: int, rows: bytes
) -> None:
    """Note the ids of some rows under the number that takes their place."""
    ids[f"{place}"] += [row.case_id for row in decode(rows)]


def plan(cases: Path, runs: Path, rule: Rule, now: Clock) -> tuple[Retirement, Anchors]:
    """Return which cases of a file would retire, and its anchors: those of the file beside it, else drawn.

    Raises:
        CaseFileError: a file can't be read, no case would stay, or another case retired under the same id.
    """
    read = load_cases(cases)
    anchors = read_anchors(cases) or _drawn(read, rule, now)
    counts = times_asked(runs, cases.parent)
    retired = {
        case.id: counts[case.id] for case in read if case.id not in anchors.cases and counts[case.id] >= rule.asked
    }
    if len(retired) == len(read):
        raise CaseFileError(
            f"{cases}: every case was asked in {rule.asked} runs or more, and none would stay; add cases first"
        )
    ids = {case.id for case in read}
    missing = tuple(name for name in anchors.cases if name not in ids)
    kept = tuple(name for name in anchors.cases if name in ids)
    _retired_before(cases, [case for case in read if case.id in retired])
    found = Retirement(
        retired=retired,
        anchors=kept,
        stay=len(read) - len(retired),
        missing_anchors=missing,
        most=max((counts[case.id] for case in read), default=0),
    )
    return found, anchors


def retire(cases: Path, found: Retirement, anchors: Anchors, now: Clock) -> Path:
    """Move the cases that retire into the file beside, and return that; a seal is kept true.

    The moved cases are written before they are taken out, so a kill in between loses none; the next call goes on.

    Raises:
        CaseFileError: a file can't be read, or another case retired under the same id.
        StoreError: one can't be written.
    """
    read, target = load_cases(cases), cases.with_suffix(RETIRED)
    day = now().date().isoformat()
    _write_anchors(cases, anchors)
    leaving = [case for case in read if case.id in found.retired]
    there = _retired_before(cases, leaving)
    lines = [_line(case, day, found.retired[case.id]) for case in leaving if case.id not in there]
    if lines:
        before = read_regular(target) if target.exists() else b""
        end = b"\n" if before and not before.endswith(b"\n") else b""
        write_durably(target, before + end + b"".join(lines))
    after = [case for case in read if case.id not in found.retired]
    renewal = Renewal(time=now().isoformat(timespec="seconds"), command=COMMAND, retired=len(found.retired))
    if found.retired:
        with renewing(cases, after, renewal):
            take_out(cases, found.retired.keys())
    return target


def read_anchors(cases: Path) -> Anchors | None:
    """Return the anchors of a case file; None where none were drawn.

    Raises:
        CaseFileError: the file beside it can't be read.
    """
    return read_beside_cases(cases.with_suffix(ANCHORS), Anchors, "anchors")


def _retired_before(cases: Path, leaving: Sequence[Case]) -> set[str]:
    """Return the ids in the file of retired cases; one of another case there would lose the one that leaves."""
    target = cases.with_suffix(RETIRED)
    there = {case.id: _unmarked(case) for case in load_cases(target)} if target.exists() else {}
    for case in leaving:
        if case.id in there and there[case.id] != _unmarked(case):
            raise CaseFileError(
                f"{cases}: case {case.id!r} would retire, but {target.name} has another case of this id; give the one "
                "in the suite an id of its own"
            )
    return set(there)


def _unmarked(case: Case) -> Case:
    return msgspec.structs.replace(case, meta={name: value for name, value in case.meta.items() if name != MARK})


def _drawn(cases: Sequence[Case], rule: Rule, now: Clock) -> Anchors:
    """Draw anchors by chance, from each first tag as many as its share; at most half of the cases.

    Cases of a group stay together in no way here: an anchor is compared with itself alone.
    """
    wanted = min(rule.anchors, len(cases) // 2)
    chance = random.Random(rule.seed)  # noqa: S311 - to draw, not to hide
    strata: defaultdict[str, list[str]] = defaultdict(list)
    for case in cases:
        strata[case.tags[0] if case.tags else ""].append(case.id)
    for names in strata.values():
        chance.shuffle(names)
    # The quotas' remainders are dealt to the largest ones, as seats are.
    quotas = {tag: wanted * len(names) / len(cases) for tag, names in strata.items()}
    numbers = {tag: int(quota) for tag, quota in quotas.items()}
    by_rest = sorted(quotas, key=lambda tag: (numbers[tag] - quotas[tag], tag))
    for tag in by_rest[: wanted - sum(numbers.values())]:
        numbers[tag] += 1
    drawn = {name for tag, names in strata.items() for name in names[: numbers[tag]]}
    ids = tuple(case.id for case in cases if case.id in drawn)
    return Anchors(cases=ids, seed=rule.seed, time=now().isoformat(timespec="seconds"))


def _write_anchors(cases: Path, anchors: Anchors) -> None:
    path = cases.with_suffix(ANCHORS)
    if not path.exists():
        write_record(path, anchors)


def _line(case: Case, day: str, asked: int) -> bytes:
    meta = {**case.meta, MARK: {"on": day, "asked": asked}}
    return case_line(msgspec.structs.replace(case, meta=meta)) + b"\n"
