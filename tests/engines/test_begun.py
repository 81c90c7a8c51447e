"""Answers that have begun: a model goes on from there, in this process and at a server, from the same tokens."""

import msgspec
import pytest

from harness.config import EngineConfig
from harness.engines.openai import HttpEngine, Route, hosted_model
from harness.engines.spans import SpanReader
from harness.engines.transformers import TransformersEngine
from harness.engines.weights.chats import load_chats, longest
from harness.records.asked import Request
from tests.engines.fakes import endpoint_of, make_request

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
