"""One execution of the suites: opens the sides, remembers verdicts, saves the run. The plugin is a shell around it."""

import datetime as dt
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from harness.asking.cases import Suite
from harness.asking.store import STORE_FILE, SilentStore, Store
from harness.asking.usage import usage_of
from harness.config import load_config, settings_file
from harness.errors import Unmeasured
from harness.gating.contenders import Sides
from harness.gating.evaluate import Evaluation, Terms
from harness.gating.ledger import Ledger
from harness.gating.settings import Names, overrule
from harness.models.digests import recomputed, remembered
from harness.records.asked import Case, Contender, ModelRef, Response
from harness.records.compared import Comparison, Gate, Probe, Slices, Verdict
from harness.records.record import digest
from harness.records.saved import Party, Run, Usage
from harness.records.scored import Scorer
from harness.report import markdown_summary, write_report_of
from harness.runs.folder import new_run_folder, write_run
from harness.runs.names import number_of
from harness.runs.provenance import commit_of, installed_versions
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.judges.rubric import named_rubric
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import answered
from harness.text.progress import say, watch
from harness.verdicts.fingerprint import check_accepted

J = TypeVar("J", Judge, PairJudge)


class GateRun:
    """Everything that one ``pytest suites/`` does with models, in the order of its methods.

    Raises:
        InputError: a setting, a model name or an adapter is wrong; nothing was started.
    """

    def __init__(self, names: Names, root: Path, settings: Path | None, command: tuple[str, ...]) -> None:
        path = settings_file(settings, root)
        check_accepted(names.accepted)
        self._root = path.parent
        self._config = overrule(load_config(path), names)
        self._command = command
        self._timings: dict[str, float] = {}
        self.ledger = Ledger()
        self._suites: list[Suite] = []
        self._judge: Contender | None = None
        self._commit = ""
        self._probes: tuple[Probe, ...] = ()
        self._started = time.monotonic()
        runs = self._root / self._config.runs
        self.folder = new_run_folder(runs, dt.datetime.now(dt.UTC))
        try:
            self._sides = Sides(self._config, self._root, self.folder, say, recomputed if names.verify else remembered)
            self._store = (SilentStore if names.fresh else Store)(runs / STORE_FILE)
        except BaseException:
            with suppress(OSError):
                self.folder.rmdir()
            raise
        sample = self._config.noise_sample if self._sides.can_ask_again else 0
        terms = Terms(noise_sample=sample, accepted=names.accepted)
        self._evaluation = Evaluation(self._sides.baseline, self._sides.candidate, self._store, watch, terms)

    def plan(self, suites: Iterable[Suite], folders: Iterable[Path]) -> None:
        """Remember what will be asked, and the commit of the folders that hold the tests."""
        self._suites += suites
        self._commit = commit_of(tuple(folders), self.folder.parent)

    def ask(self) -> None:
        """Ask everything that was planned, and prove that the adapters are the ones answering.

        Raises:
            SilentAdapter: one of them changes nothing.
        """
        before = time.monotonic()
        self._evaluation.ask(self._suites, self._sides.adapters())
        self._timings["asking"] = time.monotonic() - before
        try:
            self._probes = self._evaluation.probes()
        except Unmeasured as problem:
            self.ledger.unmeasured.append(str(problem))

    def evaluate(self, test_id: str, suite: Suite, scorer: Scorer | Judge | Quantity) -> Comparison:
        """Compare both sides by a scorer, a judge or a quantity; reported as a measure until a gate takes it."""
        if isinstance(scorer, Judge):
            comparison = self._evaluation.evaluate_by_judge(suite, scorer, self._the_judge().engine)
        elif isinstance(scorer, Quantity):
            comparison = self._evaluation.measure(suite, scorer)
        else:
            comparison = self._evaluation.evaluate(suite, scorer)
        return self.ledger.measure(test_id, comparison)

    def prefer(self, test_id: str, suite: Suite, rubric: str) -> Comparison:
        """Compare both sides by a pairwise judge."""
        asks = self._make_judge(PairJudge, rubric)
        return self.ledger.measure(test_id, self._evaluation.prefer(suite, asks, self._the_judge().engine))

    def judge(self, rubric: str) -> Judge:
        """Return the rubric as a scorer."""
        return self._make_judge(Judge, rubric)

    def gate(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        """Decide; see ``Ledger.gate``."""
        return self.ledger.gate(test_id, judged, gate)

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to one case.

        Raises:
            Unmeasured: the call failed.
        """
        return answered(case, self._evaluation.candidate_answers(suite, case)[0])

    def finish(self) -> None:
        """Stop the engines, save the run and its report, and tell CI."""
        self._sides.close()
        self._timings["total"] = time.monotonic() - self._started
        run = self._run()
        write_run(self.folder, run, self._evaluation.answers(), self._evaluation.judgements())
        write_report_of(run, self.folder)
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(markdown_summary(run))

    def close(self) -> None:
        """Let go of the store and, after a crash, of the engines."""
        self._sides.close()
        self._store.close()

    def report_path(self) -> str:
        """Return the report's path as seen from the current folder."""
        path = self.folder / "report.html"
        return os.path.relpath(path)

    def _make_judge(self, kind: type[J], rubric: str) -> J:
        judge = self._the_judge()
        return kind(
            rubric=named_rubric(rubric),
            model=judge.model,
            engine_identity=judge.engine.identity,
            max_tokens=self._config.judge.max_tokens,
        )

    def _the_judge(self) -> Contender:
        if self._judge is None:
            self._judge = self._sides.judge()
        return self._judge

    def _usage(self) -> tuple[Usage, ...]:
        models: dict[Party, ModelRef] = {
            "baseline": self._sides.baseline.model,
            "candidate": self._sides.candidate.model,
        }
        if self._judge:
            models["judge"] = self._judge.model
        return tuple(
            usage_of(spent, models[spent.party], self._config.price_table) for spent in self._evaluation.spent()
        )

    def _run(self) -> Run:
        now = dt.datetime.now(dt.UTC)
        return Run(
            id=self.folder.name,
            time=now.isoformat(timespec="seconds"),
            command=self._command,
            baseline=self._sides.baseline.model,
            candidate=self._sides.candidate.model,
            engine=self._sides.candidate.engine.identity,
            judge=self._judge.model.name if self._judge else "",
            versions=installed_versions(),
            fingerprint=digest([suite.digest for suite in self._suites]),
            verdicts=tuple(self.ledger.verdicts),
            measures=self.ledger.measures(),
            pinned=tuple(self.ledger.pinned),
            timings=self._timings,
            number=number_of(self.folder.name),
            commit=self._commit,
            usage=self._usage(),
            probes=self._probes,
            broken=tuple(self.ledger.broken),
            unmeasured=tuple(self.ledger.unmeasured),
        )
