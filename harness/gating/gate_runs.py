"""The runs of one asking, one for each candidate: asked once, saved and ranked. They are opened by ``opened_runs``."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from harness.asking.ahead import Reading, Readings
from harness.asking.cases import Suite
from harness.asking.left import ManyQuestions, Question
from harness.asking.store import Store
from harness.errors import EngineError, SilentAdapter, StoreError
from harness.gating.contenders import Contenders
from harness.gating.gate_run import GateRun, Together
from harness.gating.leaked import refuse_unknown
from harness.gating.saving import Unsaved, tell_ci
from harness.gating.settings import Names
from harness.gating.suite_run import SuiteRun
from harness.gating.under_way import UnderWay
from harness.gating.until_decided.always import NOTHING_ALWAYS, Always
from harness.gating.until_decided.batches import Ahead
from harness.records.asked import Request
from harness.records.made_of import SuiteFile
from harness.records.saved import Run
from harness.records.scored import Rubric
from harness.report import markdown_ranking, ranking_lines
from harness.runs.ranking import Ranking, ranking_of
from harness.text.figures import count
from harness.text.progress import say


class GateRuns:
    """The runs of all candidates, each by its label. They share the engines, and what is asked of the baseline."""

    def __init__(
        self,
        live: Mapping[str, GateRun],
        contenders: Contenders,
        store: Store,
        under_way: UnderWay,
        together: Together,
    ) -> None:
        self._live = live
        self._under_way = under_way
        self._contenders = contenders
        self._asking = together.asking
        self._store = store
        self._first = next(iter(live.values()))
        self._ranked: tuple[str, ...] = ()
        self.waiting = together.waiting
        """What tests that were postponed need asked; see ``ask_waiting``."""
        self._judges = together.judges
        self._surely_judged: Mapping[str, Sequence[tuple[Suite, Rubric]]] = {}
        self.secrets = self._first.secrets
        self.until_decided = self._first.so_far is not None
        """Whether cases are asked only until gates are decided."""

    @property
    def runs(self) -> Mapping[str, SuiteRun]:
        """What the fixtures use."""
        return {label: each.run for label, each in self._live.items()}

    def check_judge(self) -> None:
        """Set up the judge before anything is asked.

        Raises:
            InputError, EngineSetupError: its settings are wrong.
        """
        self._first.check_judge()

    def find_leaks(self, suites: Sequence[Suite], names: Names) -> frozenset[tuple[str, str]]:
        """Return the cases that are in a candidate's training rows and are left out, each by its suite and id.

        All candidates are judged by the same cases, so what one was trained on is left out for all.

        Raises:
            InputError: rows, or their signatures, can't be read, or a case that is let in is in no suite.
        """
        refuse_unknown(names.allowed_leaks, suites)
        checks = [each.data.find_leaks(suites, names) for each in self._live.values()]
        for place, each in enumerate(self._live.values()):
            each.data.leave_out_too([*checks[:place], *checks[place + 1 :]])
        return frozenset().union(*(check.left_out for check in checks))

    def lack_pinned(self, pinned: Sequence[tuple[str, tuple[str, str]]]) -> None:
        """Note which pinned tests, each with its case, are left out since a checkpoint was chosen by their case."""
        for each in self._live.values():
            each.data.lack_pinned(pinned)

    def plan(
        self,
        suites: Sequence[Suite],
        folders: Iterable[Path],
        sealed: Sequence[Path] = (),
        files: Sequence[SuiteFile] = (),
        always: Always = NOTHING_ALWAYS,
    ) -> None:
        """Remember what will be asked, which case files are sealed, the suites' files, and the commit of the tests.

        ``always`` is what is asked though every gate may be decided without it.
        """
        there = tuple(folders)
        for each in self._live.values():
            each.plan(suites, there, sealed, files, always)

    def judge_ahead(self, surely: Mapping[str, Sequence[tuple[Suite, Rubric]]]) -> None:
        """Ask the judge while the sides still answer, given each candidate's suites with the rubrics that judge them.

        Only a judge at an address of its own is, and only without a budget: what answers first would be judged first,
        and short answers do. Nor where cases are asked until gates are decided: nobody knows yet what judges will read.
        """
        if not self._judges.has_budget and not self.until_decided:
            self._surely_judged = surely

    def ask(self, tests: int) -> None:
        """Ask everything that was planned for so many tests, as one stream, and prove that the adapters answer.

        Of several candidates, one whose adapter changes nothing is inconclusive, and the others go on.

        Raises:
            SilentAdapter: the adapter changes nothing.
            EngineError: no more answers can be had; those that came before are in the store.
        """
        self._under_way.start(tests)
        questions = ManyQuestions([each.questions() for each in self._live.values()])
        before = time.monotonic()
        self._asking.fetch(questions, self._ahead())
        took = time.monotonic() - before
        for label, each in self._live.items():
            try:
                each.prove(took)
            except SilentAdapter as problem:
                if not label:
                    raise
                each.run.ledger.could_not_measure(str(problem))

    def _ahead(self) -> Readings | None:
        """Return what a judge elsewhere is asked meanwhile; None where there is nothing."""
        if not any(self._surely_judged.values()) or (judge := self._contenders.judge_elsewhere()) is None:
            return None
        found: list[Reading] = []
        requests: list[Request] = []
        calls = 0
        for label, each in self._surely_judged.items():
            for suite, rubric in each:
                readings, sample = self._live[label].judge_ahead(suite, rubric)
                found += readings
                requests += sample.requests
                calls += sample.calls
        self._judges.tell(requests, calls)
        return Readings(judge.engine, found, self._asking.responses)

    def ask_waiting(self, lost: Sequence[Sequence[Question]], judged: Sequence[Sequence[Question]]) -> None:
        """Ask what the tests that wait need, in one batch: of lost cases, and of judges, for each test.

        Where that breaks off, each of the tests asks for what it needs itself, and says what is missing.
        """
        questions = [one for each in lost for one in each]
        if lost:
            asked = len({request.key for _, request in questions})
            say(f"lost cases of {count(len(lost), 'test')} are asked again, in one batch of {count(asked, 'request')}")
        calls = [one for each in judged for one in each]
        needed, possible = self.waiting.take_more()
        ahead: Ahead = "asked" if self._judges.can_ask(calls) else "left out"
        more = [one for each in (*needed, *(possible if ahead == "asked" else ())) for one in each]
        if more:
            asked = len({request.key for _, request in more})
            say(f"some gates are not decided yet: the next batch is {count(asked, 'request')}")
        try:
            self._judges.ask_now(calls, [*more, *questions])
        except (EngineError, StoreError):
            self.waiting.give_up()
        else:
            for live in self._live.values():
                if live.so_far is not None:
                    live.so_far.settle(ahead)

    def start_over(self, label: str, test_id: str) -> None:
        """Forget what a test of a candidate compared: it runs again."""
        self._live[label].start_over(test_id)

    def tested(self, done: int) -> None:
        """Note how many tests have ended."""
        self._under_way.tested(done)

    def finish(self, tell: Callable[[str], None] = say) -> None:
        """Stop the engines, save the runs, rank them, write their reports, and tell CI.

        ``tell`` is called with each line on whose answers are taken on trust; ``unsaved`` has what could not be done.
        """
        self._under_way.save()
        self._contenders.close()
        saved = [run for each in self._live.values() if (run := each.save()) is not None]
        ranking = self._rank(saved) if len(saved) > 1 else None
        for line in dict.fromkeys(line for each in self._live.values() for line in each.ended.remarks):
            tell(line)
        for each in self._live.values():
            each.ended.show(ranking, each.finish)

    @property
    def unsaved(self) -> tuple[str, ...]:
        """A line for each thing that could not be saved: why, and how to get it."""
        return tuple(dict.fromkeys(line for each in self._live.values() for line in each.ended.unsaved))

    @property
    def ranked(self) -> tuple[str, ...]:
        """The ranking in lines for the terminal; none for one candidate."""
        return self._ranked

    @property
    def report_paths(self) -> tuple[str, ...]:
        """The path of each candidate's report as seen from the current folder; a file possibly does not exist yet."""
        return tuple(each.run.report_path for each in self._live.values())

    def could_not_save(self, problem: Exception) -> None:
        """Note that pytest or a plugin could not end its own work when the tests had ended."""
        for each in self._live.values():
            each.ended.could_not_save(problem)

    def close(self) -> None:
        """Close the store and, after a crash, stop the engines."""
        self._contenders.close()
        self._store.close()
        self._under_way.close()

    def discard(self) -> None:
        """Remove the folders of runs that asked nothing, unless they have logs of servers."""
        self._under_way.discard()
        self.close()
        for each in self._live.values():
            each.ended.discard()

    def _rank(self, saved: Sequence[Run]) -> Ranking | None:
        """Rank the candidates, and tell CI; what breaks here hides no verdict."""
        ranking = None
        unsaved = Unsaved(self._first.run.ledger)
        with unsaved.noting("the candidates were not ranked", "`harness rank` ranks them again"):
            ranking = ranking_of(saved)
            self._ranked = tuple(ranking_lines(ranking))
            tell_ci(lambda most: markdown_ranking(ranking, most), os.environ)
        self._ranked += unsaved.lines
        return ranking
