"""The scores of one side with what they were made of: its cases, its model, and its fingerprint."""

from collections.abc import Iterable, Sequence

from harness.asking.cases import Suite
from harness.asking.requests import Planned
from harness.gating.asked import Asked
from harness.records.asked import Side
from harness.records.in_columns import CaseScores
from harness.records.scored import CaseScore, Score, Scores
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.repeats import OverRepeats, fold_items
from harness.scorers.scoring import describe
from harness.verdicts.fingerprint import fingerprint_of_judge, fingerprints_of_sides


class SideScores:
    """Makes the scores of sides that were ``asked``; ``accepted`` names entries of the fingerprint that may differ."""

    def __init__(self, asked: Asked, accepted: Sequence[str]) -> None:
        self._asked = asked
        self._accepted = tuple(accepted)
        self._facts: dict[int, dict[Side, dict[str, str]]] = {}
        """By the ``id()`` of a suite, as plans are."""

    def of(self, suite: Suite, side: Side, scorer: object, given: Iterable[Score], cases: int | None) -> Scores:
        """Return scores of a side's answers to a suite, in the order of ``Plans.items``; ``cases`` as there."""
        planned = self._asked.plans.items(suite, side, cases)
        return self.of_each(suite, side, scorer, zip(planned, given, strict=True), cases)

    def of_each(
        self, suite: Suite, side: Side, scorer: object, given: Iterable[tuple[Planned, Score]], cases: int | None
    ) -> Scores:
        """Return scores as ``of`` does, given each with what was planned."""
        items = CaseScores.of(
            CaseScore(
                case_id=item.case.id,
                group=item.case.group,
                tags=item.case.tags,
                repeat=item.repeat,
                request_key=item.key,
                score=score,
            )
            for item, score in given
        )
        return Scores(
            scorer=describe(scorer),
            model=self._asked.contenders[side].model,
            fingerprint=self._fingerprint(suite, side, scorer),
            items=self._folded(suite, side, scorer, items, cases),
        )

    @property
    def may_differ(self) -> tuple[str, ...]:
        """The entries of the fingerprint in which the sides can differ: by the command line, or by a side."""
        declared = (name for side in self._asked.contenders.values() for name in side.declared)
        return tuple(dict.fromkeys([*self._accepted, *declared]))

    def _folded(
        self, suite: Suite, side: Side, scorer: object, items: Sequence[CaseScore], cases: int | None
    ) -> Sequence[CaseScore]:
        """Return one score for each case, at its first answer, where a scorer scores its repeats together."""
        if not isinstance(scorer, OverRepeats):
            return items
        answers = [response for _, response in self._asked.answers_to(suite, side, cases)]
        return CaseScores.of(fold_items(scorer, items, answers))

    def _fingerprint(self, suite: Suite, side: Side, scorer: object) -> dict[str, str]:
        if id(suite) not in self._facts:
            sides = self._asked.contenders
            self._facts[id(suite)] = dict(zip(sides, fingerprints_of_sides(suite, sides.values()), strict=True))
        facts = {**self._facts[id(suite)][side], "scorer": describe(scorer)}
        if isinstance(scorer, OverRepeats):
            scorer = scorer.scorer
        if isinstance(scorer, Judge | PairJudge):
            facts |= fingerprint_of_judge(scorer)
        return facts
