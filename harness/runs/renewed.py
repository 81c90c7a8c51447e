"""Gates whose cases are not those of the run before: how much of a change comes from the cases, not from the model."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.records.compared import Comparison, Row, Verdict
from harness.records.estimate import Estimate
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

    Gates on quantities, on figures of all answers together, and on short suites are left out.

    A run whose suites are the same to the last word is not read. One that can't be read is passed over.
    """
    found: dict[GateKey, Renewed] = {}
    earlier: dict[str, tuple[Run, Mapping[str, str]]] = {}
    contents: Mapping[str, str] = {}
    before = earlier_than(run, history)
    for verdict in run.verdicts:
        key = _key_of(verdict)
        past = next((one for one in reversed(before) if any(_has(each, key) for each in one.verdicts)), None)
        if past is None or past.fingerprint in {"", run.fingerprint} or not _has_means(verdict.comparison):
            continue
        with suppress(HarnessError):
            if past.id not in earlier:
                there = folder.parent / past.id
                earlier[past.id] = (read_run(there), _contents(there))
            contents = contents or _contents(folder)
            was, known = earlier[past.id]
            same = {name for name, content in contents.items() if known.get(name) == content}
            of_it = next(one.comparison for one in was.verdicts if _key_of(one) == key)
            found.update((key, one) for one in _renewed(verdict.comparison, of_it, same, past.number))
    return found


def renewed_between(first: Path, second: Path) -> Mapping[GateKey, Renewed]:
    """Return the gates of both runs whose cases differ, however many runs are in between: anchors are in both.

    Raises:
        NoSuchModel: a folder has no complete run.
        StoreError: a file of a run can't be read.
    """
    was, run = read_run(first), read_run(second)
    then, now = _contents(first), _contents(second)
    same = {name for name, content in now.items() if then.get(name) == content}
    before = {_key_of(verdict): verdict.comparison for verdict in was.verdicts}
    found: dict[GateKey, Renewed] = {}
    for verdict in run.verdicts:
        key = _key_of(verdict)
        if key in before and _has_means(verdict.comparison):
            found.update((key, one) for one in _renewed(verdict.comparison, before[key], same, was.number))
    return found


def _has_means(comparison: Comparison) -> bool:
    return not (comparison.unit or comparison.figure or comparison.short)


def _renewed(now: Comparison, before: Comparison, same: set[str], number: int) -> Iterator[Renewed]:
    """Yield how a gate's cases changed, where they did; a case without a score is there all the same."""
    asked, was_asked = ({row.case_id: row for row in one.rows} for one in (now, before))
    unchanged = [name for name in asked if name in was_asked and name in same]
    values = {name: row.candidate for name, row in asked.items() if row.candidate is not None}
    earlier = {name: row.candidate for name, row in was_asked.items() if row.candidate is not None}
    rows = [
        Row(case_id=name, group=asked[name].group, baseline=earlier[name], candidate=values[name])
        for name in unchanged
        if name in values and name in earlier
    ]
    if not rows or len(unchanged) == len(asked) == len(was_asked):
        return
    on_shared = over(now, tuple(rows)).delta
    if on_shared is None:
        return
    is_another = now.candidate.weights != before.candidate.weights
    yield Renewed(
        run=number,
        shared=len(unchanged),
        new=len(asked) - len(unchanged),
        gone=len(was_asked) - len(unchanged),
        before=sum(earlier.values()) / len(earlier),
        now=sum(values.values()) / len(values),
        on_shared=on_shared,
        earlier_candidate=before.candidate.name if is_another else "",
        candidate=now.candidate.name,
        otherwise=tuple(name for name in ASKED_WITH if now.fingerprint.get(name) != before.fingerprint.get(name)),
    )


def _has(past: PastVerdict, key: GateKey) -> bool:
    """Tell whether a verdict is of a gate, and of its suite as it is: a short suite is no other cases."""
    return past.key == key and past.comparison.short is None


def _key_of(verdict: Verdict) -> GateKey:
    return verdict.test_id, verdict.comparison.scorer, verdict.comparison.tag


def _contents(folder: Path) -> dict[str, str]:
    """Return the digest of what each case asked, expected and held, by its id."""
    lines = read_lines(folder / "answers.jsonl", _AskedLine)
    return {one.case.id: digest([one.case.messages, one.case.expected, one.case.meta]) for one in lines}
