"""The candidates of two saved runs, paired case by case: the first run's is the baseline."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from harness.errors import IncomparableRuns
from harness.records.asked import Case, ModelRef, Request, Sampling, Side
from harness.records.compared import Comparison
from harness.records.record import Record
from harness.records.saved import Run
from harness.records.scored import CaseScore, Scores
from harness.runs.folder import read_judgements, read_lines, read_run
from harness.verdicts.compare import compare
from harness.verdicts.fingerprint import digest_of_messages, split_identity

TestScorer = tuple[str, str]
"""A test's id and the name of a scorer in it."""


class RunPair(Record, frozen=True, kw_only=True):
    """One scorer of one test in two runs: the comparison of their candidates, or why there is none."""

    test_id: str
    scorer: str
    comparison: Comparison | None
    refused: str = ""


class _Key(msgspec.Struct, frozen=True):
    request_key: str


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a line of ``answers.jsonl`` says about the question; the answer itself is passed over."""

    side: Side
    case: Case
    request: Request
    response: _Key


class Candidates:
    """What the scorers of a saved run gave its candidate, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.run: Run = read_run(folder)
        self.name = folder.name
        self._scores: defaultdict[tuple[str, str], list[CaseScore]] = defaultdict(list)
        for one in read_judgements(folder):
            if one.side == "candidate":
                self._scores[one.scorer, one.cases].append(one.item)
        lines = read_lines(folder / "answers.jsonl", _Asked)
        self._asked = {line.response.request_key: line for line in lines if line.side == "candidate"}

    def compared(self) -> Mapping[TestScorer, Comparison]:
        """Return each comparison that was made, by test and scorer; of several slices the first."""
        found: dict[TestScorer, Comparison] = {}
        for test_id, comparison in self.run.comparisons:
            found.setdefault((test_id, comparison.scorer), comparison)
        return found

    def scores(self, comparison: Comparison) -> Scores:
        """Return the candidate's scores behind a comparison, under the fingerprint of what it was asked.

        Raises:
            IncomparableRuns: no scores were saved.
        """
        wanted, items, asked = _sampling_of(comparison), [], {}
        for item in self._scores[comparison.scorer, comparison.fingerprint.get("cases", "")]:
            line = self._asked.get(item.request_key)
            if line and msgspec.structs.replace(line.request.sampling, repeats=1) == wanted:
                items.append(item)
                asked[line.case.id] = line.request
        if not items:
            raise IncomparableRuns(f"run {self.name} holds no scores of single answers by this scorer")
        model: ModelRef = comparison.candidate
        engine, dtype = split_identity(next(iter(asked.values())).engine)
        its_own = {
            "messages": digest_of_messages(
                {case_id: request.messages for case_id, request in asked.items()}, model.template_digest
            ),
            "base model": model.base_digest,
            "chat template": model.template_digest,
            "engine": engine,
            "dtype": dtype,
        }
        shared = {name: value for name, value in comparison.fingerprint.items() if name != "baseline prompt"}
        return Scores(scorer=comparison.scorer, model=model, fingerprint=shared | its_own, items=tuple(items))


def compare_runs(first: Path, second: Path, accepted: Collection[str] = ()) -> Iterator[RunPair]:
    """Yield each scorer of each test of two saved runs, in the first run's order.

    Raises:
        NoSuchModel: a folder holds no complete run.
        StoreError: a file of a run can't be read.
        InputError: ``accepted`` names no difference that can be let through.
    """
    before, after = Candidates(first), Candidates(second)
    old, new = before.compared(), after.compared()
    for key in {**old, **new}:
        test_id, scorer = key
        if key not in old or key not in new:
            where = before.name if key in old else after.name
            yield RunPair(test_id=test_id, scorer=scorer, comparison=None, refused=f"only in run {where}")
            continue
        try:
            _refuse_by_kind(old[key], new[key])
            comparison = compare(before.scores(old[key]), after.scores(new[key]), accepted)
        except IncomparableRuns as problem:
            yield RunPair(test_id=test_id, scorer=scorer, comparison=None, refused=str(problem))
        else:
            yield RunPair(test_id=test_id, scorer=scorer, comparison=comparison)


def _sampling_of(comparison: Comparison) -> Sampling | None:
    """Return how a comparison's answers were drawn, whatever the number of repeats; None when it doesn't say so."""
    try:
        sampling = msgspec.json.decode(comparison.fingerprint.get("sampling", ""), type=Sampling)
    except msgspec.DecodeError:
        return None
    return msgspec.structs.replace(sampling, repeats=1)


def _refuse_by_kind(old: Comparison, new: Comparison) -> None:
    if old.unit or new.unit:
        raise IncomparableRuns("a quantity is compared within one run only, under the same load")
    if old.scorer.startswith("prefer(") and old.baseline != new.baseline:
        raise IncomparableRuns("preferred to two different baselines; compare the candidates in one run")
