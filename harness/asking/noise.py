"""Measure the engine's noise: how much changes when the baseline is asked the same requests again."""

from array import array
from collections.abc import Callable, Iterable, Sequence

import msgspec

from harness.asking.requests import drawn_anew
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.compared import Noise
from harness.records.scored import Score

NOISE_ASKING = 100
"""Counts the asking that measures noise, far from those of lost cases: sampled answers get another seed by it."""


def choose_again(keys: Iterable[bytes], request_at: Callable[[int], Request], sample: int) -> dict[str, Request]:
    """Return about ``sample`` of some requests, spread evenly over their order, to be asked again.

    Each is at the key of the request that it asks again; ``request_at`` makes a request, given the place of its key.
    Sampled answers are drawn anew, with another seed: the same one would draw the same answer, and show no noise. The
    choice depends only on the plan, so that a second run finds the answers in the store.
    """
    if sample <= 0:
        return {}
    firsts: dict[bytes, int] = {}
    for place, key in enumerate(keys):
        firsts.setdefault(key, place)
    distinct = array("L", firsts.values())
    step = max(len(distinct) / sample, 1.0)
    places = dict.fromkeys(int(number * step) for number in range(min(sample, len(distinct))))
    chosen = [request_at(distinct[place]) for place in places]
    return {request.key: _again(request) for request in chosen}


def measure_noise(answers: Sequence[tuple[Response, Response]], scores: Sequence[tuple[Score, Score]]) -> Noise | None:
    """Return what changed between the first and the second asking; None when nothing was answered twice."""
    answered = [(first, second) for first, second in answers if first.error is None and second.error is None]
    if not answered:
        return None
    values = [
        (first.value, second.value) for first, second in scores if first.value is not None and second.value is not None
    ]
    changes = [second - first for first, second in values]
    return Noise(
        asked=len(answered),
        answers_changed=sum(not first.says_the_same(second) for first, second in answered),
        scored=len(changes),
        scores_changed=sum(change != 0 for change in changes),
        spread=sum(change * change for change in changes) / len(changes) if changes else 0.0,
    )


def by_prefix(request: Request) -> tuple[str, str]:
    """Return a sort key that puts requests with a long shared prefix next to each other, both models in turn.

    So both sides meet the same load; otherwise the times of their answers could not be compared.
    """
    texts = "\n".join(message.text for message in request.messages)
    return texts, request.model.adapter_digest or ""


def _again(request: Request) -> Request:
    again = msgspec.structs.replace(request, again=True)
    return drawn_anew(again, NOISE_ASKING) if request.sampling.temperature > 0 else again
