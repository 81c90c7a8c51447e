"""The candidates of one asking, ranked: which can be released, and which of them comes first."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import InputError, NoSuchModel
from harness.records.compared import Outcome, Verdict
from harness.records.record import Record
from harness.records.saved import Run
from harness.runs.folder import read_run
from harness.runs.outcome import EXIT_CODES, RANK, binding, overall
from harness.verdicts.ranking import GateRanking, rank_gate

RULE = (
    "Ranked by outcome, those that also pass with the choice among all taken into account first; then by the mean of "
    "their differences to the baseline over all gates on scores."
)

GateName = tuple[str, str, str, int]
"""A gate in one run: test, scorer, tag, and which of the gates of that name in its test it is."""


class Ranked(Record, frozen=True, kw_only=True):
    """One candidate. ``outcome`` is that of its own run.

    ``if_chosen`` is the outcome with the choice among all candidates taken into account, never a better one, and
    ``doubtful`` names the tests whose gates then no longer hold. ``mean`` is the mean difference to the baseline over
    all gates on scores; None without such a gate. ``is_early`` is whether gates were decided before all cases were
    asked, of any candidate: then none is chosen.
    """

    place: int
    name: str
    run: str
    number: int
    outcome: Outcome
    if_chosen: Outcome
    mean: float | None
    doubtful: tuple[str, ...] = ()
    is_early: bool = False


class Ranking(Record, frozen=True, kw_only=True):
    """All candidates, the best first, and each gate with the same candidates in its own order."""

    baseline: str
    candidates: tuple[Ranked, ...]
    gates: tuple[GateRanking, ...]

    @property
    def names(self) -> Mapping[int, str]:
        """The name of each candidate by its place in the order in which all were named."""
        return {one.place: one.name for one in self.candidates}

    @property
    def exit_code(self) -> int:
        """0 where the best can be released though it was chosen; else that of the best outcome."""
        return EXIT_CODES[self.candidates[0].if_chosen]


def ranking_of(runs: Sequence[Run]) -> Ranking:
    """Rank the candidates of runs that asked the same of the same baseline, in the order in which they were named."""
    by_gate: defaultdict[GateName, list[tuple[int, Verdict]]] = defaultdict(list)
    for place, run in enumerate(runs):
        for name, verdict in _named(run).items():
            by_gate[name].append((place, verdict))
    gates = tuple(map(rank_gate, by_gate.values()))
    names = _names(runs)
    is_early = any(run.not_asked for run in runs)
    found = [_ranked(place, run, names[place], gates, is_early=is_early) for place, run in enumerate(runs)]
    return Ranking(baseline=runs[0].baseline.name, candidates=tuple(sorted(found, key=_order)), gates=gates)


def read_ranking(runs: Path, run: Run) -> Ranking | None:
    """Rank the candidates that were asked together with a saved run's; None where it was the only one.

    Raises:
        NoSuchModel: one of their runs is not in the folder any more.
        StoreError: one can't be read.
    """
    if not run.beside:
        return None
    for name in run.beside:
        if Path(name).name != name:
            raise InputError(f"run {run.id} names {name!r} as a run beside it, which is not the name of a folder")
        if not (runs / name / "run.json").is_file():
            raise NoSuchModel(
                f"{runs / name}: this run was asked together with {run.id}, and is not complete or not there any more, "
                "so they can't be ranked; run the same command again (what the store has is not asked again)"
            )
    return ranking_of([read_run(runs / name) for name in run.beside])


def _ranked(place: int, run: Run, name: str, gates: Sequence[GateRanking], *, is_early: bool) -> Ranked:
    outcome = overall(run)
    doubtful = tuple(
        dict.fromkeys(
            one.test_id
            for one in gates
            if not one.gate.advisory
            for standing in one.standings
            if standing.place == place and not standing.holds
        )
    )
    return Ranked(
        place=place,
        name=name,
        run=run.id,
        number=run.number,
        outcome=outcome,
        if_chosen="inconclusive" if outcome == "passed" and (doubtful or is_early) else outcome,
        mean=_mean(run),
        doubtful=doubtful if outcome == "passed" else (),
        is_early=is_early,
    )


def _mean(run: Run) -> float | None:
    """Return the mean difference over all gates on scores; the slices of one gate count as one."""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for verdict in binding(run):
        seen = verdict.comparison
        if seen.best_difference is not None and not seen.unit:
            found[verdict.test_id, seen.scorer].append(seen.best_difference.mean)
    return statistics.fmean(map(statistics.fmean, found.values())) if found else None


def _named(run: Run) -> dict[GateName, Verdict]:
    found: dict[GateName, Verdict] = {}
    for verdict in run.verdicts:
        name = (verdict.test_id, verdict.comparison.scorer, verdict.comparison.tag)
        found[*name, sum(one[:3] == name for one in found)] = verdict
    return found


def _names(runs: Sequence[Run]) -> list[str]:
    """Return the candidates' names, with the run's number where two are called the same."""
    names = [run.candidate.name for run in runs]
    return [
        name if names.count(name) == 1 else f"{name} (run {run.number})" for name, run in zip(names, runs, strict=True)
    ]


def _order(one: Ranked) -> tuple[int, int, float, int]:
    return -RANK[one.if_chosen], -RANK[one.outcome], -one.mean if one.mean is not None else 0.0, one.place
