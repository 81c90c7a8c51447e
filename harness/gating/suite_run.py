"""One run of the suites as the fixtures see it: comparisons and answers from a source, verdicts into the ledger."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from harness.asking.cases import Suite
from harness.config.release import GatesConfig
from harness.gating.judged import Known, doubt_about, judge_of, known_today, not_known
from harness.gating.juries import ONE, JudgeModel, Jury, judge_by, made_judge
from harness.gating.ledger import Ledger
from harness.gating.postponed import Postponed
from harness.judges.drift import Drift
from harness.judges.matched import PairRead
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import AskedAgain, Comparison, Gate, Slices, Verdict
from harness.records.scored import Rubric, Scorer
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.quantities import Quantity
from harness.scorers.trust import doubt_of
from harness.text.visible import for_terminal
from harness.verdicts.flips import to_ask_again
from harness.verdicts.slices import slices_of
from harness.verdicts.so_far import decide_so_far, has_some, undecided
from harness.verdicts.thresholds import check_gate

Decide = Callable[[str, Comparison | Slices, Gate], tuple[Verdict, ...]]
"""What a gate in a test does: return a verdict for each comparison that it decides, or none."""


class Source(Protocol):
    """Where a run has its comparisons and answers from: models, a saved run, or a plan."""

    def judge(self, name: str = "") -> JudgeModel:
        """Return the judge of a name that reads rubrics, by default that of the settings."""
        ...

    def compared(self, test_id: str, suite: Suite, scorer: Scorer | Judge | PairJudge | Quantity) -> Comparison:
        """Return the comparison of both sides on a test's suite by a scorer, a judge or a quantity."""
        ...

    def drift(self, judge: Judge | PairJudge, judges: Path | None) -> Drift | None:
        """Ask whether a judge is still the one that was checked, given the folder of the suite's own rubrics.

        None where nobody is asked.
        """
        ...

    def ask_again(self, comparison: Comparison, case_ids: Sequence[str]) -> tuple[AskedAgain, ...] | None:
        """Ask both sides cases of a comparison again; None where nobody can be asked again."""
        ...

    def read(self, suite: Suite) -> Mapping[str, PairRead]:
        """Return both sides' answers to each case that has some, by the case's id; of several repeats, the first."""
        ...

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to a case."""
        ...


ASK_ALL = "run again with --ask-all: what was answered is not asked again"


def decide_gate(test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
    """Decide a comparison, or each of its slices; inconclusive where its cases were not all asked, and don't decide."""
    decided = decide_so_far(test_id, judged, gate)
    return undecided(test_id, judged, gate, ASK_ALL) if decided is None else decided


def decide_nothing(_test_id: str, _judged: Comparison | Slices, _gate: Gate) -> tuple[Verdict, ...]:
    """Decide nothing, so that every comparison is a measure."""
    return ()


NO_GUARANTEE = GatesConfig()
BeforeAskingAgain = Callable[[str, Comparison, Sequence[str]], None]
"""Called with the test, a comparison and the ids of its cases that are about to be asked again."""


class SuiteRun:
    """A source of comparisons, and a ledger of what the tests decided about them, under the settings of gates.

    ``report_path`` is where the run's report will be; empty where none is written.
    """

    def __init__(
        self,
        source: Source,
        decides: Decide = decide_gate,
        gates: GatesConfig = NO_GUARANTEE,
        report_path: str = "",
    ) -> None:
        self.ledger = Ledger()
        self.report_path = report_path
        self.gates = gates
        self.before_asking_again: BeforeAskingAgain | None = None
        self.scored_by: dict[str, tuple[Suite, object]] = {}
        """The suite and the scorer of each comparison, by its key."""
        self._source = source
        self._decides = decides

    def evaluate(
        self, test_id: str, suite: Suite, scorer: Scorer | Judge | PairJudge | Quantity, judges: Path | None = None
    ) -> Comparison:
        """Compare both sides by a scorer, a judge or a quantity; reported as a measure until a gate judges it.

        ``judges`` is the folder of the rubrics that belong to the suite; None where there is none.
        """
        judge = judge_of(scorer)
        drift, waits = (None, None) if judge is None else self._drift(judge, judges)
        comparison = self._source.compared(test_id, suite, scorer)
        if waits is not None:
            raise waits
        self.scored_by[comparison.key] = suite, scorer
        # Asked of today's scorer and today's files, so that a saved run is decided by what is known today.
        if judge is None:
            known = msgspec.structs.replace(comparison, untrusted=doubt_of(scorer))
        else:
            # A label is of one answer, so it says nothing of a score that repeats are given together.
            read = (lambda: self._source.read(suite)) if judge is scorer else None
            known = known_today(comparison, judge, Known(judges, drift), read)
        return self.ledger.measure(test_id, known)

    def prefer(
        self, test_id: str, suite: Suite, rubric: Rubric, jury: Jury = ONE, judges: Path | None = None
    ) -> Comparison:
        """Compare both sides by a pairwise judge, or by a jury, asked in both orders."""
        return self.evaluate(test_id, suite, made_judge(PairJudge, rubric, jury, self._source.judge), judges)

    def judge(self, rubric: Rubric, criterion: str = "", jury: Jury = ONE) -> Judge:
        """Return the rubric as a scorer, by one of its criteria or by the mean of all, for one judge or for a jury."""
        return msgspec.structs.replace(made_judge(Judge, rubric, jury, self._source.judge), criterion=criterion)

    def reads(self, rubric: Rubric) -> Judge | PairJudge:
        """Return what reads answers by a rubric of either kind."""
        return judge_by(rubric, ONE, self._source.judge)

    def gate(self, test_id: str, judged: Comparison | Slices, gate: Gate, line: int = 0) -> tuple[Verdict, ...]:
        """Decide, and record the verdicts; lost cases on which the gate depends are asked again first.

        ``line`` is that of the call in the test's file, 0 where it is not known.
        """
        whole = judged.comparison if isinstance(judged, Slices) else judged
        gate = msgspec.structs.replace(gate, advisory=gate.advisory or bool(whole.untrusted))
        decided = self._decides(test_id, self._asked_again(test_id, judged, gate), gate)
        doubt = doubt_about(whole)
        verdicts = tuple(_told(_if_known(verdict), line, doubt) for verdict in decided)
        self.ledger.gate(test_id, judged, verdicts)
        return verdicts

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to one case."""
        return self._source.answer(suite, case)

    def _drift(self, judge: Judge | PairJudge, judges: Path | None) -> tuple[Drift | None, Postponed | None]:
        """Return whether a judge has changed; what has to be asked first waits for what the answers need asked."""
        try:
            return self._source.drift(judge, judges), None
        except Postponed as waits:
            return None, waits

    def _asked_again(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> Comparison | Slices:
        """Return what is judged with its lost cases asked again, those of all slices together."""
        whole = judged.comparison if isinstance(judged, Slices) else judged
        if gate.max_flips is None or (isinstance(judged, Slices) and not has_some(judged)):
            return judged
        check_gate(gate, whole)  # before anything is asked
        parts = slices_of(judged) if isinstance(judged, Slices) else (judged,)
        wanted = [case_ids for part in parts if (case_ids := to_ask_again(part, gate)) is not None]
        if not wanted:
            return judged
        case_ids = tuple(dict.fromkeys(case_id for each in wanted for case_id in each))
        if self.before_asking_again is not None:
            self.before_asking_again(test_id, whole, case_ids)
        again = self._source.ask_again(whole, case_ids)
        if again is None:
            return judged
        whole = msgspec.structs.replace(whole, again=again)
        return Slices(comparison=whole, name=judged.name) if isinstance(judged, Slices) else whole


def _if_known(verdict: Verdict) -> Verdict:
    """Return a verdict that says nothing where nobody knows whether its judge is the one that was checked."""
    unknown = not_known(verdict.comparison)
    if not unknown:
        return verdict
    told = f"whether the judge is still the one that was checked could not be checked: {unknown}; run again"
    others = verdict.reasons if verdict.outcome == "inconclusive" else ()
    return msgspec.structs.replace(verdict, outcome="inconclusive", reasons=(for_terminal(told, None), *others))


def _told(verdict: Verdict, line: int, doubt: str) -> Verdict:
    """Return a verdict with the line of its gate, and with the reason why it is advisory, or why it is not."""
    reasons = (*verdict.reasons, for_terminal(doubt, None)) if doubt else verdict.reasons
    return msgspec.structs.replace(verdict, line=line, reasons=reasons)
