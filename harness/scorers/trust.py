"""Which scorers a gate can't be enforced by, since nobody checked them against people."""

from harness.scorers.grounded import GroundedIn
from harness.scorers.repeats import OverRepeats
from harness.scorers.similar import Similar


def doubt_of(scorer: object) -> str:
    """Return why a gate on a scorer is advisory; empty where it is enforced."""
    if isinstance(scorer, OverRepeats):
        return doubt_of(scorer.scorer)
    if isinstance(scorer, Similar | GroundedIn) and scorer.doubt:
        return f"advisory: {scorer!r} {scorer.doubt}"
    return ""
