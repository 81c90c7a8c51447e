"""The source of a plan: it has cases but no answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.errors import Unmeasured
from harness.gating.fitting import refuse_unfit
from harness.gating.judged import judge_of, nobody_by
from harness.gating.juries import JudgeModel
from harness.judges.matched import PairRead
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef
from harness.records.compared import Comparison
from harness.scorers.corpus import CorpusBleu, MacroF1
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import describe
from harness.verdicts.power import planned_comparison


class NotAsked(msgspec.Struct, frozen=True):
    """The source of a plan: it has cases but no answers."""

    model: ModelRef
    called: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What judges are called, as in ``Run``."""

    def judge(self, name: str = "") -> JudgeModel:
        """Return the judge that the plan was given, or one that is called as a test names it."""
        called = self.called.get(name, name or self.model.base)
        return JudgeModel(model=msgspec.structs.replace(self.model, base=called))

    def compared(self, _test_id: str, suite: Suite, scorer: object) -> Comparison:
        """Return a comparison of unscored cases."""
        refuse_unfit(suite, scorer)
        unit = scorer.unit if isinstance(scorer, Quantity) else ""
        figure = scorer.figure if isinstance(scorer, MacroF1 | CorpusBleu) else None
        judge = judge_of(scorer)
        judged = None if judge is None else nobody_by(judge.rubric)
        return msgspec.structs.replace(planned_comparison(suite, describe(scorer), unit, figure), judged=judged)

    def drift(self, _judge: object, _judges: Path | None) -> None:
        """Ask nobody."""

    def ask_again(self, _comparison: Comparison, _case_ids: Sequence[str]) -> None:
        """Ask nobody."""

    def read(self, _suite: Suite) -> Mapping[str, PairRead]:
        """Return nothing: there are no answers."""
        return {}

    def answer(self, _suite: Suite, _case: Case) -> Response:
        """Refuse: there is no answer."""
        raise Unmeasured("a plan has no answers")
