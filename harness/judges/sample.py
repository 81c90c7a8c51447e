"""Which labels are asked about again: evenly over what people said, the same ones each time."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest

from harness.judges.labels import Label
from harness.judges.readings import people_of

REPEATED = 40
"""Labels that a check asks about again."""
ASKINGS = 3
"""How often it asks about each of these in all."""
FIXED = 20
"""Labels that each run asks about again, where the judge can change behind its name."""


def evenly(labels: Sequence[Label], size: int) -> tuple[Label, ...]:
    """Return ``size`` labels, or all: from each level in turn, within a level in the order of their digests.

    A smaller sample of the same labels is the start of a larger one.
    """
    levels: defaultdict[str, list[Label]] = defaultdict(list)
    for label in sorted(labels, key=lambda label: label.read):
        levels[people_of(label)].append(label)
    turns = zip_longest(*(levels[level] for level in sorted(levels)))
    return tuple(label for turn in turns for label in turn if label is not None)[:size]
