"""One run of ``harness drift``: logs are drawn, compared, put into the history, and shown on a page."""

import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.cases.passable import UsedSuite
from harness.config.whole import HarnessConfig
from harness.data.checks.problem import Problem
from harness.drift.check import Material, about, compare_logs, finished
from harness.drift.drawn import Drawn, Window, draw
from harness.drift.found import Drift, Question
from harness.drift.history import add_point, read_points
from harness.drift.judged import Judging
from harness.drift.masking import masked_text
from harness.drift.meaning import clusters_of
from harness.drift.page import write_drift_page
from harness.drift.released import Released, find_released
from harness.drift.rerun import NOT_ASKED, Again, rerun
from harness.drift.sources import Cluster
from harness.errors import InputError, StoreError
from harness.records.logged import Logged
from harness.records.record import Record
from harness.runs.names import DRIFT
from harness.text.figures import count, join
from harness.text.unwritten import unwritten

MOST_MODELS_TOLD = 5
"""Names of models in the logs that are told."""
Logs = Iterable[Logged | Problem]


class Wanted(Record, frozen=True, kw_only=True):
    """What is asked of a run. ``suite`` is its folder, seen from that of harness.toml.

    ``rerun`` says whether the suite is asked again, ``candidate`` and ``base_url`` whom; see ``Again``.
    """

    suite: str
    window: Window = Window()
    release: str = ""
    rubrics: tuple[str, ...] = ()
    meaning: bool = False
    rerun: bool = False
    candidate: str = ""
    base_url: str = ""
    seed: int = 0

    @property
    def name(self) -> str:
        """What the suite is called: its path, without the folder of all suites."""
        return self.suite.removeprefix("suites/").strip("/").replace("/", "-") or "suites"


class Places(Record, frozen=True, kw_only=True):
    """Where a run keeps what it found."""

    history: Path
    page: Path


def places_of(wanted: Wanted, runs: Path, page: Path | None = None) -> Places:
    """Return where the history of a suite is, and its page.

    Raises:
        StoreError: the folder can't be made.
    """
    folder = runs / DRIFT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{folder}: this folder can't be made: {unwritten(problem)}") from problem
    return Places(history=folder / f"{wanted.name}.jsonl", page=page or folder / f"{wanted.name}.html")


def run_drift(  # noqa: PLR0913, PLR0917 - each is of another kind
    wanted: Wanted,
    logs: Logs,
    reference: Logs | None,
    used: Sequence[UsedSuite],
    config: HarnessConfig,
    root: Path,
    places: Places,
    rows: Sequence[Path],
    now: dt.datetime,
) -> Drift:
    """Compare logs with what was released, add a line to the history, write the page, and return what was found.

    Raises:
        InputError: a suite, a run or a file that is named is wrong, or no request is in the window.
        StoreError: the history or the page can't be written.
    """
    released = find_released(config, root, used, wanted.release, rows)
    release = released.run.name if released.run else ""
    judging = Judging(wanted.rubrics, config, root, now, wanted.seed, places.history.parent, release)
    drawn = draw(logs, wanted.window, config.drift.sample, wanted.seed)
    material = Material(
        drawn=drawn,
        used=used,
        released=released,
        reference=() if reference is None else _referred(reference, wanted, config.drift.sample),
        prices=config.price_table,
    )
    earlier = read_points(places.history)  # before anything is asked: it can be wrong
    compared = compare_logs(material, config.drift, wanted.seed, _cluster(wanted), judging)
    known = about(wanted.name, material, now.timestamp(), wanted.window.since, wanted.window.until)
    known = msgspec.structs.replace(known, notes=_notes(material, wanted))
    again = _again(wanted, released, config, root)
    drift, point = finished(known, compared, again, earlier, wanted.window, config.drift.runs_per_false_alarm)
    add_point(places.history, point)
    write_drift_page(places.page, drift, root / config.runs)
    return drift


def _referred(reference: Logs, wanted: Wanted, most: int) -> tuple[Logged, ...]:
    """Return requests of the reference logs, to the same model as those that are compared with them."""
    drawn = draw(reference, Window(model=wanted.window.model), most, wanted.seed)
    if not drawn.kept:
        to = f" to {wanted.window.model}, which --model names" if wanted.window.model else ""
        raise InputError(f"the logs that --reference names have no request{to}; name others")
    return drawn.kept


def _cluster(wanted: Wanted) -> Cluster:
    def cluster(texts: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
        return clusters_of(texts, wanted.seed) if wanted.meaning else {}

    return cluster


def _again(wanted: Wanted, released: Released, config: HarnessConfig, root: Path) -> Question:
    if not wanted.rerun:
        return NOT_ASKED
    return rerun(
        released,
        Again(
            suite=wanted.suite,
            root=root,
            runs=root / config.runs,
            candidate=wanted.candidate,
            base_url=wanted.base_url,
        ),
    )


def _notes(material: Material, wanted: Wanted) -> tuple[str, ...]:
    drawn = material.drawn
    told = {
        "more than once in the logs, which count once": drawn.again,
        "outside of the window, or of another model": drawn.outside - drawn.undated,
        "without a time, so that nobody knows whether they are in the window": drawn.undated,
    }
    problems = (f"{one.places[0]}: {one.told}" if one.places else one.told for one in drawn.problems)
    return (
        *_models(drawn, wanted.window),
        *(f"{count(number, 'request')} {why}" for why, number in told.items() if number),
        *map(masked_text, problems),
    )


def _models(drawn: Drawn, window: Window) -> tuple[str, ...]:
    """Return what is to be known of the models in the logs: that there are several, or none of the name asked for."""
    found = sorted(drawn.models.items(), key=lambda one: (-one[1], one[0]))
    shown = [f"{masked_text(name) or 'no name'} ({number:,})" for name, number in found[:MOST_MODELS_TOLD]]
    if len(found) > MOST_MODELS_TOLD:
        shown.append(f"{len(found) - MOST_MODELS_TOLD:,} more")
    if window.model and found and window.model not in drawn.models:
        return (f"no request is to {window.model}; the logs have {join(shown)}",)
    if window.model or len(found) <= 1:
        return ()
    return (f"requests to several models were compared together: {join(shown)}; --model takes those to one alone",)


def suite_in(root: Path, suite: Path) -> str:
    """Return a suite's folder as seen from that of harness.toml.

    Raises:
        InputError: there is no such folder, or it is outside.
    """
    if not suite.is_dir():
        raise InputError(f"{suite}: no such folder; --suite names the folder of a suite, such as suites/mine")
    shown = os.path.relpath(suite.resolve(), root.resolve())
    if shown.startswith(".."):
        raise InputError(f"{suite}: is outside of {root}, the folder of harness.toml")
    return shown
