"""What the engines' tests are made of: requests, ways to ask them, and tiny models with random weights."""

import random
from pathlib import Path

from harness.engines.http.endpoint import Endpoint
from harness.engines.openai import HttpEngine, Route
from harness.engines.weights.load import quiet
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message
from tests.stub import Stub

CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' and not loop.first %}"
    "{{ raise_exception('a system message must come first') }}{% endif %}"
    "<{{ message['role'] }}>{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
KEY = "secret-key-123"
BASE_REF = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64)


def make_request(text="hello", number=0, model=BASE_REF, repeat=0, **sampling: object):
    """Return a request whose last message is ``text``."""
    return Request(
        case_id=f"case-{number}",
        model=model,
        engine="test",
        messages=(Message(role="user", content=text),),
        sampling=Sampling(**({"max_tokens": 8} | sampling)),
        repeat=repeat,
    )


def endpoint_of(stub: Stub, **changed: object):
    """Return the way to a stub server; what is waited for is short."""
    named = {"api_key": KEY, "api_key_env": "OPENAI_API_KEY"}
    settings = named | {"base_url": stub.url, "timeout_s": 30.0, "back_off_s": 0.001, "window_s": 0.01}
    return Endpoint(**(settings | changed))


def ask(stub: Stub, *requests: Request, deadline_s: float | None = None, **changed: object):
    """Return a stub server's responses to the requests, one request by default, in order of completion."""
    endpoint = endpoint_of(stub, **changed)
    chance = random.Random(0).random  # noqa: S311 - jitter is no secret
    engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name), deadline_s, chance)
    return list(engine.generate(requests or (make_request(),)))


def make_requests(count: int):
    """Return requests that ask "q0", "q1", and so on."""
    return [make_request(f"q{number}", number) for number in range(count)]


def write_tiny_base(folder: Path, layers: int = 2, **changed: object) -> None:
    """Write a Llama with random weights, its configuration changed as told, and a tokenizer of single bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(["</s>", *alphabet])}, merges=[]))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="</s>", pad_token="</s>")
    tokenizer.chat_template = CHAT_TEMPLATE
    torch.manual_seed(layers)
    config = LlamaConfig(
        vocab_size=257,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
        **changed,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_adapter(base: Path, folder: Path, scale: float = 0.3, rank: int = 4, **changed: object) -> None:
    """Write a LoRA adapter for ``base``, its configuration changed as told, with random weights that change answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_pretrained(base)
    settings = {"r": rank, "lora_alpha": 2 * rank, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM"}
    with quiet():
        adapted = get_peft_model(model, LoraConfig(**(settings | changed)))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name or "lora_embedding_B" in name:
            torch.nn.init.normal_(weight, std=scale)
        elif weight.requires_grad and "lora_" not in name:
            weight.data += scale * torch.randn_like(weight)
    with quiet():
        adapted.save_pretrained(folder)
