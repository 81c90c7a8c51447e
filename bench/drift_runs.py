"""Months of daily ``harness drift`` runs on invented logs: how often quiet ones alarm, and how soon planted changes do.

``python -m bench.drift_runs [MONTHS]``, from the root of the repository, prints the rates against their bars: at most
one false alarm in 370 runs, and the right alarm within three days of the change. All that decides is ``harness/drift``
itself; only the page and the files are left out. Each month has a suite and a release of its own, weekends with fewer
requests, and a day without any. A planted change begins on day 18 of the same month that stays quiet otherwise, so a
month takes 38 runs: some 5 s of one core, and all cores are used.
"""

import datetime as dt
import math
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config.whole import HarnessConfig
from harness.drift.check import Material, about, compare_logs, finished
from harness.drift.drawn import Window, draw
from harness.drift.found import Drift, Point
from harness.drift.judged import Judged
from harness.drift.released import find_released
from harness.drift.rerun import NOT_ASKED
from tests.drift.made import DAY, FIRST, broken_answer, logged_day, other_question, project, used_in

DAYS, PLANTED, WITHIN = 30, 18, 3
RUNS_PER_FALSE_ALARM = 370
SETTINGS = f"[drift]\nruns_per_false_alarm = {RUNS_PER_FALSE_ALARM}\n"
PLAN = (200, 200, 200, 200, 200, 60, 60)
"""Requests of each day of a week."""
MISSING = 9
ERRORS = 3.0
"""Standard errors of the simulation that a rate can be beyond its bar."""


@dataclass(frozen=True)
class Change:
    """What is planted, and how the names of the figures begin that should alarm."""

    name: str
    planted: Mapping[str, object]
    right: str


CHANGES = (
    Change("inputs: other questions, in Spanish", {"asked": other_question}, "inputs: "),
    Change("answers: 30 % break the format, 2 % before", {"said": broken_answer}, "answers: "),
    Change("engine: a quarter slower", {"slower": 1.25}, "answers: latency"),
)


class Month:
    """A released adapter with its history, in memory; each month is another one."""

    def __init__(self, root: Path, seed: int) -> None:
        self._config: HarnessConfig = project(root, SETTINGS, seed)
        self._used = used_in(root)
        self._released = find_released(self._config, root, self._used, "", ())
        self._seed = seed

    def run(self, day: int, earlier: Sequence[Point], planted: Mapping[str, object]) -> tuple[Drift, Point]:
        """Return what the run on the evening of a day finds."""
        until = FIRST.timestamp() + day * DAY
        window = Window(since=until - DAY, until=until)
        logs = logged_day(day, number=PLAN[day % 7], seed=1 + self._seed, **planted)
        material = Material(drawn=draw(logs, window, 2_000, 0), used=self._used, released=self._released)
        compared = compare_logs(material, self._config.drift, 0, lambda _: {}, lambda *_: Judged())
        now = dt.datetime.fromtimestamp(until, dt.UTC).timestamp()
        known = about("mine", material, now, window.since, window.until)
        return finished(known, compared, NOT_ASKED, earlier, window, RUNS_PER_FALSE_ALARM)


def alarms(drift: Drift) -> list[str]:
    """Return the figures of a run that alarm, against their reference or over the runs."""
    against = [
        f"{question.name}: {one.name} ({one.against})"
        for question in drift.questions
        for one in question.figures
        if one.verdict == "drifted"
    ]
    found = [*against, *(f"{one.figure}, over the runs" for one in drift.charts if one.alarm)]
    assert bool(found) == (drift.verdict == "drifted")
    return found


def month(seed: int) -> tuple[list[list[str]], dict[str, list[list[str]]]]:
    """Return the alarms of each run of a quiet month, and of the days after each planted change."""
    with tempfile.TemporaryDirectory() as folder:
        watched = Month(Path(folder), seed)
        quiet, points, changed = [], list[Point](), {}
        for day in range(1, DAYS + 1):
            if day == PLANTED:
                changed = {one.name: _after(watched, points, one) for one in CHANGES}
            if day != MISSING:
                drift, point = watched.run(day, points, {})
                quiet.append(alarms(drift))
                points.append(point)
    return quiet, changed


def _after(watched: Month, before: Sequence[Point], change: Change) -> list[list[str]]:
    points, found = list(before), []
    for day in range(PLANTED, PLANTED + WITHIN):
        drift, point = watched.run(day, points, change.planted)
        found.append(alarms(drift))
        points.append(point)
    return found


def main() -> int:
    """Print the rates, and which figures gave false alarms; return the exit code."""
    months = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    quiet: list[list[str]] = []
    soon = {one.name: 0 for one in CHANGES}
    others: dict[str, list[list[str]]] = {one.name: [] for one in CHANGES}
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for runs, changed in pool.imap(month, range(months)):
            quiet += runs
            for change in CHANGES:
                found = changed[change.name]
                soon[change.name] += any(name.startswith(change.right) for names in found for name in names)
                others[change.name] += [[one for one in names if not one.startswith(change.right)] for names in found]
    held = [_rate("quiet", quiet)]
    for change in CHANGES:
        share = soon[change.name] / months
        held.append(share >= 0.99)
        print(f"{change.name}: {soon[change.name]} of {months} within {WITHIN} days; bar: 99 %: {_said(held[-1])}")
        held.append(_rate("  other alarms", others[change.name]))
    return 0 if all(held) else 1


def _rate(name: str, runs: Sequence[Sequence[str]]) -> bool:
    promised = len(runs) / RUNS_PER_FALSE_ALARM
    wrong = sum(map(bool, runs))
    holds = wrong <= promised + ERRORS * math.sqrt(promised)
    print(f"{name}: {wrong} of {len(runs)} runs alarmed, {promised:.1f} are promised at most: {_said(holds)}")
    for names in filter(None, runs):
        print(f"    {'; '.join(names)}")
    return holds


def _said(holds: bool) -> str:
    return "holds" if holds else "FAILS"


if __name__ == "__main__":
    raise SystemExit(main())
