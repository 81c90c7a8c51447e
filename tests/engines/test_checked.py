"""A running server's models whose files are here: no answer is kept once a file has changed."""

from collections.abc import Iterator, Sequence

import pytest

from harness.engines.checked import CheckedEngine
from harness.engines.function import FunctionEngine
from harness.errors import EngineSetupError
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.answered import Response
from harness.records.asked import Request
from tests.engines.fakes import make_request
from tests.models.fakes import adapter_in, base_in


@pytest.fixture
def model(tmp_path):
    """Return an adapter on a base model."""
    return local_adapter(local_base("tiny", base_in(tmp_path / "base")), adapter_in(tmp_path / "mine"))


def test_a_module_replaced_while_the_server_reads_it_stops_the_run_before_any_answer(model, tmp_path):
    """As a server does that loads a module at the first request for it."""

    def answer(_request: Request) -> str:
        (tmp_path / "mine" / "adapter_model.safetensors").write_bytes(b"another training")
        return "by the new weights"

    responses = CheckedEngine(FunctionEngine(answer), [model]).generate([make_request(model=model.ref)])

    with pytest.raises(EngineSetupError, match=r"mine: it changed since .* load it into the server again, then run"):
        next(responses)


def test_the_answers_of_unchanged_modules_pass_through(model):
    """And nothing of the engine is hidden."""
    inner = FunctionEngine(lambda request: request.messages[-1].content.upper(), "server 1")
    engine = CheckedEngine(inner, [model])

    texts = [one.text for one in engine.generate([make_request("a"), make_request("b", 1)])]

    assert texts == ["A", "B"]
    assert (engine.identity, engine.runs_elsewhere, engine.can_ask_again) == ("server 1", False, True)


def test_closing_it_closes_the_other_engines_responses_too(model):
    """Whoever stops early must not leave requests in flight."""
    closed = []

    class Slow(FunctionEngine):
        def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
            try:
                yield from super().generate(requests)
            finally:
                closed.append(True)

    responses = CheckedEngine(Slow(lambda _: "x"), [model]).generate([make_request("a"), make_request("b", 1)])
    next(responses)
    responses.close()

    assert closed == [True]
