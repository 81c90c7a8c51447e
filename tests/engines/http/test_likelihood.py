"""How likely a server finds given texts: what is sent, what is read, and what can't be asked."""

import sys

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines.openai import HttpEngine, Route, hosted_model, remote_engine
from harness.engines.spans import SpanReader
from harness.errors import EngineSetupError
from harness.records.asked import Request
from tests.engines.fakes import endpoint_of, make_request
from tests.stub import Sent, Stub, weighed


def weighing(model, *texts: str, number=0):
    """Return a request that asks how likely texts are after "hi"."""
    return msgspec.structs.replace(make_request("hi", number, model), continuations=texts or ("yes", "no"))


def ask(stub: Stub, tiny_base, *requests: Request):
    """Return a server's responses, by key, with the tokenizer of a model whose files are here."""
    endpoint = endpoint_of(stub)
    spans = SpanReader((tiny_base,), max_model_len=60)
    engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name), read_spans=spans)
    return {response.request_key: response for response in engine.generate(requests)}


def test_the_log_probabilities_of_the_texts_alone_are_read(stub, tiny_base):
    """Prompts are sent as tokens, all of a request together; the stub's log-probabilities tell the tokens apart."""
    request = weighing(tiny_base.ref)

    response = ask(stub, tiny_base, request)[request.key]

    [body] = stub.bodies
    prompt = len("<user>hi") + 1 + len("<assistant>")
    assert [len(tokens) for tokens in body["prompt"]] == [prompt + 3, prompt + 2]
    assert (body["model"], body["max_tokens"], body["prompt_logprobs"]) == ("tiny", 1, 0)
    assert "messages" not in body
    sent = [[-token / 1000 for token in tokens[prompt:]] for tokens in body["prompt"]]
    assert [list(one.logprobs) for one in response.likelihoods] == sent
    assert [one.text for one in response.likelihoods] == ["yes", "no"]
    assert response.text == "no"  # two tokens are likelier than three here
    assert response.tokens_in == 2 * prompt + 5


def test_answers_and_likelihoods_are_asked_in_one_stream(stub, tiny_base):
    """Each at its own address."""
    stub.reply = lambda _model, question: question
    generated, likely = make_request("hi", 1, tiny_base.ref), weighing(tiny_base.ref)

    found = ask(stub, tiny_base, generated, likely)

    assert found[generated.key].text == "hi"
    assert len(found[likely.key].likelihoods) == 2
    assert stub.count == 2


def told_by(prompts, **changed: object):
    """Return what vLLM sends, with each choice changed."""
    answer = weighed(prompts)
    return {**answer, "choices": [{**choice, **changed} for choice in answer["choices"]]}


TWENTY = [[7] * 23, [7] * 22]
"""As many tokens as are asked about."""


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (told_by(TWENTY, prompt_logprobs=None), "the server reports no log-probabilities of prompts; serve"),
        (told_by([[7] * 9, [7] * 9]), "it tells 9 tokens of a prompt of 23"),
        (weighed(TWENTY), "the server reports no finite log-probability for a token of the text"),
        ({"choices": "none"}, "the server's answer can't be read"),
        ({"choices": []}, "the server reports no log-probabilities of prompts"),
    ],
    ids=["none", "too few", "of other tokens", "not a completion", "no choice"],
)
def test_what_does_not_tell_every_token_is_an_error_response(stub, tiny_base, sent, reason):
    """Never a likelihood of other tokens than were asked about."""
    stub.weighed = Sent(sent)
    request = weighing(tiny_base.ref)

    response = ask(stub, tiny_base, request)[request.key]

    assert reason in response.error
    assert response.likelihoods == ()


@pytest.mark.parametrize("value", [-9999.0, 0.5])
def test_a_value_that_is_no_log_probability_is_not_taken(stub, tiny_base, value):
    """VLLM writes -9999 for minus infinity."""
    request = weighing(tiny_base.ref)
    ask(stub, tiny_base, request)
    answer = weighed(stub.bodies[0]["prompt"])
    [[last]] = [list(answer["choices"][0]["prompt_logprobs"][-1].values())]
    last["logprob"] = value
    stub.weighed = Sent(answer)

    response = ask(stub, tiny_base, request)[request.key]

    assert "no finite log-probability" in response.error


def test_a_model_known_by_its_name_alone_is_not_asked(stub, tiny_base):
    """Nobody here knows its tokens, so nothing is sent, and the reason is the response's."""
    request = weighing(hosted_model("gpt-nobody"))

    response = ask(stub, tiny_base, request)[request.key]

    assert "how likely gpt-nobody finds a given text can't be asked" in response.error
    assert stub.bodies == []


def test_a_text_too_long_for_the_context_is_not_sent(stub, tiny_base):
    """The others are."""
    long, short = weighing(tiny_base.ref, "x" * 60), weighing(tiny_base.ref, number=1)

    found = ask(stub, tiny_base, long, short)

    assert "the limit is 59 (max_model_len = 60)" in found[long.key].error
    assert found[short.key].error is None
    assert stub.count == 1


def test_without_transformers_the_error_says_what_to_install(stub, tiny_base, monkeypatch):
    """A server that runs already needs nothing of it here, until its prompts are sent as tokens."""
    monkeypatch.setitem(sys.modules, "transformers", None)

    with pytest.raises(EngineSetupError, match="need transformers here; install the `train` extra"):
        ask(stub, tiny_base, weighing(tiny_base.ref))

    assert stub.bodies == []


def test_a_server_with_lora_modules_is_not_asked(stub, tiny_base):
    """The figures of vLLM would be wrong there, or stop it; answers are asked as always."""
    stub.models = ["tiny", "triage"]
    config = EngineConfig(base_url=stub.url)
    likely, plain = weighing(tiny_base.ref), make_request("hi", 1, tiny_base.ref)
    engine = remote_engine(config, {}, read_spans=SpanReader((tiny_base,), max_model_len=60))

    found = {response.request_key: response for response in engine.generate([likely, plain])}

    assert "of a server with LoRA modules" in found[likely.key].error
    assert (found[plain.key].error, stub.count) == (None, 1)
