"""The three ways from what a judge says to a score: the level said, the expected level, the mean of samples."""

from typing import Literal

import msgspec

from harness.records.asked import Request
from harness.records.scored import Rubric

Way = Literal["text", "expected", "samples"]
SAMPLES = 5
"""How often a judge is asked with ``score = "samples"``, where the rubric does not say it."""
TEMPERATURE = 1.0
"""Of samples: drawn as the model itself weighs its verdicts, so that their mean tends to the expected level."""


def way_of(rubric: Rubric) -> Way:
    """Return how a rubric makes a score of what its judge says."""
    return "text" if isinstance(rubric.score, msgspec.UnsetType) else rubric.score


def samples_of(rubric: Rubric) -> int:
    """Return how often a judge is asked each question."""
    if way_of(rubric) != "samples":
        return 1
    return SAMPLES if isinstance(rubric.samples, msgspec.UnsetType) else rubric.samples


def sampled(request: Request, rubric: Rubric) -> tuple[Request, ...]:
    """Return a request as often as the judge is asked it; each sample has a seed of its own."""
    times = samples_of(rubric)
    if times == 1:
        return (request,)
    sampling = msgspec.structs.replace(request.sampling, temperature=TEMPERATURE, repeats=times)
    return tuple(msgspec.structs.replace(request, sampling=sampling, repeat=number) for number in range(times))
