"""The proof of an adapter that every replica gives by itself, before its answers count."""

from collections.abc import Mapping, Sequence
from itertools import islice

from harness.asking.probe import difference, judge_probe, plan_probe
from harness.errors import EngineError, Unmeasured
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request

MOST_READ = 200
"""Requests of which the prompts are chosen: of a million, all would be read for four."""


class AdapterProof:
    """A few prompts to an adapter and its base model, and what the responses show.

    Args:
        asked: requests to the adapter.
        adapter: the adapter.
        base: its base model.
    """

    def __init__(self, asked: Sequence[Request], adapter: ModelRef, base: ModelRef) -> None:
        self._plan = plan_probe(tuple(islice(asked, MOST_READ)), adapter, base)

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is asked."""
        return self._plan.requests

    def check(self, responses: Mapping[str, Response]) -> None:
        """Refuse a replica whose adapter does not answer; ``responses`` are by the keys of their requests.

        Raises:
            SilentAdapter: the adapter changes nothing there.
            EngineError: that could not be checked.
        """
        missing = {request.key: Response(request_key=request.key, error="no response") for request in self.requests}
        try:
            judge_probe(self._plan, {**missing, **responses})
        except Unmeasured as problem:
            raise EngineError(str(problem)) from problem

    def apart(self, one: Mapping[str, Response], other: Mapping[str, Response]) -> float:
        """Return the largest difference between what two replicas answered, both checked, in nats."""
        return max(difference(one[request.key], other[request.key]) for request in self.requests)
