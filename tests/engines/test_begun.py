"""Answers that have begun: a model goes on from there, in this process and at a server, from the same tokens."""

import math

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines.openai import HttpEngine, Route, hosted_model
from harness.engines.spans import SpanReader
from harness.engines.transformers import TransformersEngine
from harness.engines.weights.chats import load_chats, longest
from harness.records.asked import Request
from harness.scorers.judges.expected import expected_level, token_requests
from tests.engines.fakes import endpoint_of, make_request
from tests.stub import Sent, completion

CONFIG = EngineConfig(dtype="float32")
PROMPT = "<user>hi</s><assistant>"


def begun(model, text, number=0, **sampling: object):
    """Return a request whose answer has begun."""
    return msgspec.structs.replace(make_request("hi", number, model.ref, **sampling), begun=text)


def through(stub, model, *requests: Request, serves_modules=False):
    """Return a server's responses by key, with the tokenizer of a model whose files are here."""
    spans = SpanReader((model,), max_model_len=60)
    route = Route(endpoint_of(stub), model.ref.name, serves_modules=serves_modules)
    return {one.request_key: one for one in HttpEngine("test", lambda _: route, read_spans=spans).generate(requests)}


def test_a_beginning_is_part_of_the_key():
    """What was stored before answers could begin keeps its key."""
    plain = make_request("hi")

    assert msgspec.structs.replace(plain, begun="").key == plain.key
    assert len({plain.key, *(msgspec.structs.replace(plain, begun=text).key for text in ("a", "b"))}) == 3


def test_the_model_reads_the_beginning_as_its_own_answer(tiny_base):
    """As when it generates from the same tokens by itself, and with room for what it adds."""
    import torch
    from transformers import AutoTokenizer

    from harness.engines.weights.load import load_base

    request = begun(tiny_base, "It is", max_tokens=6)
    [response] = TransformersEngine((tiny_base,), CONFIG).generate([request])

    tokenizer = AutoTokenizer.from_pretrained(tiny_base.base_path)
    tokens = torch.tensor([tokenizer(f"{PROMPT}It is")["input_ids"]])
    output = load_base(tiny_base.base_path, "float32", "cpu").generate(tokens, max_new_tokens=6, do_sample=False)
    assert response.error is None
    assert response.tokens_in == tokens.shape[1]
    assert response.text == tokenizer.decode(output[0, tokens.shape[1] :], skip_special_tokens=True)
    assert longest([request], load_chats(tiny_base.base_path)) == tokens.shape[1] + 6


def test_a_server_is_sent_the_same_tokens(stub, tiny_base):
    """Also one with LoRA modules, which can't tell how likely texts are; what it says is what it adds."""
    from transformers import AutoTokenizer

    stub.reply = lambda _model, _prompt: " what I add"
    request, other = begun(tiny_base, "It is"), make_request("hi", 1, tiny_base.ref)

    found = through(stub, tiny_base, request, other, serves_modules=True)

    assert found[request.key].text == found[other.key].text == " what I add"
    [body] = [body for body in stub.bodies if "prompt" in body]
    assert body["prompt"] == AutoTokenizer.from_pretrained(tiny_base.base_path)(f"{PROMPT}It is")["input_ids"]
    assert (body["max_tokens"], body["temperature"]) == (8, 0.0)
    assert "messages" not in body


@pytest.mark.parametrize(
    ("model", "text", "why"), [("hosted", "It is", "can't be asked to go on"), ("tiny", "x" * 40, "the limit is 51")]
)
def test_what_cannot_be_asked_is_an_error_response(stub, tiny_base, model, text, why):
    """A model whose tokenizer isn't here; a prompt that leaves no room for what is added. Nothing is sent."""
    request = begun(tiny_base, text)
    if model == "hosted":
        request = msgspec.structs.replace(request, model=hosted_model("gpt"))

    found = through(stub, tiny_base, request)

    assert why in found[request.key].error
    assert stub.bodies == []


def by_name(text: str, **sampling: object) -> Request:
    """Return a request whose answer has begun, to a model that is a name at a server and no more."""
    return msgspec.structs.replace(make_request("hi", 0, hosted_model("gpt"), **sampling), begun=text)


def test_a_model_without_a_tokenizer_here_goes_on_from_its_last_message(stub, tiny_base):
    """Where log-probabilities are asked for, which show whether the server did: that message stays open."""
    stub.reply = lambda _model, _question: Sent(completion("4", logprobs={"content": [_token("4", -0.1, {"5": -2.5})]}))
    request = by_name('{"score": ', max_tokens=2, logprobs=20)

    found = through(stub, tiny_base, request)

    [body] = stub.bodies
    assert found[request.key].logprobs[0].top == {"4": -0.1, "5": -2.5}
    assert body["messages"] == [{"role": "user", "content": "hi"}, {"role": "assistant", "content": '{"score": '}]
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
    assert (body["logprobs"], body["top_logprobs"], body["max_tokens"]) == (True, 20, 2)


def test_a_server_that_cannot_go_on_refuses_in_its_own_words(stub, tiny_base):
    """It is never asked without the parameter: its answer would be another."""
    refusal = {"error": {"message": "Unrecognized request argument supplied: continue_final_message"}}
    stub.reply = lambda _model, _question: Sent(refusal, 400)
    request = by_name('{"score": ', logprobs=20)

    found = through(stub, tiny_base, request)

    assert "continue_final_message" in found[request.key].error
    assert len(stub.bodies) == 1


def test_what_does_not_go_on_is_sent_as_before(stub, tiny_base):
    """Neither parameter is in the body of any other request."""
    through(stub, tiny_base, make_request("hi", 0, hosted_model("gpt")))

    [body] = stub.bodies
    assert not {"continue_final_message", "add_generation_prompt"} & body.keys()


def _token(token: str, logprob: float, others: dict[str, float]) -> dict[str, object]:
    top = [{"token": one, "logprob": value} for one, value in {token: logprob, **others}.items()]
    return {"token": token, "logprob": logprob, "top_logprobs": top}


def test_an_expected_level_is_that_of_the_models_own_probabilities(tiny_base):
    """Of the first token after the beginning, in this process; the levels hold what the softmax gives them."""
    import torch
    from transformers import AutoTokenizer

    from harness.engines.weights.load import load_base

    levels = ["1", "2", "3"]
    asked = make_request("hi", 0, tiny_base.ref, max_tokens=8)
    [request] = token_requests(asked, "score", levels, {})
    [response] = TransformersEngine((tiny_base,), CONFIG).generate([request])

    tokenizer = AutoTokenizer.from_pretrained(tiny_base.base_path)
    tokens = torch.tensor([tokenizer(f'{PROMPT}{{"score": ')["input_ids"]])
    shares = load_base(tiny_base.base_path, "float32", "cpu")(tokens).logits[0, -1].detach().softmax(-1)
    best = {tokenizer.decode([one]): float(shares[one]) for one in shares.topk(20).indices.tolist()}
    assert expected_level(levels, [response]).mass == pytest.approx(sum(best.get(one, 0.0) for one in levels), abs=1e-5)


def test_a_server_with_our_tokenizer_is_asked_for_the_level_by_tokens(stub, tiny_base):
    """At its address for completions, whose lists of log-probabilities are read as those of a chat."""
    logprobs = {"tokens": ["2"], "token_logprobs": [-0.1], "top_logprobs": [{"2": -0.1, "1": -2.5}]}
    choice = {"index": 0, "text": "2", "finish_reason": "length", "logprobs": logprobs}
    stub.reply = lambda _model, _prompt: Sent({"choices": [choice]})
    [request] = token_requests(make_request("hi", 0, tiny_base.ref), "score", ["1", "2"], {})

    found = through(stub, tiny_base, request, serves_modules=True)

    shares = math.exp(-0.1), math.exp(-2.5)
    assert expected_level(["1", "2"], [found[request.key]]).level == pytest.approx(
        (2 * shares[0] + shares[1]) / sum(shares)
    )
    assert (stub.bodies[0]["logprobs"], stub.bodies[0]["max_tokens"]) == (20, 2)
