"""What the pytest plugin asks of a run: the seam between pytest and what is done with the suites."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import pytest

from harness.asking.cases import Suite
from harness.gating.ledger import Ledger
from harness.gating.settings import Names
from harness.records.asked import Case, Response
from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.records.scored import Scorer
from harness.scorers.judges.judge import Judge
from harness.scorers.quantities import Quantity


class SuiteRun(Protocol):
    """One execution of the suites, in the order in which the plugin calls its methods."""

    ledger: Ledger
    """Where the plugin writes how tests ended."""

    def plan(self, suites: Iterable[Suite], folders: Iterable[Path]) -> None:
        """Take the suites of the selected tests, and the folders that hold these tests."""
        ...

    def ask(self) -> None:
        """Ask everything that was planned."""
        ...

    def evaluate(self, test_id: str, suite: Suite, scorer: Scorer | Judge | Quantity) -> Comparison:
        """Return both sides' comparison by a scorer, a judge or a quantity."""
        ...

    def prefer(self, test_id: str, suite: Suite, rubric: str) -> Comparison:
        """Return both sides' comparison by a pairwise judge."""
        ...

    def judge(self, rubric: str) -> Judge:
        """Return the rubric as a scorer."""
        ...

    def gate(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        """Return one verdict for each comparison that was decided; none where this run decides nothing."""
        ...

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to one case."""
        ...

    def finish(self) -> None:
        """Save what is to be kept."""
        ...

    def close(self) -> None:
        """Let go of everything, also after a crash."""
        ...

    def report_path(self) -> str:
        """Return the report's path as seen from the current folder; empty where none is written."""
        ...


OpenRun = Callable[[Names, Path, Path | None, tuple[str, ...]], SuiteRun]
"""Makes a run from the command line's names, the root folder, the settings' file, and the command."""
OPEN_RUN = pytest.StashKey[OpenRun]()
"""What makes the run; ``GateRun`` unless another plugin puts its own here before the tests are collected."""
