"""Answer from a saved run: the same requests get the same answers, without any model."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from harness.records.answered import ENDINGS, Response
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.saved import Answer


def by_everything(request: Request) -> str:
    """Return what a saved answer is found by: everything that can change it."""
    return request.asked_now.key


def by_question(request: Request) -> str:
    """Return what the answer of another tool is found by: how that one drew its answers is no part of the request."""
    return msgspec.structs.replace(request, sampling=Sampling(), then="").key


class ReplayEngine:
    """Answers with what a saved run holds. ``identity`` is that of the engine that answered in the run.

    ``key`` returns what an answer to a request is found by.
    """

    runs_elsewhere = False
    can_ask_again = False
    notes: tuple[str, ...] = ()

    def __init__(self, answers: Iterable[Answer], identity: str, key: Callable[[Request], str] = by_everything) -> None:
        self.identity = identity
        self._key = key
        self._saved = {key(answer.request): _as_answer(answer.response) for answer in answers}

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield the saved response of each request; one that is not in the run becomes an error response."""
        for request in requests:
            found = self._saved.get(self._key(request))
            if found is not None:
                yield found if found.request_key == request.key else _answering(found, request)
                continue
            yield Response(
                request_key=request.key,
                error=f"not in the saved run: case {request.case_id!r} as asked of {request.model.name} "
                "(its text, sampling, model or engine differs from that run, or it was not asked there)",
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
            yield msgspec.structs.replace(answer, request=request, response=_answering(answer.response, request))


def _answering(response: Response, request: Request) -> Response:
    return msgspec.structs.replace(response, request_key=request.key)


def _as_answer(response: Response) -> Response:
    """Return a saved response; one that the server cut short, an answer to version 0.1, becomes an error."""
    if response.error is not None or response.finish_reason in ENDINGS:
        return response
    return Response(
        request_key=response.request_key,
        error=f"the server ended the answer with finish_reason {response.finish_reason!r}",
    )
