"""How often a review of generated rows passes a set with more bad rows than ``max_rejected``, by simulation.

Bad rows are placed by chance in the order of review, and people reject every bad row that they are shown. The review
goes on where it is too little to tell, as on the page. ``python -m bench.reviewed_rows`` prints each rate; its bar is
that at most 5 % of sets just above the limit pass, but for twice the standard error of the simulation.
"""

import random
import sys

from harness.data.generated.standing import standing_of
from harness.records.generated import Decision, Generated

BAR = 0.05 + 2 * (0.05 * 0.95 / 2000) ** 0.5
SETS = 2000
CASES = ((100, 0.1), (500, 0.1), (2000, 0.1), (500, 0.05), (2000, 0.02))
"""Rows, and ``max_rejected``."""


def passes(rows: int, max_rejected: float, bad: int, draw: random.Random) -> tuple[bool, int]:
    """Return whether one set passes its review, and how many rows people decided on."""
    state = Generated(
        digest="",
        settings="",
        rows=rows,
        wanted=rows,
        rejected={},
        unanswered=0,
        ended="all wanted",
        teacher="",
        max_rejected=max_rejected,
        order=tuple(map(str, range(min(rows, 1000)))),
    )
    is_bad = set(draw.sample(range(rows), bad))
    decisions: list[Decision] = []
    standing = standing_of(state, decisions)
    while standing.verdict in {"not reviewed", "too little to tell"}:
        for row in range(len(decisions), standing.asked):
            verdict = "reject" if row in is_bad else "accept"
            decisions.append(Decision(row=str(row), verdict=verdict, reason="", time=""))
        standing = standing_of(state, decisions)
    return standing.verdict == "usable", len(decisions)


def rate(rows: int, max_rejected: float, share: float, sets: int, seed: int = 0) -> tuple[float, float]:
    """Return the share of sets that pass, and the mean number of decisions; ``share`` of their rows are bad."""
    draw = random.Random(seed)  # noqa: S311 - must be repeatable
    found = [passes(rows, max_rejected, round(share * rows), draw) for _ in range(sets)]
    return sum(passed for passed, _ in found) / sets, sum(number for _, number in found) / sets


def main() -> int:
    """Print every rate; 1 where one is above its bar."""
    worst = 0.0
    print("rows  max_rejected  bad rows  pass     decisions")
    for rows, limit in CASES:
        above = (round(limit * rows) + 1) / rows
        for share in (limit / 4, limit / 2, above):
            passed, decisions = rate(rows, limit, share, SETS)
            worst = max(worst, passed if share == above else 0.0)
            print(f"{rows:>5} {limit:>12.0%} {share:>9.1%} {passed:>6.1%} {decisions:>10.0f}")
    return int(worst > BAR)


if __name__ == "__main__":
    sys.exit(main())
