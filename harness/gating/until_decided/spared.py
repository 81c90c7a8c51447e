"""What a run says of the cases that were not asked, and about what they would have taken."""

from collections.abc import Callable, Sequence

from harness.asking.cases import Suite
from harness.gating.until_decided.batches import Batches
from harness.gating.until_decided.compared import Compared
from harness.records.in_part import AskedInPart, AskedPart, Spared
from harness.records.parties import Usage


def asked_in_part(
    batches: Batches, compared: Compared, usage: Sequence[Usage], answered: Callable[[Suite], int]
) -> AskedInPart:
    """Return what was asked in part, and about what the rest would have taken.

    ``answered`` counts the cases of a suite that both sides were asked, pinned ones included.
    """
    suites = batches.suites
    parts = tuple(AskedPart(suite=suite.name, cases=len(suite.cases), asked=answered(suite)) for suite in suites)
    rest = sum((one.cases - one.asked) * suite.sampling.repeats for one, suite in zip(parts, suites, strict=True))
    judgings = compared.judgings()
    judged = sum(one.read for one in judgings)
    unjudged = sum(one.cases for one in judgings) - judged
    spared = []
    for one in usage:
        left = rest if one.side != "judge" else round(one.answers * unjudged / judged) if judged else 0
        if left:
            each = None if one.cost is None or not one.answers else one.cost / one.answers
            cost = None if each is None else each * left
            spared.append(Spared(side=one.side, name=one.name, requests=left, cost=cost, currency=one.currency))
    return AskedInPart(seed=batches.seed, suites=parts, spared=tuple(spared))
