"""A run that asks models: planned, asked, then saved. It is opened by ``opened_runs``, and asked by ``gate_runs``."""

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from harness.asking.ahead import Reading
from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.left import Questions
from harness.config.whole import HarnessConfig
from harness.errors import Unmeasured
from harness.gating.ahead import Sample, readings, sample_of
from harness.gating.asked import Asked
from harness.gating.contenders import Contenders
from harness.gating.data_checks import DataChecks
from harness.gating.ended_run import EndedRun, report_path
from harness.gating.evaluate import Evaluation
from harness.gating.judge_calls import JudgeCalls
from harness.gating.judge_drift import JudgeDrift
from harness.gating.origins import secrets_of
from harness.gating.postponed import Waiting
from harness.gating.saving import Circumstances, run_of
from harness.gating.sealed import note_uses
from harness.gating.settings import Names
from harness.gating.suite_run import Decide, SuiteRun, decide_gate, decide_nothing
from harness.gating.under_way import Named, UnderWay
from harness.gating.until_decided.always import NOTHING_ALWAYS, Always
from harness.gating.until_decided.batches import Batches
from harness.gating.until_decided.so_far import Asker, SoFar
from harness.records.compared import Comparison, Gate, Probe, Slices, Verdict
from harness.records.made_of import SealedTest, SuiteFile
from harness.records.saved import Run
from harness.records.scored import Rubric
from harness.runs.provenance import commit_of
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal
from harness.verdicts.so_far import whole_of


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What a run that asks models needs: settings, a folder of its own, and both contenders.

    ``settings`` names the file that ``config`` is from; it is empty where the defaults hold. ``beside`` has the folders
    of all candidates' runs where there are several.
    """

    settings: str
    config: HarnessConfig
    folder: Path
    contenders: Contenders
    beside: tuple[str, ...] = ()


class Together(msgspec.Struct, frozen=True):
    """What all candidates share: who asks, which tests wait for a batch, who asks judges, and whether these changed."""

    asking: Asking
    waiting: Waiting
    judges: JudgeCalls
    drift: JudgeDrift


class GateRun:
    """One execution of the suites by models, in the order of its methods; ``run`` is what the fixtures use.

    ``data`` checks the candidate's training rows, ``ended`` saves the run and shows it, and ``so_far`` knows what was
    asked of its suites; it is None where all cases are asked at once.
    """

    def __init__(
        self, opened: Opened, names: Names, command: Sequence[str], under_way: UnderWay, together: Together
    ) -> None:
        self._opened = opened
        secrets = secrets_of(opened.config, os.environ)
        self.secrets = secrets.unmistakable
        """What is masked in the record of the run and in its tests' words."""
        self._command = tuple(secrets.mask(hide_login(word)) for word in command)
        self._suites: tuple[Suite, ...] = ()
        self._sealed: tuple[Path, ...] = ()
        self._files: tuple[SuiteFile, ...] = ()
        self._commit = ""
        self._probes: tuple[Probe, ...] = ()
        self._timings: dict[str, float] = {}
        self._started = time.monotonic()
        self._together = together
        self._under_way = under_way
        config, contenders = opened.config, opened.contenders
        sample = config.noise_sample if contenders.can_ask_again else 0
        self._batches = Batches(config.gates.order_seed) if config.gates.until_decided else None
        self._asked = Asked(
            contenders.baseline, contenders.candidate, together.asking, sample, together.judges.ask, self._batches
        )
        self.so_far = None if self._batches is None else self._so_far(self._batches)
        self._evaluation = Evaluation(
            self._asked, contenders.judge, config.judge.max_tokens, names.accepted, together.drift, self.so_far
        )
        decides: Decide = decide_gate if self.so_far is None else self._decide_or_wait
        if names.noise_sample is not None:
            decides = decide_nothing
        self.run = SuiteRun(self._evaluation, decides, config.gates, report_path(opened.folder))
        self.run.before_asking_again = self._postpone
        self.data = DataChecks(contenders, config, self.run.ledger, names.training_data)
        self.ended = EndedRun(opened.folder, self.run.ledger, self.secrets, under_way)
        candidate, baseline = (self.secrets.mask(one.model.name) for one in (contenders.candidate, contenders.baseline))
        named = Named(candidate=candidate, baseline=baseline, ledger=self.run.ledger)
        under_way.begin(opened.folder, named)

    def check_judge(self) -> None:
        """Set up the judge before anything is asked.

        Raises:
            InputError, EngineSetupError: its settings are wrong, or its budget can't be held.
        """
        self._together.judges.check(self._opened.contenders.judge_to_check().model)

    def plan(
        self,
        suites: Iterable[Suite],
        folders: Iterable[Path],
        sealed: Sequence[Path] = (),
        files: Sequence[SuiteFile] = (),
        always: Always = NOTHING_ALWAYS,
    ) -> None:
        """Remember what will be asked, which case files are sealed, the suites' files, and the commit of the tests.

        ``always`` is what is asked though every gate may be decided without it.

        Raises:
            InputError: a side can't be given the messages of a suite.
        """
        self._suites = tuple(suites)
        self._sealed = tuple(sealed)
        self._files = tuple(files)
        if self._batches is not None:
            self._batches.always = always
        self._opened.contenders.check(self._suites)
        self._commit = commit_of(tuple(folders), self._opened.folder.parent)

    def questions(self) -> Questions:
        """Say who will be asked, and return everything that was planned."""
        contenders = self._opened.contenders
        contenders.announce()
        return self._asked.plans.plan(self._suites, contenders.adapters())

    def judge_ahead(self, suite: Suite, rubric: Rubric) -> tuple[list[Reading], Sample]:
        """Return what the judge will read of a planned suite's answers by a rubric, and what that takes at most."""
        judge = self.run.reads(rubric)
        return list(readings(judge, suite, self._asked)), sample_of(judge, suite)

    def prove(self, asking_s: float) -> None:
        """Prove that the adapters are the ones answering, once everything was asked in this many seconds.

        Raises:
            SilentAdapter: one of them changes nothing.
        """
        self._timings["asking"] = asking_s
        for name in self._opened.contenders.changed():
            self.run.ledger.could_not_measure(
                f"{for_terminal(name)}: its files changed while it was asked, so which of its weights answered is not "
                "known; run again"
            )
        try:
            self._probes = self._asked.probes()
        except Unmeasured as problem:
            self.run.ledger.could_not_measure(str(problem))
        took = self.data.measure_regurgitation(self._under_way.watch)
        self._timings |= {} if took is None else {"regurgitation": took}

    def start_over(self, test_id: str) -> None:
        """Forget the comparisons that a test alone made: it runs again."""
        self._evaluation.kept.start_over(test_id)
        if self.so_far is not None:
            self.so_far.start_over(test_id)

    def save(self) -> Run | None:
        """Save the run, and return it; None where it could not be saved. Nothing that breaks here hides the verdicts.

        What could not be done is in ``ended``.
        """
        self._timings["total"] = time.monotonic() - self._started
        return self.ended.save(self._record, self._asked.answers, self._evaluation.kept.judgements)

    def finish(self) -> None:
        """Tell the store that the run has ended."""
        self._asked.finish()

    def _so_far(self, batches: Batches) -> SoFar:
        asker = Asker(
            questions_of=self._asked.plans.questions_of,
            fetch=self._asked.fetch,
            are_paid=any(contender.model.is_hosted for contender in self._asked.contenders.values()),
            judges_used_up=lambda: self._together.judges.used_up,
        )
        return SoFar(batches, self._together.waiting, asker)

    def _decide_or_wait(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        """Decide a gate by the cases asked so far, or end its test, which runs again once more were asked."""
        if self.so_far is None:
            return decide_gate(test_id, judged, gate)
        made = self._evaluation.kept.made(whole_of(judged).key)
        return self.so_far.decide_or_wait(test_id, judged, gate, made)

    def _postpone(self, _test_id: str, comparison: Comparison, case_ids: Sequence[str]) -> None:
        """End a test whose lost cases can wait until those of all tests are asked again."""
        waiting = self._together.waiting
        if waiting.opened and (questions := self._evaluation.to_ask_again(comparison, case_ids)):
            waiting.postpone(questions)

    def _record(self) -> Run:
        """Return the record of the run, with what is known of its cases."""
        ended = run_of(self.run.ledger, self._asked, self._circumstances())
        part = None if self.so_far is None else self.so_far.record(ended.usage, self._asked.answered_cases)
        known = msgspec.structs.replace(
            ended, suite_files=self._files, sealed=self._sealed_tests(ended), until_decided=part
        )
        return self.data.noted_in(
            known,
            self._opened.folder,
            self.run.scored_by,
            lambda suite: self._asked.answers_to(suite, "candidate"),
        )

    def _sealed_tests(self, run: Run) -> tuple[SealedTest, ...]:
        """Note in their seals that sealed tests judged the candidate, where they did, and return what the seals say."""
        judged = bool(run.verdicts) and run.candidate.weights != run.baseline.weights
        return note_uses(self._sealed if judged else (), run.candidate, run.id, run.time)

    def _circumstances(self) -> Circumstances:
        contenders = self._opened.contenders
        return Circumstances(
            folder=self._opened.folder.name,
            command=self._command,
            settings=self._opened.settings,
            suites=self._suites,
            commit=self._commit,
            judges=tuple(judge.model for judge, _ in contenders.judges.used),
            called=contenders.judges.called,
            prices=self._opened.config.price_table,
            probes=self._probes,
            origins=contenders.origins(self._probes),
            timings=self._timings,
            notes=contenders.notes,
            beside=self._opened.beside,
        )
