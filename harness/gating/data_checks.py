"""What is known of a candidate's training rows: which cases are in them, what it gives away, what is near losses."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from harness.asking.ask import Watch
from harness.asking.cases import Suite
from harness.config.whole import HarnessConfig
from harness.errors import HarnessError
from harness.gating.chosen import check_chosen
from harness.gating.contenders import Contenders
from harness.gating.leaked import LeakCheck, beside, check_leaks, check_of, refuse_left_out, together, too_many
from harness.gating.ledger import Ledger
from harness.gating.near import Answers, Scored, known_rows, near_rows, with_losses
from harness.gating.regurgitation import Wanted, hold_against, measure, wanted_of
from harness.gating.settings import Names
from harness.gating.trained import check_of_rows, trained_files
from harness.models.own_text import own_text
from harness.records.leaked import NearRows, Regurgitation
from harness.records.saved import Run
from harness.text.visible import for_terminal


class DataChecks:
    """The checks of one candidate against its training rows, in the order of the methods; ``ledger`` is its own."""

    def __init__(
        self, contenders: Contenders, config: HarnessConfig, ledger: Ledger, training_data: Iterable[str]
    ) -> None:
        self._contenders = contenders
        self._config = config
        self._ledger = ledger
        self._training_data = tuple(map(Path, training_data))
        self._leaks = LeakCheck()
        self._wanted: Wanted | None = None
        self._regurgitation: Regurgitation | None = None

    def find_leaks(self, suites: Sequence[Suite], names: Names) -> LeakCheck:
        """Look for the suites' cases in the candidate's training rows; with too many of them the run fails.

        The rows that it will be asked to go on from are drawn here too.

        Raises:
            InputError: the rows, or their signatures, can't be read, or the canaries.
        """
        contenders, gates = self._contenders, self._config.gates
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
        self._ledger.fail_by_leaks(too_many(self._leaks, gates.max_leaked))
        return self._leaks

    def lack_pinned(self, pinned: Iterable[tuple[str, tuple[str, str]]]) -> None:
        """Note which pinned tests, each with its case, are left out since a checkpoint was chosen by their case."""
        for test_id, case in pinned:
            if case in self._leaks.chose:
                self._ledger.could_not_measure(
                    f"{test_id} was left out: a checkpoint was chosen by its case (stop_by); train again, which draws "
                    "no case that is pinned beside the suite, or leave this case out"
                )

    def leave_out_too(self, others: Iterable[LeakCheck]) -> None:
        """Note the cases that are left out since other candidates were trained on them."""
        self._leaks = beside(self._leaks, others)

    def measure_regurgitation(self, watch: Watch) -> float | None:
        """Ask how much of its training rows the candidate gives away; it fails the run where the settings say so.

        Returns the seconds that it took; None where nothing was asked.
        """
        contenders, took = self._contenders, None
        if self._wanted is not None:
            started = time.monotonic()
            based = {one.model.weights: (one, base) for one, base in contenders.adapters()}
            contender, base = based.get(contenders.candidate.model.weights, (None, None))
            self._regurgitation = measure(self._wanted, contender, base, watch)
            took = time.monotonic() - started
        if contenders.candidate.model.adapter is not None:
            hold_against(self._ledger, self._regurgitation, self._config.gates.max_regurgitated)
        return took

    def noted_in(self, ended: Run, folder: Path, scored_by: Scored, answers: Answers) -> Run:
        """Return a run, whose folder is ``folder``, with what was found, and with the training rows near its losses.

        ``scored_by`` and ``answers`` are as for ``near_rows``.
        """
        leaks = self._leaks
        ended = msgspec.structs.replace(
            ended, leaks_checked=leaks.how, leaked=leaks.leaked, regurgitation=self._regurgitation
        )
        try:
            return msgspec.structs.replace(
                self._with_data(ended, folder), near_rows=self._near_rows(ended, scored_by, answers)
            )
        except (HarnessError, OSError) as problem:
            told = (
                f"the training rows could not be read again to tell why cases were lost: {for_terminal(str(problem))}"
            )
            return msgspec.structs.replace(ended, notes=(*ended.notes, told))

    def _with_data(self, ended: Run, folder: Path) -> Run:
        """Return a run with the files that the candidate was trained on, and the check of them where there is one."""
        contenders = self._contenders
        replayed = contenders.replayed_run
        trained = trained_files(contenders.adapter_folder, self._training_data)
        if replayed is not None and not self._training_data:
            trained = replayed.trained_on
        if replayed is not None:
            own = replayed.own_text
        else:
            own = None if (adapter := contenders.adapter_folder) is None else own_text(adapter)
        root = contenders.root
        checked = check_of_rows(root / self._config.data.page, trained, folder, root)
        told = {"rows_checked": checked.rows, "data_page": checked.link} if checked else {}
        return msgspec.structs.replace(ended, trained_on=trained, own_text=own, **told)

    def _near_rows(self, run: Run, scored_by: Scored, answers: Answers) -> tuple[NearRows, ...]:
        """Return the training rows near lost cases; a saved run that answers again remembers those of its own."""
        lossy = with_losses(comparison for _, comparison in run.comparisons)
        if not lossy:
            return ()
        contenders = self._contenders
        replayed = contenders.replayed_run
        if replayed is not None and not self._training_data:
            return tuple(one for one in replayed.near_rows if one.comparison in lossy)
        known = known_rows(contenders.adapter_folder, self._training_data)
        if known is None:
            return ()
        return near_rows(known, lossy, scored_by, answers)
