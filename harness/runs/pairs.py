"""The candidates of two saved runs, paired case by case: the first run's is the baseline."""

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import IncomparableRuns
from harness.records.asked import ModelRef, Request
from harness.records.compared import Comparison
from harness.records.in_columns import CaseScores
from harness.records.messages import Message
from harness.records.record import Record
from harness.records.saved import Run
from harness.records.scored import Scores
from harness.runs.asked_lines import AskedLines, Find
from harness.runs.folder import read_judgements, read_run
from harness.runs.record_file import with_rows
from harness.verdicts.compare import compare, over
from harness.verdicts.fingerprint import digest_of_messages, split_identity, told_template

TestScorer = tuple[str, str, int]
"""A test's id, the name of a scorer in it, and which of the scorers of that name it is, since lambdas share a name."""


class RunPair(Record, frozen=True, kw_only=True):
    """One scorer of one test in two runs: the comparison of their candidates, or why there is none."""

    test_id: str
    scorer: str
    comparison: Comparison | None
    refused: str = ""


class Candidates:
    """What the scorers of a saved run gave its candidate, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.run: Run = with_rows(read_run(folder), lambda _: ())
        self.name = folder.name
        self._scores: defaultdict[str, CaseScores] = defaultdict(CaseScores)
        for one in read_judgements(folder):
            if one.side == "candidate":
                self._scores[one.comparison].add(one.item)
        self._asked = AskedLines(folder)

    def compared(self) -> Mapping[TestScorer, Comparison]:
        """Return each comparison that was made, by test and scorer; the first one where there are several slices."""
        found: dict[TestScorer, Comparison] = {}
        places: dict[tuple[str, str], list[str]] = {}
        for test_id, comparison in self.run.comparisons:
            keys = places.setdefault((test_id, comparison.scorer), [])
            if comparison.key not in keys:
                keys.append(comparison.key)
                found[test_id, comparison.scorer, len(keys)] = comparison
        return found

    def scored(self, comparison: Comparison) -> set[str]:
        """Return the ids of the cases behind a comparison."""
        return {item.case_id for item in self._scores.get(comparison.key, [])}

    def scores(self, comparison: Comparison, shared: Collection[str] | None = None) -> Scores:
        """Return the candidate's scores behind a comparison, under the fingerprint of what it was asked.

        ``shared`` are the ids of the only cases that count; None for all.

        Raises:
            IncomparableRuns: no scores were saved.
        """
        items = self._scores.get(comparison.key, CaseScores())
        if shared is not None:
            items = CaseScores.of(item for item in items if item.case_id in shared)
        model: ModelRef = comparison.candidate
        with self._asked.reading() as find:
            first = next((asked for key in items.keys if (asked := find(key)) is not None), None)
            if first is None:
                raise IncomparableRuns(f"run {self.name} has no scores of single answers by this scorer")
            template = told_template(model.template_digest, first.rendering)
            messages = digest_of_messages(_sent(items, find), template)
        engine, dtype = split_identity(first.engine)
        its_own = {
            "messages": messages,
            "sampling": self._sampling(comparison, first),
            "base model": model.base_digest,
            "chat template": template,
            "engine": engine,
            "dtype": dtype,
        }
        shared = {name: value for name, value in comparison.fingerprint.items() if name != "baseline prompt"}
        return Scores(scorer=comparison.scorer, model=model, fingerprint=shared | its_own, items=items)

    def _sampling(self, comparison: Comparison, first: Request) -> str:
        """Return how the candidate's answers were drawn; where the baseline's are another tool's, only that differs."""
        own = self.run.setup_of("candidate").sampling
        if own or not self.run.setup_of("baseline").sampling:
            return own or comparison.fingerprint.get("sampling", "")
        return msgspec.json.encode(first.sampling, order="sorted").decode()


def compare_runs(first: Path, second: Path, accepted: Collection[str] = ()) -> Iterator[RunPair]:
    """Yield each scorer of each test of two saved runs, in the first run's order.

    Raises:
        NoSuchModel: a folder has no complete run.
        StoreError: a file of a run can't be read.
        InputError: ``accepted`` names a difference that can't be accepted.
    """
    before, after = Candidates(first), Candidates(second)
    old, new = before.compared(), after.compared()
    for key in {**old, **new}:
        test_id, scorer, _ = key
        if key not in old or key not in new:
            where = before.name if key in old else after.name
            yield RunPair(test_id=test_id, scorer=scorer, comparison=None, refused=f"only in run {where}")
            continue
        try:
            _refuse_by_kind(old[key], new[key])
            comparison = _compared((before, old[key]), (after, new[key]), accepted)
            if old[key].short is not None:  # the same one in both, or they could not be compared
                comparison = over(msgspec.structs.replace(comparison, short=old[key].short), comparison.rows)
        except IncomparableRuns as problem:
            yield RunPair(test_id=test_id, scorer=scorer, comparison=None, refused=str(problem))
        else:
            yield RunPair(test_id=test_id, scorer=scorer, comparison=comparison)


def _sent(items: CaseScores, find: Find) -> Iterator[tuple[str, tuple[Message, ...]]]:
    """Yield what was sent for each case, in the order of their ids."""
    ids = items.case_ids
    done = None
    places: Sequence[int] = range(len(items))
    if not all(one <= other for one, other in itertools.pairwise(ids)):
        places = sorted(places, key=ids.__getitem__)
    for place in places:
        case_id = ids[place]
        if case_id != done and (asked := find(items.keys[place])) is not None:
            yield case_id, asked.messages
            done = case_id


def _compared(
    first: tuple[Candidates, Comparison], second: tuple[Candidates, Comparison], accepted: Collection[str]
) -> Comparison:
    """Compare two candidates; where a run did not ask all cases, by those that both were asked."""
    if not (first[1].not_asked or second[1].not_asked):
        return compare(first[0].scores(first[1]), second[0].scores(second[1]), accepted)
    ids = [run.scored(seen) for run, seen in (first, second)]
    shared = ids[0] & ids[1]
    if not shared:
        raise IncomparableRuns("no case was asked in both runs, which stopped when their gates were decided")
    compared = compare(first[0].scores(first[1], shared), second[0].scores(second[1], shared), accepted)
    in_all = max(len(each) + seen.not_asked.get("", 0) for each, (_, seen) in zip(ids, (first, second), strict=True))
    left = in_all - len(shared)
    return msgspec.structs.replace(compared, not_asked={"": left} if left else {})


def _refuse_by_kind(old: Comparison, new: Comparison) -> None:
    if (old.short and old.short.stratum_of) != (new.short and new.short.stratum_of):
        raise IncomparableRuns(
            "one of them asked a short suite (--anchors) that the other did not; run both with the same one, or whole"
        )
    if old.unit or new.unit:
        raise IncomparableRuns("quantities are compared only within one run, where both sides had the same load")
    if old.scorer.startswith("prefer(") and old.baseline != new.baseline:
        raise IncomparableRuns("the two runs compared with different baselines; compare the two candidates in one run")
