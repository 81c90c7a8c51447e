"""A saved run as the source of comparisons and answers: nothing is asked or scored again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import Suite, with_cases
from harness.asking.requests import requests_for
from harness.engines.replay import ReplayEngine, by_everything, by_question
from harness.errors import Unmeasured
from harness.gating.juries import JudgeModel
from harness.judges.matched import PairRead, pair_read
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Side
from harness.records.compared import AskedAgain, Comparison, Row
from harness.records.engine import Contender
from harness.records.in_columns import CaseScores
from harness.records.saved import Run
from harness.records.scored import Scores
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.scorers.scoring import answered, describe
from harness.verdicts.compare import compare, over
from harness.verdicts.fingerprint import fingerprint_of_side

ASKED = ("cases", "messages", "baseline prompt", "sampling")
"""Entries of the fingerprint that a suite decides: with another value, the saved answers belong to other questions."""


class SavedRun:
    """The contents of a run folder, looked up by today's suites.

    Raises:
        NoSuchModel: the folder has no complete run.
        StoreError: a file in it can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self.run: Run = read_run(folder)
        self._folder = folder
        self._replays: dict[Side, ReplayEngine] = {}
        self._used: defaultdict[tuple[str, str], list[object]] = defaultdict(list)

    def judge(self, name: str = "") -> JudgeModel:
        """Return the judge as its scorers name it; it is never asked."""
        called = self.run.judges.get(name, name or self.run.judge or "a judge")
        return JudgeModel(model=ModelRef(base=called, base_digest="", template_digest=""))

    def compared(self, test_id: str, suite: Suite, scorer: object) -> Comparison:
        """Return the comparison that the saved run made by this scorer in this test.

        Raises:
            Unmeasured: it made none, or one with other cases, messages or sampling than the suite's.
        """
        name = describe(scorer)
        saved = self._saved(test_id, name)
        if len(saved) > 1:
            saved = self._in_order(test_id, saved)
        used = self._used[test_id, name]
        if scorer not in used:
            used.append(scorer)  # two lambdas share a name; the order of their scores tells them apart
        place = used.index(scorer)
        if place >= len(saved):
            known = "fewer sets of scores" if saved else "no scores"
            raise Unmeasured(f"run {self._folder.name} has {known} from {name} for this test; run the suites again")
        if (short := saved[place].short) is not None:
            suite = with_cases(suite, [case for case in suite.cases if case.id in short.stratum_of])
        self._refuse_other_questions(suite, saved[place])
        whole = saved[place] if not saved[place].tag else self._whole(saved[place])
        return msgspec.structs.replace(whole, again=self._again(whole.key))

    def drift(self, _judge: object, _judges: Path | None) -> None:
        """Ask nobody: whether the judge had changed is part of the run's comparisons."""

    def ask_again(self, _comparison: Comparison, _case_ids: Sequence[str]) -> None:
        """Ask nobody: what the run asked again is part of its comparisons."""

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's saved answer to a case.

        Raises:
            Unmeasured: there is none, or the call failed.
        """
        return answered(case, self._answered(suite, case, "candidate"))

    def read(self, suite: Suite) -> Mapping[str, PairRead]:
        """Return both sides' saved answers to each case that has both, by the case's id; of several repeats, the first.

        Two that are missing would look like the same answer twice.
        """
        both = (
            (case, self._answered(suite, case, "baseline"), self._answered(suite, case, "candidate"))
            for case in suite.cases
        )
        return {
            case.id: pair_read(case, old, new) for case, old, new in both if old.error is None and new.error is None
        }

    def _answered(self, suite: Suite, case: Case, side: Side) -> Response:
        if side not in self._replays:
            answers = (answer for answer in read_answers(self._folder) if answer.side == side)
            setup = self.run.setup_of(side)
            found_by = by_question if setup.sampling else by_everything
            self._replays[side] = ReplayEngine(answers, setup.engine, found_by)
        (response, *_) = self._replays[side].generate(tuple(requests_for(case, suite, self._contender(side))))
        return response

    def _saved(self, test_id: str, scorer: str) -> list[Comparison]:
        """Return what was compared. What was gated more than once is returned once, as a whole rather than a slice."""
        found: dict[str, Comparison] = {}
        for made_by, comparison in self.run.comparisons:
            known = found.get(comparison.key)
            if (made_by, comparison.scorer) == (test_id, scorer) and (known is None or known.tag):
                found[comparison.key] = comparison
        return list(found.values())

    def _again(self, key: str) -> tuple[AskedAgain, ...] | None:
        """Return what was asked again for a comparison, in whichever of its gates or slices."""
        asked = [one.again for _, one in self.run.comparisons if one.key == key and one.again is not None]
        found = {one.case_id: one for again in asked for one in again}
        return tuple(found.values()) if asked else None

    def _in_order(self, test_id: str, saved: Sequence[Comparison]) -> list[Comparison]:
        """Return comparisons by several scorers of one name in the order in which the test made them.

        Raises:
            Unmeasured: that order is unknown: the run is of version 0.1, or another test used one of the scorers.
        """
        keys = {comparison.key for comparison in saved}
        elsewhere = {comparison.key for made_by, comparison in self.run.comparisons if made_by != test_id}
        first = dict.fromkeys(one.comparison for one in read_judgements(self._folder) if one.comparison in keys)
        if len(first) < len(keys) or keys & elsewhere:
            raise Unmeasured(
                f"run {self._folder.name} has {len(saved)} comparisons by scorers called {saved[0].scorer} in this "
                "test, which can't be told apart; give each scorer its own name and run the suites again"
            )
        by_key = {comparison.key: comparison for comparison in saved}
        return [by_key[key] for key in first]

    def _contender(self, side: Side) -> Contender:
        model = self.run.baseline if side == "baseline" else self.run.candidate
        setup = self.run.setup_of(side)
        engine = ReplayEngine((), setup.engine)
        return Contender(model=model, engine=engine, rendering=setup.rendering, sampling=setup.sampling)

    def _refuse_other_questions(self, suite: Suite, saved: Comparison) -> None:
        side = self._contender("baseline")
        today = fingerprint_of_side(suite, side)
        for name in ASKED:
            if name in saved.fingerprint and saved.fingerprint[name] != today.get(name):
                raise Unmeasured(
                    f"the {name} of this suite changed since run {self._folder.name}, "
                    "so its answers belong to other questions; run the suites again"
                )

    def _whole(self, part: Comparison) -> Comparison:
        """Return the whole comparison where only slices were saved, from the saved scores."""
        items: dict[Side, CaseScores] = {"baseline": CaseScores(), "candidate": CaseScores()}
        for one in read_judgements(self._folder):
            if one.comparison == part.key:
                items[one.side].add(one.item)
        return over(msgspec.structs.replace(part, tag=""), _rows(part, items["baseline"], items["candidate"]))


def _rows(part: Comparison, baseline: CaseScores, candidate: CaseScores) -> Sequence[Row]:
    before, after = (
        Scores(scorer=part.scorer, model=model, fingerprint=part.fingerprint, items=items)
        for model, items in ((part.baseline, baseline), (part.candidate, candidate))
    )
    return compare(before, after).rows
