"""From both contenders' answers to a comparison: score, by a scorer, a judge or a quantity, and pair."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from harness.asking.cases import Suite
from harness.asking.noise import measure_noise
from harness.gating.asked import Asked
from harness.gating.judging import judge_answers, judge_pairs
from harness.gating.suite_run import JudgeModel
from harness.records.asked import Case, Contender, Request, Response, Side
from harness.records.compared import Comparison, Noise
from harness.records.record import digest
from harness.records.saved import Judgement
from harness.records.scored import CaseScore, Score, Scorer, Scores
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import answered, describe, score_one
from harness.verdicts.compare import compare
from harness.verdicts.compare_quantity import compare_quantity
from harness.verdicts.fingerprint import fingerprint_of_judge, fingerprint_of_side

ScoreAll = Callable[[Sequence[tuple[Case, Response]]], list[Score]]
"""Scores answers to cases, one score for each."""


class Evaluation:
    """The source of a run that asks models: comparisons made of what they answered.

    ``judge`` is called when a rubric is first used; ``accepted`` names the entries of the fingerprint in which the
    sides may differ.
    """

    def __init__(
        self, asked: Asked, judge: Callable[[], Contender], judge_tokens: int = 64, accepted: Sequence[str] = ()
    ) -> None:
        self._asked = asked
        self._open_judge = judge
        self._judge_tokens = judge_tokens
        self._accepted = tuple(accepted)
        self._scored: dict[str, tuple[object, Mapping[Side, Scores]]] = {}
        """By the key of the comparison: the scorer, and what it gave."""
        self._plain: dict[Score, Score] = {}
        self._facts: dict[tuple[Side, int], dict[str, str]] = {}

    def judge(self) -> JudgeModel:
        """Return the judge that is asked.

        Raises:
            InputError, EngineSetupError: its settings are wrong.
        """
        judge = self._open_judge()
        return JudgeModel(model=judge.model, engine=judge.engine.identity, max_tokens=self._judge_tokens)

    def compared(self, _test_id: str, suite: Suite, scorer: Scorer | Judge | PairJudge | Quantity) -> Comparison:
        """Score both sides' answers to a suite and compare them pair by pair.

        Raises:
            IncomparableRuns: the sides differ in more than the adapter.
            ScorerError: the scorer broke, or gave something that is no score.
        """
        match scorer:
            case Quantity():
                return self._measured(suite, scorer)
            case PairJudge():
                return self._preferred(suite, scorer)
            case Judge():
                return self._compared_by(suite, scorer, lambda asked: judge_answers(scorer, asked, self._ask_judge))
            case _:
                return self._compared_by(suite, scorer, lambda asked: [score_one(scorer, *pair) for pair in asked])

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to one case.

        Raises:
            Unmeasured: the call failed.
        """
        return answered(case, self._asked.candidates_answer(suite, case))

    def judgements(self) -> Iterator[Judgement]:
        """Yield every score that was given, once, as the run folder keeps it."""
        for key, (_, sides) in self._scored.items():
            for side, scores in sides.items():
                for item in scores.items:
                    yield Judgement(comparison=key, scorer=scores.scorer, side=side, item=item)

    def _measured(self, suite: Suite, quantity: Quantity) -> Comparison:
        asked_now = self._asked.waited
        sides = {
            side: self._scores(
                suite,
                side,
                quantity,
                [quantity.read(answer, asked_now) for _, answer in self._asked.answers_to(suite, side)],
            )
            for side in self._asked.contenders
        }
        compared = compare_quantity(quantity, sides["baseline"], sides["candidate"], self._accepted)
        return msgspec.structs.replace(compared, key=self._keep(compared.key, quantity, sides))

    def _preferred(self, suite: Suite, judge: PairJudge) -> Comparison:
        """Let the judge choose between both sides' answers; a win is (0, 1), a tie (1/2, 1/2).

        Noise is not measured: both answers to a case make one score.
        """
        sides = (self._asked.answers_to(suite, "baseline"), self._asked.answers_to(suite, "candidate"))
        pairs = [(case, baseline, candidate) for (case, baseline), (_, candidate) in zip(*sides, strict=True)]
        both = judge_pairs(judge, pairs, self._ask_judge)
        given: dict[Side, list[Score]] = {
            "baseline": [first for first, _ in both],
            "candidate": [second for _, second in both],
        }
        return self._compare(judge, {side: self._scores(suite, side, judge, given[side]) for side in given})

    def _ask_judge(self, requests: Sequence[Request]) -> Mapping[str, Response]:
        return self._asked.ask_judge(self._open_judge(), requests)

    def _compared_by(self, suite: Suite, scorer: object, score_all: ScoreAll) -> Comparison:
        scores = {
            side: self._scores(suite, side, scorer, score_all(self._asked.answers_to(suite, side)))
            for side in self._asked.contenders
        }
        return self._compare(scorer, scores, self._noise(suite, score_all))

    def _scores(self, suite: Suite, side: Side, scorer: object, given: Sequence[Score]) -> Scores:
        items = (
            CaseScore(
                case_id=item.case.id,
                group=item.case.group,
                tags=item.case.tags,
                repeat=item.repeat,
                request_key=item.key,
                score=score if score.reason else self._plain.setdefault(score, score),  # most are alike
            )
            for item, score in zip(self._asked.planned(suite, side), given, strict=True)
        )
        return Scores(
            scorer=describe(scorer),
            model=self._asked.contenders[side].model,
            fingerprint=self._fingerprint(suite, side, scorer),
            items=tuple(items),
        )

    def _fingerprint(self, suite: Suite, side: Side, scorer: object) -> dict[str, str]:
        known = self._facts.get((side, id(suite)))
        if known is None:
            known = fingerprint_of_side(suite, self._asked.contenders[side])
            self._facts[side, id(suite)] = known
        facts = {**known, "scorer": describe(scorer)}
        if isinstance(scorer, Judge | PairJudge):
            facts |= fingerprint_of_judge(scorer.rubric, scorer.model, scorer.engine_identity)
        return facts

    def _noise(self, suite: Suite, score_all: ScoreAll) -> Noise | None:
        twice = self._asked.answered_twice(suite)
        first = score_all([(case, response) for case, response, _ in twice])
        second = score_all([(case, response) for case, _, response in twice])
        return measure_noise([pair[1:] for pair in twice], list(zip(first, second, strict=True)))

    def _compare(self, scorer: object, scores: Mapping[Side, Scores], noise: Noise | None = None) -> Comparison:
        compared = compare(scores["baseline"], scores["candidate"], self._accepted)
        return msgspec.structs.replace(compared, noise=noise, key=self._keep(compared.key, scorer, scores))

    def _keep(self, key: str, scorer: object, scores: Mapping[Side, Scores]) -> str:
        """Keep scores under the key of their comparison, or under another where another scorer of that name has it."""
        given = (scorer, scores)
        while self._scored.setdefault(key, given) != given:
            key = digest(key)
        return key
