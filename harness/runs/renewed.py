"""Gates whose cases are not those of the run before: how much of a change comes from the cases, not from the model."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.records.columns import Numbers
from harness.records.compared import Comparison, Row, Verdict
from harness.records.estimate import Estimate
from harness.records.in_columns import Rows
from harness.records.messages import Message
from harness.records.record import Json, Record, digest
from harness.records.saved import Run
from harness.runs.folder import read_lines, read_run
from harness.runs.history import GateKey, PastRun, PastVerdict, earlier_than
from harness.verdicts.compare import over

ASKED_WITH = ("judge", "rubric", "reasoning", "engine", "dtype")
"""Entries of the fingerprint that follow neither from the cases nor from the model."""


class Renewed(Record, frozen=True, kw_only=True):
    """A gate whose cases changed since an earlier run; all means are the candidates', each run's own.

    ``before`` and ``now`` are over all cases of each run. ``on_shared`` is the difference on the cases that are the
    same in both, now minus before: what another candidate changed. The rest of the change is the cases'.
    """

    run: int
    """The number of the earlier run."""
    shared: int
    new: int
    gone: int
    before: float
    now: float
    on_shared: Estimate
    earlier_candidate: str = ""
    """What the earlier run's candidate is called, where it is another model; empty where it is the same one."""
    candidate: str = ""
    otherwise: tuple[str, ...] = ()
    """Entries of the fingerprint in which the runs differ beside their cases and models, such as the engine."""

    @property
    def of_cases(self) -> float:
        """How much of the change comes from the cases that are not the same."""
        return self.now - self.before - self.on_shared.mean


class _AskedCase(msgspec.Struct, frozen=True):
    id: str
    messages: tuple[Message, ...]
    expected: Json = None
    meta: dict[str, Json] = msgspec.field(default_factory=dict)


class _AskedLine(msgspec.Struct, frozen=True):
    case: _AskedCase


def renewed_gates(run: Run, folder: Path, history: Sequence[PastRun]) -> Mapping[GateKey, Renewed]:
    """Return the gates of a run, saved in ``folder``, whose cases are not those of the newest run before that has them.

    Gates on quantities and on figures of all answers together are left out, and those of which one of both runs asked a
    part of the cases: by a short suite, or until they were decided.

    A run whose suites are the same to the last word is not read. One that can't be read is passed over.
    """
    found: dict[GateKey, Renewed] = {}
    earlier: dict[str, tuple[Run, frozenset[str] | None]] = {}
    before = earlier_than(run, history)
    for verdict in run.verdicts:
        key = _key_of(verdict)
        past = next((one for one in reversed(before) if any(_has(each, key) for each in one.verdicts)), None)
        if past is None or past.fingerprint in {"", run.fingerprint} or not _has_means(verdict.comparison):
            continue
        with suppress(HarnessError):
            if past.id not in earlier:
                there = folder.parent / past.id
                earlier[past.id] = (read_run(there), _changed(there, folder))
            was, changed = earlier[past.id]
            of_it = next(one.comparison for one in was.verdicts if _key_of(one) == key)
            if _has_means(of_it):
                found.update((key, one) for one in _renewed(verdict.comparison, of_it, changed, past.number))
    return found


def renewed_between(first: Path, second: Path) -> Mapping[GateKey, Renewed]:
    """Return the gates of both runs whose cases differ, however many runs are in between: anchors are in both.

    Raises:
        NoSuchModel: a folder has no complete run.
        StoreError: a file of a run can't be read.
    """
    was, run = read_run(first), read_run(second)
    changed = _changed(first, second)
    before = {_key_of(verdict): verdict.comparison for verdict in was.verdicts}
    found: dict[GateKey, Renewed] = {}
    for verdict in run.verdicts:
        key = _key_of(verdict)
        if key in before and _has_means(verdict.comparison) and _has_means(before[key]):
            found.update((key, one) for one in _renewed(verdict.comparison, before[key], changed, was.number))
    return found


def _has_means(comparison: Comparison) -> bool:
    """Tell whether a comparison has means of all cases: those that were not asked are not gone."""
    is_part = comparison.short or comparison.not_asked.get(comparison.tag, 0)
    return not (comparison.unit or comparison.figure or is_part)


def _renewed(now: Comparison, before: Comparison, changed: frozenset[str] | None, number: int) -> Iterator[Renewed]:
    """Yield how a gate's cases changed, where they did; a case without a score is there all the same."""
    asked, was_asked = Rows.of(now.rows), Rows.of(before.rows)
    if changed is None or (not changed and asked.case_ids == was_asked.case_ids):
        return
    earlier = dict(zip(was_asked.case_ids, was_asked.candidate, strict=True))
    unchanged, rows = 0, Rows()
    for name, group, value in zip(asked.case_ids, asked.groups, asked.candidate, strict=True):
        if name not in earlier or name in changed:
            continue
        unchanged += 1
        if value is not None and (was := earlier[name]) is not None:
            rows.add(Row(case_id=name, group=group, baseline=was, candidate=value))
    if not rows or unchanged == len(asked) == len(was_asked):
        return
    on_shared = over(now, rows).delta
    if on_shared is None:
        return
    is_another = now.candidate.weights != before.candidate.weights
    yield Renewed(
        run=number,
        shared=unchanged,
        new=len(asked) - unchanged,
        gone=len(was_asked) - unchanged,
        before=_mean(was_asked.candidate),
        now=_mean(asked.candidate),
        on_shared=on_shared,
        earlier_candidate=before.candidate.name if is_another else "",
        candidate=now.candidate.name,
        otherwise=tuple(name for name in ASKED_WITH if now.fingerprint.get(name) != before.fingerprint.get(name)),
    )


def _has(past: PastVerdict, key: GateKey) -> bool:
    """Tell whether a verdict is of a gate, and of its suite as it is: a part that was asked is no other cases."""
    return past.key == key and not (past.comparison.short or past.comparison.not_asked.get(past.comparison.tag, 0))


def _key_of(verdict: Verdict) -> GateKey:
    return verdict.test_id, verdict.comparison.scorer, verdict.comparison.tag


def _mean(values: Numbers) -> float:
    return sum(values.values) / (len(values) - len(values.missing))  # 0 where there is none


def _changed(first: Path, second: Path) -> frozenset[str] | None:
    """Return the ids of cases that a run asked and an earlier one did not, or not with the same words and expectation.

    Of a million cases only digests are kept. None where one of them asked nothing.
    """
    known = frozenset(content for _, content in _contents(first))
    seen, changed = False, set()
    for name, content in _contents(second):
        seen = True
        if content not in known:
            changed.add(name)
    return frozenset(changed) if known and seen else None


def _contents(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the id of each case that was asked, and 64 bits of the digest of all that it is, its id too."""
    for line in read_lines(folder / "answers.jsonl", _AskedLine):
        case = line.case
        yield case.id, int(digest([case.id, case.messages, case.expected, case.meta])[:16], 16)
