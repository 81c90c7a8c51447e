"""From both contenders' answers to a comparison: score, by a scorer, a judge or a quantity, and pair."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.asking.left import Question
from harness.gating.asked import Asked
from harness.gating.fitting import refuse_unfit
from harness.gating.judge_drift import JudgeDrift
from harness.gating.judged import figures_of, judge_of
from harness.gating.judging import AskJudge, anew, judge_pairs
from harness.gating.juries import JudgeModel, judge_model
from harness.gating.kept_scores import AnyScorer, KeptScores
from harness.gating.lost_cases import Answered
from harness.gating.postponed import Postponed
from harness.gating.scored import both, by_case, noise_of, score_all
from harness.gating.short import estimated
from harness.gating.side_scores import SideScores
from harness.gating.until_decided.so_far import SoFar
from harness.judges.drift import Drift
from harness.judges.matched import PairRead, pair_read
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Side
from harness.records.compared import AskedAgain, Comparison
from harness.records.engine import Contender
from harness.records.scored import Score, Scorer, Scores
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.quantities import Quantity
from harness.scorers.repeats import OverRepeats
from harness.scorers.scoring import answered, score_one
from harness.verdicts.compare import compare
from harness.verdicts.compare_quantity import compare_quantity
from harness.verdicts.steadiness import ASKINGS, asked_again


class Evaluation:
    """The source of a run that asks models: comparisons made of what they answered.

    ``judge`` is called with the name of a judge, "" for that of the settings, when one is used; ``accepted`` names the
    entries of the fingerprint in which the sides may differ; without ``drift`` no judge can change unseen. ``so_far``
    is None where all cases are asked.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        asked: Asked,
        judge: Callable[[str], Contender],
        judge_tokens: int = 64,
        accepted: Sequence[str] = (),
        drift: JudgeDrift | None = None,
        so_far: SoFar | None = None,
    ) -> None:
        self._asked = asked
        self._open_judge = judge
        self._judge_tokens = judge_tokens
        self._drift = drift
        self._so_far = so_far
        self._judges: dict[tuple[ModelRef, str], Contender] = {}
        """By model and engine, as requests name them."""
        self._sides = SideScores(asked, accepted)
        self.kept = KeptScores()

    def judge(self, name: str = "") -> JudgeModel:
        """Return the judge that is asked, by default that of the settings.

        Raises:
            InputError, EngineSetupError: its settings are wrong, or it is the candidate itself.
        """
        judge = self._open_judge(name)
        self._judges[judge.model, judge.engine.identity] = judge
        return judge_model(judge, self._judge_tokens)

    def compared(self, test_id: str, suite: Suite, scorer: AnyScorer) -> Comparison:
        """Score both sides' answers to a suite and compare them pair by pair.

        Raises:
            IncomparableRuns: the sides differ in more than the adapter.
            ScorerError: the scorer broke, gave something that is no score, or reads what the suite doesn't ask for.
        """
        refuse_unfit(suite, scorer)
        if self._so_far is None:
            return self._compared(test_id, suite, scorer, None)
        cases = self._so_far.cases(test_id, suite, scorer)
        try:
            compared = self._compared(test_id, suite, scorer, cases)
        except Postponed:
            self._so_far.ask_ahead(test_id, suite, scorer)
            raise
        return self._so_far.told(compared, suite, cases)

    def _compared(self, test_id: str, suite: Suite, scorer: AnyScorer, cases: int | None) -> Comparison:
        """Compare the first ``cases`` in the order of asking; None for all."""
        if isinstance(scorer, Quantity):
            return self._measured(test_id, suite, scorer, cases)
        if not isinstance(scorer, Judge | PairJudge | OverRepeats):
            return self._scored_alone(test_id, suite, scorer, cases)
        answers = {side: self._asked.answers_to(suite, side, cases) for side in self._asked.contenders}
        twice = () if isinstance(scorer, PairJudge | OverRepeats) else self._asked.answered_twice(suite, cases)
        second = [(case, response) for case, _, response in twice]
        given, again = self._score_sides(scorer, answers, self._ask_judge, second)
        scores = {side: self._sides.of(suite, side, scorer, given[side], cases) for side in given}
        judge = judge_of(scorer)
        judged = None if judge is None else figures_of(judge, both(answers), both(given))
        noise = noise_of(scorer, twice, again, self._ask_judge)
        return msgspec.structs.replace(self._kept(test_id, suite, scorer, scores), noise=noise, judged=judged)

    def _scored_alone(self, test_id: str, suite: Suite, scorer: Scorer, cases: int | None) -> Comparison:
        """Compare by what scores each answer on its own: one after the other, and only the scores are kept."""
        scores: dict[Side, Scores] = {}
        for side in self._asked.contenders:
            planned = self._asked.plans.items(suite, side, cases)
            given = ((one, score_one(scorer, one.case, self._asked.read(suite, one.key))) for one in planned)
            scores[side] = self._sides.of_each(suite, side, scorer, given, cases)
        twice = self._asked.answered_twice(suite, cases)
        again = [score_one(scorer, case, response) for case, _, response in twice]
        noise = noise_of(scorer, twice, again, self._ask_judge)
        return msgspec.structs.replace(self._kept(test_id, suite, scorer, scores), noise=noise)

    def _kept(
        self,
        test_id: str,
        suite: Suite,
        scorer: Scorer | Judge | PairJudge | OverRepeats,
        scores: Mapping[Side, Scores],
    ) -> Comparison:
        """Compare scores, and keep them, under the key that the comparison has."""
        compared = estimated(compare(scores["baseline"], scores["candidate"], self._sides.may_differ), suite)
        key = self.kept.keep(test_id, compared.key, (suite, scorer), scores)
        return msgspec.structs.replace(compared, key=key)

    def drift(self, judge: Judge | PairJudge, judges: Path | None) -> Drift | None:
        """Ask whether a judge is still the one that was checked; see ``JudgeDrift.of``."""
        return self._drift.of(judge, judges, self._ask_judge) if self._drift else None

    def ask_again(self, comparison: Comparison, case_ids: Sequence[str]) -> tuple[AskedAgain, ...] | None:
        """Ask both sides cases of a comparison again, all in one batch, and score the answers as the first ones.

        None where a side can't be asked again: it is a saved run that didn't ask all of these again.

        Raises:
            EngineError: no more answers can be had.
            ScorerError: the scorer broke, or gave something that is no score.
        """
        made = self.kept.made(comparison.key)
        if made is None:
            return None
        suite, scorer = made
        if isinstance(scorer, Quantity) or not self._asked.lost.can_be_asked(suite, case_ids, ASKINGS):
            return None  # of a quantity no case is lost
        askings, waits = [], None
        for asking, answers in enumerate(self._asked.lost.ask(suite, frozenset(case_ids), ASKINGS), start=1):
            try:
                given, _ = self._score_sides(scorer, answers, anew(self._ask_judge, asking))
            except Postponed as one:  # what the other askings need is asked in the same batch
                waits = one
            else:
                askings.append({side: by_case(scorer, answers[side], given[side]) for side in given})
        if waits is not None:
            raise waits
        return asked_again(case_ids, askings)

    def to_ask_again(self, comparison: Comparison, case_ids: Sequence[str]) -> list[Question]:
        """Return what ``ask_again`` would ask now; nothing where a side can't be asked again."""
        made = self.kept.made(comparison.key)
        if made is None:
            return []
        suite, _ = made
        if not self._asked.lost.can_be_asked(suite, case_ids, ASKINGS):
            return []
        return self._asked.lost.unanswered(suite, frozenset(case_ids), ASKINGS)

    def read(self, suite: Suite) -> Mapping[str, PairRead]:
        """Return both sides' answers to each case, by the case's id; of several repeats, the first."""
        before, now = (self._asked.answers_to(suite, side) for side in ("baseline", "candidate"))
        first = zip(reversed(before), reversed(now), strict=True)
        return {case.id: pair_read(case, old, new) for (case, old), (_, new) in first}

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to one case.

        Raises:
            Unmeasured: the call failed.
        """
        return answered(case, self._asked.candidates_answer(suite, case))

    def _measured(self, test_id: str, suite: Suite, quantity: Quantity, cases: int | None) -> Comparison:
        asked_now = self._asked.waited
        sides = {
            side: self._sides.of(
                suite,
                side,
                quantity,
                (quantity.read(answer, asked_now) for _, answer in self._asked.answers_to(suite, side, cases)),
                cases,
            )
            for side in self._asked.contenders
        }
        compared = compare_quantity(quantity, sides["baseline"], sides["candidate"], self._sides.may_differ)
        key = self.kept.keep(test_id, compared.key, (suite, quantity), sides)
        return msgspec.structs.replace(compared, short=suite.short, key=key)

    def _score_sides(
        self,
        scorer: Scorer | Judge | PairJudge | OverRepeats,
        answers: Answered,
        ask: AskJudge,
        beside: Sequence[tuple[Case, Response]] = (),
    ) -> tuple[dict[Side, Sequence[Score]], Sequence[Score]]:
        """Score both sides' answers, and others ``beside`` them, so that a judge is asked about all of them at once.

        A pairwise judge chooses between the sides: a win is (0, 1), a tie (1/2, 1/2); it has none beside them.
        """
        before, now = answers["baseline"], answers["candidate"]
        if isinstance(scorer, PairJudge):
            pairs = [(case, old, new) for (case, old), (_, new) in zip(before, now, strict=True)]
            both = judge_pairs(scorer, pairs, ask)
            return {"baseline": [first for first, _ in both], "candidate": [second for _, second in both]}, ()
        given = score_all(scorer, (*before, *now, *beside), ask)
        ends = len(before), len(before) + len(now)
        return {"baseline": given[: ends[0]], "candidate": given[ends[0] : ends[1]]}, given[ends[1] :]

    def _ask_judge(self, requests: Sequence[Request]) -> Mapping[str, Response]:
        return self._asked.ask_judges([(self._judge_of(request).engine, request) for request in requests])

    def _judge_of(self, request: Request) -> Contender:
        return self._judges.get((request.model, request.engine)) or self._open_judge("")
