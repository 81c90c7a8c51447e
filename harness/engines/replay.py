"""Answer from a saved run: the same requests get the same answers, without any model."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from harness.records.asked import ENDINGS, ModelRef, Request, Response
from harness.records.saved import Answer


class ReplayEngine:
    """Answers with what a saved run holds. ``identity`` is that of the engine that answered in the run."""

    runs_elsewhere = False
    can_ask_again = False
    notes: tuple[str, ...] = ()

    def __init__(self, answers: Iterable[Answer], identity: str) -> None:
        self.identity = identity
        self._saved = {answer.request.key: _as_answer(answer.response) for answer in answers}

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield the saved response of each request; one that is not in the run becomes an error response."""
        for request in requests:
            yield self._saved.get(request.key) or Response(
                request_key=request.key,
                error=f"not in the saved run: case {request.case_id!r} as asked of {request.model.name} "
                "(its text, sampling, model or engine differs from that run)",
            )

    def stop(self) -> None:
        """Do nothing: there is nobody to ask, and the rest comes at once."""


def model_then(model: ModelRef, run: str) -> ModelRef:
    """Return a hosted model as it answered in a run: what has the same name today can be another model."""
    return msgspec.structs.replace(model, adapter_digest=f"{model.adapter_digest} in run {run}")


def answers_of_then(answers: Iterable[Answer], model: ModelRef, then: ModelRef) -> Iterator[Answer]:
    """Yield what a run holds of ``model``, as answers to the same requests to ``then``."""
    for answer in answers:
        if answer.request.model == model:
            request = msgspec.structs.replace(answer.request, model=then)
            response = msgspec.structs.replace(answer.response, request_key=request.key)
            yield msgspec.structs.replace(answer, request=request, response=response)


def _as_answer(response: Response) -> Response:
    """Return a saved response; one that the server cut short, an answer to version 0.1, becomes an error."""
    if response.error is not None or response.finish_reason in ENDINGS:
        return response
    return Response(
        request_key=response.request_key,
        error=f"the server ended the answer with finish_reason {response.finish_reason!r}",
    )
