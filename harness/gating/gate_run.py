"""A run that asks models: opened from the command line's names, asked once, and saved with its report."""

import datetime as dt
import os
import shlex
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.asking.store import STORE_FILE, FreshStore, ReusingStore, Store
from harness.config import SETTINGS, HarnessConfig, load_config, told_settings
from harness.errors import Unmeasured
from harness.gating.asked import Asked
from harness.gating.contenders import Contenders
from harness.gating.evaluate import Evaluation
from harness.gating.origins import secrets_of
from harness.gating.saving import Circumstances, Unsaved, run_of, tell_ci
from harness.gating.settings import Names, overrule
from harness.gating.suite_run import SuiteRun, decide_gate, decide_nothing
from harness.models.digests import recomputed, remembered
from harness.records.compared import Probe
from harness.records.saved import Judgement
from harness.report import write_report_of
from harness.report.view.reused import reused_lines
from harness.report.view.trust import reloading, taken_on_trust
from harness.runs.folder import new_run_folder, remove_unfinished, write_run
from harness.runs.outcome import overall
from harness.runs.provenance import commit_of
from harness.text.progress import say, watch
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal
from harness.verdicts.fingerprint import check_accepted

ASK_AGAIN = (
    "make room or put the folder back, run the same command again (what the store has is not asked again), then "
    "`harness report` shows it"
)
NOT_ENDED = "a run within a day can take over answers of hosted models from this one; --fresh asks them again"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What a run that asks models needs: settings, a folder of its own, both contenders, and the store.

    ``settings`` names the file that ``config`` is from; it is empty where the defaults hold.
    """

    settings: str
    config: HarnessConfig
    folder: Path
    contenders: Contenders
    store: Store

    def close(self) -> None:
        """Stop the engines and close the store."""
        self.contenders.close()
        self.store.close()


def open_gate_run(names: Names, settings: Path, command: Sequence[str]) -> "GateRun":
    """Open what a run needs; no engine is started and nothing is asked.

    The folders that ``settings`` names are beside it, also where there is no such file and the defaults hold.

    Raises:
        InputError: a setting, a model's name or an adapter is wrong.
        EngineSetupError: an address or a key is wrong.
        StoreError: the store can't be opened.
    """
    check_accepted(names.accepted)
    config = overrule(load_config(settings), names)
    told = told_settings(settings, Path())
    say(f"settings: {for_terminal(told or f'the defaults, no {SETTINGS} is here or above the suites', None)}")
    runs = settings.parent / config.runs
    remove_unfinished(runs)
    folder = new_run_folder(runs, dt.datetime.now(dt.UTC))
    try:
        contenders = Contenders(config, settings.parent, folder, say, recomputed if names.verify else remembered)
        kind = FreshStore if names.fresh else ReusingStore if config.reuse_hosted else Store
        store = kind(runs / STORE_FILE)
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
        raise
    opened = Opened(settings=told, config=config, folder=folder, contenders=contenders, store=store)
    return GateRun(opened, names, command)


class GateRun:
    """One execution of the suites by models, in the order of its methods; ``run`` is what the fixtures use."""

    def __init__(self, opened: Opened, names: Names, command: Sequence[str]) -> None:
        self._opened = opened
        secrets = secrets_of(opened.config, os.environ)
        self.secrets = secrets.unmistakable
        """What is masked in the record of the run and in its tests' words."""
        self._command = tuple(secrets.mask(hide_login(word)) for word in command)
        self._suites: tuple[Suite, ...] = ()
        self._commit = ""
        self._probes: tuple[Probe, ...] = ()
        self._timings: dict[str, float] = {}
        self._started = time.monotonic()
        config, contenders = opened.config, opened.contenders
        sample = config.noise_sample if contenders.can_ask_again else 0
        self._asked = Asked(contenders.baseline, contenders.candidate, opened.store, watch, sample)
        self._evaluation = Evaluation(self._asked, contenders.judge, config.judge.max_tokens, names.accepted)
        decides = decide_gate if names.noise_sample is None else decide_nothing
        self.run = SuiteRun(self._evaluation, decides, config.gates)

    def check_judge(self) -> None:
        """Set up the judge before anything is asked.

        Raises:
            InputError, EngineSetupError: its settings are wrong.
        """
        self._evaluation.judge()

    def plan(self, suites: Iterable[Suite], folders: Iterable[Path]) -> None:
        """Remember what will be asked, and the commit of the folders that hold the tests.

        Raises:
            InputError: a side can't be given the messages of a suite.
        """
        self._suites = tuple(suites)
        self._opened.contenders.check(self._suites)
        self._commit = commit_of(tuple(folders), self._opened.folder.parent)

    def ask(self) -> None:
        """Ask everything that was planned, and prove that the adapters are the ones answering.

        Raises:
            SilentAdapter: one of them changes nothing.
            EngineError: no more answers can be had; those that came before are in the store.
        """
        self._opened.contenders.announce()
        before = time.monotonic()
        self._asked.ask(self._suites, self._opened.contenders.adapters())
        self._timings["asking"] = time.monotonic() - before
        try:
            self._probes = self._asked.probes()
        except Unmeasured as problem:
            self.run.ledger.could_not_measure(str(problem))

    def finish(self) -> tuple[str, ...]:
        """Stop the engines, save the run and its report, and tell CI.

        Return a line for each of these that could not be done: why, and how to get it. The run is inconclusive then,
        since what can't be looked at is no proof. Nothing that breaks here hides the verdicts.
        """
        self._opened.contenders.close()
        self._timings["total"] = time.monotonic() - self._started
        ledger, folder = self.run.ledger, self._opened.folder
        report = f"`harness report {shlex.quote(os.path.relpath(folder))}`"
        unsaved = Unsaved(ledger)
        saved = None
        with unsaved.noting("the run was not saved", ASK_AGAIN):
            saved = self.secrets.masked(run_of(ledger, self._asked, self._circumstances()))
            judgements = map(self._masked, self._evaluation.judgements())
            write_run(folder, saved, self._asked.answers(), judgements)
        if saved is not None and not unsaved.lines:
            with unsaved.noting("the store was not told that the run has ended", NOT_ENDED):
                self._asked.finish()
            with unsaved.noting("the report was not written", f"the run is saved, and {report} writes the report"):
                for line in (*taken_on_trust(saved), *reloading(saved), *reused_lines(saved)):
                    say(line)
                write_report_of(saved, folder)
        if saved is not None:
            with unsaved.noting("the summary for CI was not written", f"{report} writes a report that says the same"):
                unmeasured = tuple(map(self.secrets.mask_cut, ledger.unmeasured))
                ended = msgspec.structs.replace(saved, outcome=overall(ledger), unmeasured=unmeasured)
                tell_ci(ended, os.environ)
        return unsaved.lines

    def could_not_save(self, problem: Exception) -> tuple[str, ...]:
        """Note that pytest or a plugin could not end its own work when the tests had ended; return the line."""
        unsaved = Unsaved(self.run.ledger)
        unsaved.note("pytest or one of its plugins could not finish", problem, "what the harness saved is whole")
        return unsaved.lines

    def close(self) -> None:
        """Close the store and, after a crash, stop the engines."""
        self._opened.close()

    def discard(self) -> None:
        """Remove the folder of a run that asked nothing, unless it has logs of servers."""
        self._opened.close()
        with suppress(OSError):
            self._opened.folder.rmdir()

    @property
    def report_path(self) -> str:
        """The report's path as seen from the current folder; the file possibly does not exist yet."""
        return os.path.relpath(self._opened.folder / "report.html")

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
            judge=contenders.known_judge.model if contenders.known_judge else None,
            prices=self._opened.config.price_table,
            probes=self._probes,
            origins=contenders.origins(self._probes),
            timings=self._timings,
            notes=contenders.notes,
        )
