"""Which models a server serves, and under which name to ask."""

import asyncio

import pytest

from harness.engines.http.listing import choose_name, listed_names
from harness.errors import EngineSetupError
from tests.engines.fakes import BASE_REF, KEY, endpoint_of
from tests.stub import Sent


def test_models_with_a_parent_are_adapters(stub):
    """As vLLM lists them."""
    stub.models = ["tiny", "triage"]

    assert listed_names(endpoint_of(stub)) == {"tiny": False, "triage": True}


def test_an_adapters_name_never_stands_for_the_base_model():
    """A server that lists only an adapter, or two bases, doesn't say which one is meant."""
    with pytest.raises(EngineSetupError, match="set base_model"):
        choose_name(BASE_REF, {"one": False, "two": False}, "here")
    with pytest.raises(EngineSetupError, match="but not 'tiny'"):
        choose_name(BASE_REF, {"tiny": True}, "here")


@pytest.mark.parametrize(
    "content", [{"object": "list", "data": []}, {"object": "list"}, {"data": [{"id": 7}]}, b"<html>", b"", [1]]
)
def test_a_page_that_is_no_model_list_is_told(stub, content):
    """A wrong path often answers with something."""
    stub.listed = Sent(content)

    with pytest.raises(EngineSetupError, match="lists no models; is base_url right"):
        listed_names(endpoint_of(stub))


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (Sent({"error": f"bad key {KEY}"}, 401), r"refuses the API key: HTTP 401: bad key \*\*\*; .*OPENAI_API_KEY"),
        (Sent({"detail": "Not Found"}, 404), "HTTP 404: Not Found; check base_url"),
        (Sent({"error": "loading\x1b[31m"}, 503), r"can't be read: HTTP 503: loading\\x1b\[31m; check base_url"),
        (Sent(), "/models can't be read: the connection was lost: "),
    ],
)
def test_a_failure_is_told_with_the_setting(stub, listed, said):
    """The key stays out of the text."""
    stub.listed = listed

    with pytest.raises(EngineSetupError, match=said) as raised:
        listed_names(endpoint_of(stub))

    assert KEY not in str(raised.value)


def test_a_model_that_is_named_after_the_key_is_not_shown_so(stub):
    """Names of models are in errors, and in the facts of a run."""
    stub.models = [f"model-{KEY}"]

    assert listed_names(endpoint_of(stub)) == {"model-***": False}


def test_a_notebook_may_ask(stub):
    """Its thread has an event loop already."""

    async def run() -> dict[str, bool]:
        return listed_names(endpoint_of(stub))

    assert asyncio.run(run()) == {"tiny": False}
