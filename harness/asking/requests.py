"""What is asked of each side for a suite. Only the keys are kept; a request is built again where it is needed."""

from collections.abc import Iterator

import msgspec

from harness.asking.cases import Suite
from harness.records.asked import Case, Contender, Request
from harness.records.record import Record


class Planned(Record, frozen=True, kw_only=True):
    """One case, and the key of one of its requests."""

    case: Case
    repeat: int
    key: str


class Plan(Record, frozen=True, kw_only=True):
    """Everything that one side is asked for a suite: each case with each of its repeats, in the order of the file."""

    suite: Suite
    items: tuple[Planned, ...]


def requests_of(suite: Suite, contender: Contender) -> Iterator[tuple[Case, Request]]:
    """Yield each case with each of its requests to one side, in the order of the file."""
    for case in suite.cases:
        for request in requests_for(case, suite, contender):
            yield case, request


def requests_for(case: Case, suite: Suite, contender: Contender) -> Iterator[Request]:
    """Yield the requests for one case, one for each repeat."""
    messages = suite.messages_for(case, contender.model)
    tools, rendering = suite.tools_for(case), suite.rendering_for(contender)
    for repeat in range(suite.sampling.repeats):
        yield Request(
            case_id=case.id,
            model=contender.model,
            engine=contender.engine.identity,
            messages=messages,
            sampling=suite.sampling,
            repeat=repeat,
            tools=tools,
            rendering=rendering,
            continuations=suite.continuations.get(case.id, ()),
            then=contender.then,
        )


def requests_again(case: Case, suite: Suite, contender: Contender, asking: int) -> Iterator[Request]:
    """Yield the requests that ask a case again, for the ``asking``-th time after the first: one for each repeat.

    Each has a seed of its own, so that sampled answers are drawn anew.
    """
    for request in requests_for(case, suite, contender):
        yield msgspec.structs.replace(drawn_anew(request, asking), again=True)


def drawn_anew(request: Request, asking: int) -> Request:
    """Return a request with another seed than any of its case's repeats, for the ``asking``-th time after the first."""
    sampling = request.sampling
    seed = sampling.seed + asking * sampling.repeats
    return msgspec.structs.replace(request, sampling=msgspec.structs.replace(sampling, seed=seed))


def plan_of(suite: Suite, contender: Contender) -> tuple[Plan, list[Request]]:
    """Return what one side is asked for a suite, and the requests themselves."""
    pairs = list(requests_of(suite, contender))
    items = tuple(Planned(case=case, repeat=request.repeat, key=request.key) for case, request in pairs)
    return Plan(suite=suite, items=items), [request for _, request in pairs]
