"""The end of a run that asked models: saved, shown in a report, told to CI; what breaks here hides no verdict."""

import os
import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.gating.ledger import Ledger
from harness.gating.masked_run import masked_run
from harness.gating.saving import Unsaved, tell_ci
from harness.gating.under_way import UnderWay
from harness.records.saved import Answer, Judgement, Run
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
from harness.runs.ranking import Ranking
from harness.text.secrets import Secrets

ASK_AGAIN = "run the same command again (what the store has is not asked again), then `harness report` shows it"
NOT_ENDED = "a run within a day can take over answers of hosted models from this one; --fresh asks them again"


class EndedRun:
    """One run in its ``folder``.

    What could not be saved leaves it inconclusive, since what can't be looked at is no proof.
    """

    def __init__(self, folder: Path, ledger: Ledger, secrets: Secrets, under_way: UnderWay) -> None:
        self._folder = folder
        self._ledger = ledger
        self._secrets = secrets
        self._under_way = under_way
        self._unsaved = Unsaved(ledger)
        self._saved: Run | None = None

    def save(
        self, run: Callable[[], Run], answers: Callable[[], Iterable[Answer]], judged: Callable[[], Iterable[Judgement]]
    ) -> Run | None:
        """Save the run with its answers and scores, and return it; None where it could not be saved."""
        with self._unsaved.noting("the run was not saved", ASK_AGAIN):
            saved = masked_run(run(), self._secrets)
            self._saved = saved
            write_run(self._folder, saved, answers(), map(self._masked, judged()))
        return self._saved if not self._unsaved.lines else None

    def show(self, ranking: Ranking | None, finish: Callable[[], None]) -> None:
        """Write the report of a run that was saved, and tell CI; ``ranking`` is None for one candidate.

        ``finish`` tells the store that the run has ended.
        """
        saved, folder = self._saved, self._folder
        report = f"`harness report {shlex.quote(os.path.relpath(folder))}`"
        if saved is not None and not self._unsaved.lines:
            with self._unsaved.noting("the store was not told that the run has ended", NOT_ENDED):
                if not saved.not_asked:  # else the run that asks the rest takes over what hosted models answered
                    finish()
            with self._unsaved.noting(
                "the report was not written", f"the run is saved, and {report} writes the report"
            ):
                write_report_of(saved, folder, ranking)
            self._under_way.end(folder)
        if saved is not None:
            instead = f"{report} writes a report that says the same"
            with self._unsaved.noting("the summary for CI was not written", instead):
                unmeasured = tuple(map(self._secrets.mask_cut, self._ledger.unmeasured))
                ended = msgspec.structs.replace(saved, outcome=overall(self._ledger), unmeasured=unmeasured)
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
            self._folder.rmdir()

    def _masked(self, judged: Judgement) -> Judgement:
        """Return a score without secrets; most have none, and masking a whole record takes much longer than looking."""
        reason = judged.item.score.reason
        return judged if self._secrets.mask(reason) == reason else self._secrets.masked(judged)


def report_path(folder: Path) -> str:
    """Return the path of a run's report as seen from the current folder; the file possibly does not exist yet."""
    return os.path.relpath(folder / "report.html")
