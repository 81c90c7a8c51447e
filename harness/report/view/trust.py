"""Why the figures can be believed, in words: noise of the engine, and proof that an adapter answered."""

from collections.abc import Iterator, Sequence

from harness.records.compared import Noise, Probe
from harness.records.saved import Measure
from harness.runs.test_ids import title
from harness.stats import noise_floor
from harness.text.figures import count, number
from harness.text.visible import fact


def noise(measured: Noise) -> str:
    """Say how much changed when the baseline was asked again.

    >>> noise(Noise(asked=7, answers_changed=1, scored=7, scores_changed=0, spread=0.0))
    '7 answers asked for twice: 1 changed, and 0 of 7 scores'
    """
    return (
        f"{count(measured.asked, 'answer')} asked for twice: {measured.answers_changed:,} changed, and "
        f"{measured.scores_changed:,} of {count(measured.scored, 'score')}"
    )


def proof(probe: Probe) -> str:
    """Say how far an adapter's log-probabilities lie from its base model's."""
    return (
        f"first-token log-probabilities differ from the base model's on {probe.changed} of "
        f"{count(probe.prompts, 'prompt')}, by up to {number(probe.largest)} (by chance {number(probe.noise)})"
    )


def noise_lines(measures: Sequence[Measure]) -> Iterator[str]:
    """Yield for each measure what changed by chance, and the smallest drop that its number of cases can gate."""
    for one in measures:
        measured, delta = one.comparison.noise, one.comparison.delta
        said = noise(measured) if measured else "none of its answers was asked for twice; take a larger --sample"
        if measured and delta and measured.scored:
            floor = noise_floor(measured.spread, delta.n)
            said += f"; on {count(delta.n, 'case')} chance moves the mean by up to {number(floor)}"
        yield f"{title(one.test_id)}: {fact(one.comparison.scorer, 80)}\n  {said}"
