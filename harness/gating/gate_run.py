"""A run that asks models: planned, then saved with its report. It is opened, and asked, by ``gate_runs``."""

import os
import shlex
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.asking.ahead import Reading
from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.left import Question
from harness.config import HarnessConfig
from harness.errors import HarnessError, Unmeasured
from harness.gating.ahead import Sample, readings, sample_of
from harness.gating.asked import Asked
from harness.gating.chosen import check_chosen
from harness.gating.contenders import Contenders
from harness.gating.evaluate import Evaluation
from harness.gating.judge_calls import JudgeCalls
from harness.gating.judge_drift import JudgeDrift
from harness.gating.leaked import LeakCheck, beside, check_leaks, check_of, refuse_left_out, together, too_many
from harness.gating.masked_run import masked_run
from harness.gating.near import known_rows, near_rows, with_losses
from harness.gating.origins import secrets_of
from harness.gating.postponed import Waiting
from harness.gating.regurgitation import Wanted, hold_against, measure, wanted_of
from harness.gating.saving import Circumstances, Unsaved, run_of, tell_ci
from harness.gating.sealed import note_uses
from harness.gating.settings import Names
from harness.gating.so_far import SoFar
from harness.gating.suite_run import Decide, SuiteRun, decide_gate, decide_nothing
from harness.gating.trained import check_of_rows, trained_files
from harness.gating.under_way import Named, UnderWay
from harness.gating.until_decided import NOTHING_ALWAYS, Always, UntilDecided
from harness.models.own_text import own_text
from harness.records.compared import Comparison, Gate, Probe, Slices, Verdict
from harness.records.saved import Judgement, NearRows, Regurgitation, Run, SealedTest, SuiteFile
from harness.records.scored import Rubric
from harness.report import markdown_summary, write_report_of
from harness.report.view.judges import judge_lines
from harness.report.view.leaked import leak_lines
from harness.report.view.near import near_lines
from harness.report.view.regurgitation import regurgitation_lines
from harness.report.view.reused import reused_lines
from harness.report.view.sealed import sealed_lines
from harness.report.view.short import short_lines
from harness.report.view.trust import reloading, taken_on_trust
from harness.report.view.until_decided import early_lines
from harness.runs.folder import write_run
from harness.runs.outcome import overall
from harness.runs.provenance import commit_of
from harness.runs.ranking import Ranking
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal
from harness.verdicts.so_far import undecided, whole_of

ASK_AGAIN = (
    "make room or put the folder back, run the same command again (what the store has is not asked again), then "
    "`harness report` shows it"
)
UNSEEN = "name gate among the arguments of the test, so that it can wait for more of them"
MADE_BEFORE = "call evaluate in the test that gates, each time it runs, so that more of them are compared"
NOT_ENDED = "a run within a day can take over answers of hosted models from this one; --fresh asks them again"


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
    """One execution of the suites by models, in the order of its methods; ``run`` is what the fixtures use."""

    def __init__(
        self, opened: Opened, names: Names, command: Sequence[str], under_way: UnderWay, together: Together
    ) -> None:
        self._opened = opened
        secrets = secrets_of(opened.config, os.environ)
        self.secrets = secrets.unmistakable
        """What is masked in the record of the run and in its tests' words."""
        self._command = tuple(secrets.mask(hide_login(word)) for word in command)
        self._suites: tuple[Suite, ...] = ()
        self._leaks = LeakCheck()
        self._wanted: Wanted | None = None
        self._regurgitation: Regurgitation | None = None
        self._training_data = tuple(map(Path, names.training_data))
        self._sealed: tuple[Path, ...] = ()
        self._files: tuple[SuiteFile, ...] = ()
        self._commit = ""
        self._probes: tuple[Probe, ...] = ()
        self._saved: Run | None = None
        self._timings: dict[str, float] = {}
        self._started = time.monotonic()
        config, contenders = opened.config, opened.contenders
        sample = config.noise_sample if contenders.can_ask_again else 0
        self._until = UntilDecided(config.gates.order_seed) if config.gates.until_decided else None
        self._asked = Asked(
            contenders.baseline, contenders.candidate, together.asking, sample, together.judges.ask, self._until
        )
        self._evaluation = Evaluation(
            self._asked,
            contenders.judge,
            config.judge.max_tokens,
            names.accepted,
            together.drift,
            None if self._until is None else SoFar(self._until, together.waiting, self._asked),
        )
        decides: Decide = self._decide_or_ask if self._until is not None else decide_gate
        if names.noise_sample is not None:
            decides = decide_nothing
        self.run = SuiteRun(self._evaluation, decides, config.gates, self.report_path)
        self.run.before_asking_again = self._postpone
        self._together = together
        self.until_decided = self._until is not None
        """Whether cases are asked only until gates are decided."""
        self._unsaved = Unsaved(self.run.ledger)
        self._under_way = under_way
        candidate, baseline = (self.secrets.mask(one.model.name) for one in (contenders.candidate, contenders.baseline))
        named = Named(candidate=candidate, baseline=baseline, ledger=self.run.ledger)
        under_way.begin(opened.folder, named)

    def check_judge(self) -> None:
        """Set up the judge before anything is asked.

        Raises:
            InputError, EngineSetupError: its settings are wrong, or its budget can't be held.
        """
        self._together.judges.check(self._opened.contenders.judge_to_check().model)

    def find_leaks(self, suites: Sequence[Suite], names: Names) -> LeakCheck:
        """Look for the suites' cases in the candidate's training rows; with too many of them the run fails.

        The rows that it will be asked to go on from are drawn here too.

        Raises:
            InputError: the rows, or their signatures, can't be read, or the canaries.
        """
        contenders, gates = self._opened.contenders, self._opened.config.gates
        run = contenders.replayed_run
        self._regurgitation = run.regurgitation if run is not None else None
        if run is None and contenders.candidate.model.adapter is not None:
            always = gates.max_regurgitated is not None
            self._wanted = wanted_of(names, gates.regurgitation_rows, always=always)
        allowed = frozenset(names.allowed_leaks)
        self._leaks = together(
            check_leaks(contenders.adapter_folder, self._training_data, suites, allowed),
            check_chosen(contenders.trained_folders, suites, allowed),
        )
        if run is not None:
            refuse_left_out(allowed, run)
            self._leaks = together(check_of(run), self._leaks)
        self.run.ledger.fail_by_leaks(too_many(self._leaks, gates.max_leaked))
        return self._leaks

    def lack_pinned(self, pinned: Iterable[tuple[str, tuple[str, str]]]) -> None:
        """Note which pinned tests, each with its case, are left out since a checkpoint was chosen by their case."""
        for test_id, case in pinned:
            if case in self._leaks.chose:
                self.run.ledger.could_not_measure(
                    f"{test_id} was left out: a checkpoint was chosen by its case (stop_by); train again, which draws "
                    "no case that is pinned beside the suite, or leave this case out"
                )

    def leave_out_too(self, others: Iterable[LeakCheck]) -> None:
        """Note the cases that are left out since other candidates were trained on them."""
        self._leaks = beside(self._leaks, others)

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
        if self._until is not None:
            self._until.always = always
        self._opened.contenders.check(self._suites)
        self._commit = commit_of(tuple(folders), self._opened.folder.parent)

    def questions(self) -> Iterable[Question]:
        """Say who will be asked, and return everything that was planned."""
        contenders = self._opened.contenders
        contenders.announce()
        return self._asked.plan(self._suites, contenders.adapters())

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
        self._measure_regurgitation()

    def _measure_regurgitation(self) -> None:
        """Ask how much of its training rows the candidate gives away; it fails the run where the settings say so."""
        contenders, most = self._opened.contenders, self._opened.config.gates.max_regurgitated
        if self._wanted is not None:
            started = time.monotonic()
            model = contenders.candidate.model
            based = {one.model.weights: (one, base) for one, base in contenders.adapters()}
            contender, base = based.get(model.weights, (None, None))
            self._regurgitation = measure(self._wanted, contender, base, self._under_way.watch)
            self._timings["regurgitation"] = time.monotonic() - started
        if contenders.candidate.model.adapter is not None:
            hold_against(self.run.ledger, self._regurgitation, most)

    def _decide_or_ask(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        """Decide a gate by the cases asked so far, or end its test, which runs again once more were asked."""
        decided = None if self._until is None else self._until.decide(test_id, judged, gate)
        if decided is not None:
            return decided
        if not self._together.waiting.opened:
            return undecided(test_id, judged, gate, UNSEEN)
        more = self._evaluation.more(test_id, whole_of(judged))
        if more is not None:
            self._together.waiting.postpone_undecided(more)
        return undecided(test_id, judged, gate, MADE_BEFORE)

    def asked_on(self) -> None:
        """Note that what undecided gates needed has been asked."""
        if self._until is not None:
            self._until.settle()

    def _postpone(self, _test_id: str, comparison: Comparison, case_ids: Sequence[str]) -> None:
        """End a test whose lost cases can wait until those of all tests are asked again."""
        waiting = self._together.waiting
        if waiting.opened and (questions := self._evaluation.to_ask_again(comparison, case_ids)):
            waiting.postpone(questions)

    def start_over(self, test_id: str) -> None:
        """Forget the comparisons that a test alone made: it runs again."""
        self._evaluation.start_over(test_id)
        if self._until is not None:
            self._until.start_over(test_id)

    def save(self) -> Run | None:
        """Save the run, and return it; None where it could not be saved.

        What could not be done here and in ``show`` is in ``unsaved``. The run is inconclusive then, since what can't be
        looked at is no proof. Nothing that breaks here hides the verdicts.
        """
        self._timings["total"] = time.monotonic() - self._started
        with self._unsaved.noting("the run was not saved", ASK_AGAIN):
            ended = run_of(self.run.ledger, self._asked, self._circumstances())
            saved = masked_run(self._with_checks(ended), self.secrets)
            self._saved = saved
            judgements = map(self._masked, self._evaluation.judgements())
            write_run(self._opened.folder, saved, self._asked.answers(), judgements)
        return self._saved if not self._unsaved.lines else None

    def show(self, ranking: Ranking | None) -> None:
        """Write the report of a run that was saved, and tell CI; ``ranking`` is None for one candidate."""
        saved, folder, ledger = self._saved, self._opened.folder, self.run.ledger
        report = f"`harness report {shlex.quote(os.path.relpath(folder))}`"
        if saved is not None and not self._unsaved.lines:
            with self._unsaved.noting("the store was not told that the run has ended", NOT_ENDED):
                if not saved.not_asked:  # else the run that asks the rest takes over what hosted models answered
                    self._asked.finish()
            with self._unsaved.noting(
                "the report was not written", f"the run is saved, and {report} writes the report"
            ):
                write_report_of(saved, folder, ranking)
            self._under_way.end(folder)
        if saved is not None:
            instead = f"{report} writes a report that says the same"
            with self._unsaved.noting("the summary for CI was not written", instead):
                unmeasured = tuple(map(self.secrets.mask_cut, ledger.unmeasured))
                ended = msgspec.structs.replace(saved, outcome=overall(ledger), unmeasured=unmeasured)
                tell_ci(lambda most: markdown_summary(ended, most), os.environ)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader has to know: answers on trust or of an earlier run, and whom a sealed test has judged."""
        saved = self._saved
        return (
            (
                *taken_on_trust(saved),
                *reloading(saved),
                *early_lines(saved),
                *reused_lines(saved),
                *short_lines(saved),
                *sealed_lines(saved),
                *leak_lines(saved),
                *regurgitation_lines(saved),
                *near_lines(saved),
                *judge_lines(saved),
            )
            if saved is not None
            else ()
        )

    @property
    def unsaved(self) -> tuple[str, ...]:
        """A line for each thing that could not be saved: why, and how to get it."""
        return self._unsaved.lines

    def could_not_save(self, problem: Exception) -> None:
        """Note that pytest or a plugin could not end its own work when the tests had ended."""
        self._unsaved.note("pytest or one of its plugins could not finish", problem, "what the harness saved is whole")

    def discard(self) -> None:
        """Remove the folder of a run that asked nothing, unless it has logs of servers."""
        with suppress(OSError):
            self._opened.folder.rmdir()

    @property
    def report_path(self) -> str:
        """The report's path as seen from the current folder; the file possibly does not exist yet."""
        return os.path.relpath(self._opened.folder / "report.html")

    def _with_checks(self, ended: Run) -> Run:
        """Return a run with what is known of its cases: which were leaked, and whom sealed tests have judged."""
        leaks, sealed = self._leaks, self._sealed_tests(ended)
        known = {"suite_files": self._files, "sealed": sealed, "leaks_checked": leaks.how, "leaked": leaks.leaked}
        part = None if self._until is None else self._until.record(ended.usage, self._asked.answered_cases)
        ended = msgspec.structs.replace(ended, **known, regurgitation=self._regurgitation, until_decided=part)
        try:
            return msgspec.structs.replace(self._with_data(ended), near_rows=self._near_rows(ended))
        except (HarnessError, OSError) as problem:
            told = (
                f"the training rows could not be read again to tell why cases were lost: {for_terminal(str(problem))}"
            )
            return msgspec.structs.replace(ended, notes=(*ended.notes, told))

    def _with_data(self, ended: Run) -> Run:
        """Return a run with the files that the candidate was trained on, and the check of them where there is one."""
        contenders, opened = self._opened.contenders, self._opened
        replayed = contenders.replayed_run
        trained = trained_files(contenders.adapter_folder, self._training_data)
        if replayed is not None and not self._training_data:
            trained = replayed.trained_on
        if replayed is not None:
            own = replayed.own_text
        else:
            own = None if (folder := contenders.adapter_folder) is None else own_text(folder)
        root = contenders.root
        checked = check_of_rows(root / opened.config.data.page, trained, opened.folder, root)
        told = {"rows_checked": checked.rows, "data_page": checked.link} if checked else {}
        return msgspec.structs.replace(ended, trained_on=trained, own_text=own, **told)

    def _near_rows(self, run: Run) -> tuple[NearRows, ...]:
        """Return the training rows near lost cases; a saved run that answers again remembers those of its own."""
        lossy = with_losses(comparison for _, comparison in run.comparisons)
        if not lossy:
            return ()
        contenders = self._opened.contenders
        replayed = contenders.replayed_run
        if replayed is not None and not self._training_data:
            return tuple(one for one in replayed.near_rows if one.comparison in lossy)
        known = known_rows(contenders.adapter_folder, self._training_data)
        if known is None:
            return ()
        return near_rows(known, lossy, self.run.scored_by, lambda suite: self._asked.answers_to(suite, "candidate"))

    def _sealed_tests(self, run: Run) -> tuple[SealedTest, ...]:
        """Note in their seals that sealed tests judged the candidate, where they did, and return what the seals say."""
        judged = bool(run.verdicts) and run.candidate.weights != run.baseline.weights
        return note_uses(self._sealed if judged else (), run.candidate, run.id, run.time)

    def _masked(self, judged: Judgement) -> Judgement:
        """Return a score without secrets; most have none, and masking a whole record takes much longer than looking."""
        reason = judged.item.score.reason
        return judged if self.secrets.mask(reason) == reason else self.secrets.masked(judged)

    def _circumstances(self) -> Circumstances:
        contenders = self._opened.contenders
        return Circumstances(
            folder=self._opened.folder.name,
            command=self._command,
            settings=self._opened.settings,
            suites=self._suites,
            commit=self._commit,
            judges=tuple(judge.model for judge in contenders.known_judges),
            called=contenders.called_judges,
            prices=self._opened.config.price_table,
            probes=self._probes,
            origins=contenders.origins(self._probes),
            timings=self._timings,
            notes=contenders.notes,
            beside=self._opened.beside,
        )
