"""Check an answer by a suite's scorers that need no expected answer, and by the others where its seed has one."""

from collections import Counter
from collections.abc import Sequence

from harness.cases.passable import UsedSuite, single_scorer
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import RIGHT
from harness.records.scored import Scorer
from harness.scorers.failures.causes import CUT_OFF, EMPTY, LOOP, REASONED, REFUSED, failure_of
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.likelihood import reads_likelihoods
from harness.scorers.quantities import Quantity
from harness.scorers.reading.wording import Called
from harness.scorers.scoring import describe, score_one

NO_ROW = (EMPTY, REASONED, CUT_OFF, LOOP, REFUSED)
"""What no answer may be, whatever was asked. Whether a language or a copy is wrong depends on the task."""


class Failed(Exception):
    """An answer that does not pass: by which check, and why."""

    def __init__(self, check: str, why: str) -> None:
        super().__init__(f"{check}: {why}")
        self.check, self.why = check, why


class SelfCheck:
    """The scorers of suites; ``unused`` counts the answers that each could not be asked about.

    Judges, quantities and figures of all answers check nothing here. A function of one's own, whose needs nobody can
    tell, checks the answers to seeds that expect something.
    """

    def __init__(self, used: Sequence[UsedSuite], *, keep_refusals: bool = False) -> None:
        found = {describe(one): one for suite in used for one in map(_checking, suite.scorers) if one is not None}
        self.scorers: tuple[Scorer, ...] = tuple(found.values())
        self.unused: Counter[str] = Counter()
        self._refused = tuple(cause for cause in NO_ROW if not (keep_refusals and cause == REFUSED))

    def refuse_failed(self, case: Case, answer: Response) -> None:
        """Refuse what is no answer to anything: nothing, a loop, what was cut off, a refusal.

        Raises:
            Failed: it is one of these.
        """
        for cause in (failure_of(case, answer), CUT_OFF if answer.finish_reason == "length" else ""):
            if cause in self._refused:
                raise Failed("answer", cause)

    def passed(self, case: Case, answer: Response) -> tuple[str, ...]:
        """Return the scorers that find an answer right.

        Raises:
            Failed: one finds it wrong, or can't score it.
        """
        names = []
        for scorer in self.scorers:
            name = describe(scorer)
            if case.expected is None and not _says_what_it_needs(scorer):
                self.unused[name] += 1
                continue
            try:
                score = score_one(scorer, case, answer)
            except ScorerError as problem:
                if case.expected is not None:
                    raise Failed("unscored", str(problem)) from problem
                self.unused[name] += 1
                continue
            if score.value is None:
                raise Failed("unscored", f"{name}: {score.reason}")
            if score.value < RIGHT:
                raise Failed(name, score.reason or f"scored {score.value:.3g}")
            names.append(name)
        return tuple(names)


def _checking(scorer: object) -> Scorer | None:
    """Return what scores single answers; None for what asks a model or measures."""
    single = single_scorer(scorer)
    if isinstance(single, Judge | PairJudge | Quantity) or reads_likelihoods(single):
        return None
    return single if callable(single) else None


def _says_what_it_needs(scorer: object) -> bool:
    """Tell whether a scorer is one of the catalogue, which raises where a case lacks what it needs."""
    return isinstance(scorer, Called)
