"""How likely a model finds given texts, in this process: by hand, in batches, and where it can't be told."""

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines.transformers import TransformersEngine
from harness.engines.weights import likelihood
from harness.engines.weights.likelihood import Weighed, passes
from harness.engines.weights.load import load_base
from harness.models.continued import Span
from tests.engines.fakes import make_request

CONFIG = EngineConfig(dtype="float32")
TEXTS = ("yes", "no, never", "ok")


def weighing(text, model, *texts: str, number=0):
    """Return a request that asks how likely texts are."""
    return msgspec.structs.replace(make_request(text, number, model.ref), continuations=texts or TEXTS)


def by_hand(model, text, continuation):
    """Return the log-probability of each byte of a continuation, from one pass of its own for each."""
    import torch
    from transformers import AutoTokenizer

    weights = load_base(model.base_path, "float32", "cpu")
    tokenizer = AutoTokenizer.from_pretrained(model.base_path)
    tokens = tokenizer(f"<user>{text}</s><assistant>")["input_ids"]
    found = []
    for token in tokenizer(continuation)["input_ids"]:
        with torch.inference_mode():
            logits = weights(torch.tensor([tokens])).logits[0, -1]
        found.append(float(logits.log_softmax(-1)[token]))
        tokens = [*tokens, token]
    return found


def test_each_token_has_the_log_probability_that_one_pass_for_it_gives(tiny_base):
    """Padding and batching change nothing, and the likeliest text is shown as the answer."""
    engine = TransformersEngine((tiny_base,), CONFIG)
    questions = ("hi", "what is the capital of France?")

    requests = [weighing(text, tiny_base, number=number) for number, text in enumerate(questions)]
    found = {response.request_key: response for response in engine.generate(requests)}

    for request, question in zip(requests, questions, strict=True):
        response = found[request.key]
        assert [one.text for one in response.likelihoods] == list(TEXTS)
        for one in response.likelihoods:
            assert list(one.logprobs) == pytest.approx(by_hand(tiny_base, question, one.text), abs=1e-5)
        assert response.text == max(response.likelihoods, key=lambda one: sum(one.logprobs)).text
        prompt = len("<user>") + len(question) + 1 + len("<assistant>")
        assert response.tokens_in == sum(prompt + len(text) for text in TEXTS)


def test_answers_and_likelihoods_of_both_models_come_in_one_stream(tiny_base, tiny_adapter):
    """Each is asked of its own weights, and nothing is generated where it is asked how likely texts are."""
    engine = TransformersEngine((tiny_base, tiny_adapter), CONFIG)
    based, adapted = (weighing("hi", model) for model in (tiny_base, tiny_adapter))

    found = {one.request_key: one for one in engine.generate([based, make_request("hi", 1, tiny_base.ref), adapted])}

    assert len(found) == 3
    assert sum(bool(one.likelihoods) for one in found.values()) == 2
    assert found[based.key].likelihoods != found[adapted.key].likelihoods
    [alone] = TransformersEngine((tiny_base,), CONFIG).generate([based])
    assert found[based.key].likelihoods[0].logprobs == pytest.approx(alone.likelihoods[0].logprobs, abs=1e-5)


def test_a_text_beyond_the_context_is_an_error_response(tiny_base):
    """The other request is answered."""
    engine = TransformersEngine((tiny_base,), msgspec.structs.replace(CONFIG, max_model_len=40))
    long, short = weighing("hi", tiny_base, "x" * 40), weighing("hi", tiny_base, "x", number=1)

    found = {one.request_key: one for one in engine.generate([long, short])}

    assert "have 60 tokens, but the limit is 39 (max_model_len = 40)" in found[long.key].error
    assert found[long.key].likelihoods == ()
    assert found[short.key].error is None


def test_what_is_weighed_in_one_pass_is_bounded(monkeypatch):
    """By its tokens, padding included, and by the places whose logits are kept."""
    monkeypatch.setattr(likelihood, "TOKENS_IN_PASS", 40)
    monkeypatch.setattr(likelihood, "LOGITS_IN_PASS", 12)

    def made(number: int, length: int, start: int) -> Weighed:
        return Weighed(make_request("hi", number), (Span((1,) * length, start),))

    by_tokens = [made(number, 10, 9) for number in range(6)]
    by_logits = [made(number, 10, 7) for number in range(4)]

    assert [len(batch) for batch in passes(by_tokens)] == [4, 2]
    assert [len(batch) for batch in passes(by_logits)] == [3, 1]
    assert [len(batch) for batch in passes([made(0, 90, 5)])] == [1]
    assert list(passes([])) == []
