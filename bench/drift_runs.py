"""Months of daily ``harness drift`` runs on invented logs: how often quiet ones alarm, and how soon planted changes do.

``python -m bench.drift_runs [MONTHS]`` prints the rates against their bars: at most one false alarm in 370 runs, and
the right alarm within three runs of the change, without another one.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.records.logged import Logged
from tests.drift.made import broken_answer, drift_on, logged_day, other_question, project, verdicts

DAYS, PLANTED, WITHIN = 30, 18, 3
RUNS_PER_FALSE_ALARM = 370
SETTINGS = f"[drift]\nruns_per_false_alarm = {RUNS_PER_FALSE_ALARM}\n"
CHANGES = {"inputs": {"asked": other_question}, "answers": {"said": broken_answer}}
QUESTIONS = ("inputs", "answers")


def month(seed: int, changed: str = "") -> list[dict[str, str | None]]:
    """Return the verdicts of each day of a month; ``changed`` names the question whose answer changes on day 18."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        config = project(root, SETTINGS)
        return [verdicts(drift_on(root, config, day, logs_of(seed, day, changed))) for day in range(1, DAYS + 1)]


def logs_of(seed: int, day: int, changed: str) -> Iterator[Logged]:
    """Return the requests of a day; each month has its own."""
    planted = CHANGES[changed] if changed and day >= PLANTED else {}
    return logged_day(day, seed=seed, **planted)


def alarms(days: list[dict[str, str | None]], question: str) -> list[int]:
    """Return the days on which a question drifted."""
    return [day for day, one in enumerate(days, 1) if one[question] == "drifted"]


def main() -> None:
    """Print the rates."""
    months = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    false = quiet = 0
    for seed in range(months):
        days = month(seed)
        false += len({day for question in QUESTIONS for day in alarms(days, question)})
        quiet += len(days)
    print(f"quiet: {false} of {quiet} runs alarmed; bar: {quiet / RUNS_PER_FALSE_ALARM:.1f}")
    for changed in CHANGES:
        (other,) = {*QUESTIONS} - {changed}
        found = [month(1_000_000 + seed, changed) for seed in range(max(months // 10, 1))]
        soon = sum(any(PLANTED <= day < PLANTED + WITHIN for day in alarms(days, changed)) for days in found)
        wrong = sum(len(alarms(days, other)) + sum(day < PLANTED for day in alarms(days, changed)) for days in found)
        bar = DAYS * len(found) / RUNS_PER_FALSE_ALARM
        print(f"{changed}: {soon} of {len(found)} within {WITHIN} runs; other alarms: {wrong}; bar: {bar:.1f}")


if __name__ == "__main__":
    main()
