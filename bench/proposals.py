"""Whether a share of proposals leads back to the share of the logs: its bias, and how often its interval is right.

Run as ``python -m bench.proposals``. Logs are made up: reasons, days and clusters of different sizes, of which
different shares are worth keeping. Prints each figure against its bar, and exits with 1 where one is missed.
"""

import random
import sys
from collections import defaultdict

from harness.feedback.draw import Candidate, Chosen, draw
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.stats.surveys import Stratum, weighted_share

REPEATS = 1_000
COVERED = 0.93
"""Of the intervals at 95 %."""
BIAS = 0.005
KINDS = {"complaint": (40, 0.8), "failure": (900, 0.3), "odd": (300, 0.05), "near miss": (120, 0.5)}
"""By reason, how many questions there are, and how many of them are worth keeping."""


def population(chance: random.Random) -> list[tuple[Candidate, bool]]:
    """Return candidates, and whether each is worth keeping; some stand for many requests."""
    found = []
    for reason, (number, share) in KINDS.items():
        for place in range(number):
            cluster = chance.choice(("", "cluster 1", "cluster 2"))
            keep = chance.random() < share * (0.5 if cluster == "cluster 1" else 1)
            logged = Logged(place=f"log:{len(found)}", messages=(Message(role="user", content="x"),))
            day = f"2026-11-{1 + place % 14:02}"
            stands_for = float(chance.choice((1, 1, 1, 2, 5)))
            found.append(
                (
                    Candidate(logged=logged, reason=reason, told=(), day=day, cluster=cluster, stands_for=stands_for),
                    keep,
                )
            )
    return found


def stratum_of(some: list[Chosen], worth: dict[str, bool]) -> Stratum:
    """Return a stratum as it was drawn and decided."""
    return Stratum(
        units=some[0].units,
        sizes=tuple(one.candidate.stands_for for one in some),
        values=tuple(float(worth[one.candidate.logged.place]) for one in some),
    )


def main() -> int:
    """Print the figures of three numbers of proposals."""
    everybody = population(random.Random(1))  # noqa: S311 - a simulation
    worth = {one.logged.place: keep for one, keep in everybody}
    whole = sum(one.stands_for for one, _ in everybody)
    truth = sum(one.stands_for for one, keep in everybody if keep) / whole
    missed = False
    for most in (50, 100, 300):
        covered, total, width = 0, 0.0, 0.0
        for seed in range(REPEATS):
            strata: defaultdict[str, list[Chosen]] = defaultdict(list)
            for one in draw([candidate for candidate, _ in everybody], most, seed):
                strata[one.stratum].append(one)
            share = weighted_share([stratum_of(some, worth) for some in strata.values()])
            covered += share.low <= truth <= share.high
            total += share.mean
            width += share.high - share.low
        bias, rate = total / REPEATS - truth, covered / REPEATS
        missed |= abs(bias) > BIAS or rate < COVERED
        print(
            f"{most} proposals: true {truth:.4f}, bias {bias:+.4f} (bar {BIAS}), covered {rate:.4f} (bar {COVERED}), "
            f"width {width / REPEATS:.3f}"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
