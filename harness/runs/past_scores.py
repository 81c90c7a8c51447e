"""What earlier models got for each case of a suite: read from saved runs that asked the same cases."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from harness.errors import InputError
from harness.models.digests import remembered
from harness.records.asked import Case, ModelRef, Side, digest_of_cases
from harness.records.compared import Comparison
from harness.records.record import Record
from harness.records.saved import Run
from harness.runs.folder import read_run
from harness.runs.test_ids import is_of
from harness.text.visible import for_terminal

Weights = tuple[str, str, str]


class PastModel(Record, frozen=True, kw_only=True):
    """A model, and what it got for each case: the mean over scorers, in [0, 1], by the case's id."""

    name: str
    weights: Weights
    scores: dict[str, float]


class PastScores(Record, frozen=True, kw_only=True):
    """What runs say of a suite's cases: its models, the newest run's baseline first.

    ``pinned`` are the cases that have a test of their own, ``gated`` the tags by which slices were gated, and ``short``
    the runs that are left out since they asked only a short suite.
    """

    runs: tuple[str, ...]
    models: tuple[PastModel, ...]
    scorers: tuple[str, ...]
    pinned: frozenset[str]
    gated: tuple[str, ...]
    short: tuple[str, ...]


Scored = tuple[str, Comparison]
"""A comparison with the id of its test."""


class Wanted(Record, frozen=True, kw_only=True):
    """What is looked for: by which scorer, all where it is empty, and the baseline's name; else the newest run's."""

    scorer: str = ""
    baseline: str = ""


def read_past_scores(folders: Sequence[Path], path: Path, cases: Sequence[Case], wanted: Wanted) -> PastScores:
    """Return what saved runs, the newest last, say of the cases in ``path``.

    Of a model that several runs asked the newest counts. Scores of pairs are left out: they are of two models.

    Raises:
        InputError: a run asked other cases, or nothing has a name that is wanted.
        NoSuchModel, StoreError: a run can't be read.
    """
    by_model: dict[Weights, _Given] = {}
    first: Weights | None = None
    used, short, scorers = [], [], dict[str, None]()
    pinned, gated = set[str](), dict[str, None]()
    known = {case.id for case in cases}
    for folder in folders:
        run = read_run(folder)
        made = [one for one in run.comparisons if _is_about(one, path.parent, known)]
        if any(one.short is not None for _, one in made):
            short.append(folder.name)
            continue
        _refuse_changed(run, path, cases, made)
        pinned |= known & {one.case_id for one in run.pinned if is_of(one.test_id, path.parent)}
        gated |= {one.tag: None for _, one in made if one.tag}
        scorers |= {one.scorer: None for _, one in made}
        asked_for = [one for one in made if wanted.scorer in {"", one[1].scorer, one[1].scorer.partition("(")[0]}]
        for scored in asked_for:
            first = scored[1].baseline.weights
            _take(by_model, scored)
        used += [folder.name] if asked_for else []
    if scorers and not used:
        named = ", ".join(map(for_terminal, scorers))
        raise InputError(f"no run scored {path} by {for_terminal(wanted.scorer)}; the scorers are {named}")
    models = [one.averaged() for one in by_model.values()]
    return PastScores(
        runs=tuple(used),
        models=_baseline_first(models, wanted.baseline, first),
        scorers=tuple(scorers) if not wanted.scorer else (wanted.scorer,),
        pinned=frozenset(pinned),
        gated=tuple(gated),
        short=tuple(short),
    )


class _Given:
    """What one model got, by test and scorer, then by case."""

    def __init__(self, model: ModelRef) -> None:
        self._model = model
        self._by_scorer: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)

    def add(self, scored: Scored, side: Side) -> None:
        test_id, comparison = scored
        values = ((row.case_id, row.baseline if side == "baseline" else row.candidate) for row in comparison.rows)
        self._by_scorer[test_id, comparison.scorer] |= {name: value for name, value in values if value is not None}

    def averaged(self) -> PastModel:
        found: defaultdict[str, list[float]] = defaultdict(list)
        for scores in self._by_scorer.values():
            for name, value in scores.items():
                found[name].append(value)
        means = {name: statistics.fmean(values) for name, values in found.items()}
        return PastModel(name=self._model.name, weights=self._model.weights, scores=means)


def _take(by_model: dict[Weights, _Given], scored: Scored) -> None:
    comparison = scored[1]
    sides: tuple[tuple[ModelRef, Side], ...] = ((comparison.baseline, "baseline"), (comparison.candidate, "candidate"))
    for model, side in sides:
        by_model.setdefault(model.weights, _Given(model)).add(scored, side)


def _is_about(scored: Scored, suite: Path, known: AbstractSet[str]) -> bool:
    """Tell whether a comparison has scores of single answers to a suite's cases, not to another file's."""
    test_id, comparison = scored
    of_answers = not comparison.unit and not comparison.scorer.startswith("prefer(")
    return of_answers and is_of(test_id, suite) and any(row.case_id in known for row in comparison.rows)


def _refuse_changed(run: Run, path: Path, cases: Sequence[Case], made: Sequence[Scored]) -> None:
    """Refuse a run that asked other cases than are in the file now, under the same ids."""
    now = remembered(path)
    if any(one.sha256 == now for one in run.suite_files):
        return
    asked = {row.case_id for _, comparison in made for row in comparison.rows}
    then = {comparison.fingerprint.get("cases", "") for _, comparison in made}
    still = [case for case in cases if case.id in asked]
    if made and (len(still) < len(asked) or then != {digest_of_cases(still)}):
        raise InputError(
            f"run {run.id} asked other cases than {path} has now: what it found says nothing of these; "
            "name runs that asked the suite as it is, or run pytest suites/ again for each model that is here"
        )


def _baseline_first(models: Sequence[PastModel], name: str, first: Weights | None) -> tuple[PastModel, ...]:
    if name and all(one.name != name for one in models):
        named = ", ".join(for_terminal(one.name) for one in models) or "none"
        raise InputError(f"--baseline {for_terminal(name)}: not among the models of these runs: {named}")
    chosen = [one for one in models if (one.name == name if name else one.weights == first)][-1:]
    return (*chosen, *(one for one in models if one not in chosen))
