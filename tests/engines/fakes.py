"""What the engines' tests are made of: requests, answers of a server, and tiny models with random weights."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.engines.chat import Endpoint
from harness.records import Message, ModelRef, Request, Sampling

CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' and not loop.first %}"
    "{{ raise_exception('a system message must come first') }}{% endif %}"
    "<{{ message['role'] }}>{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
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


def completion(text="fine", **changed: object):
    """Return a chat completion as servers send it."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    return {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage} | changed


@dataclass
class Reply:
    """What the server sends: a status with JSON or raw bytes; ``cut`` bytes of the end are never sent."""

    status: int = 200
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass
class Scripted:
    """A server that answers POSTs with ``reply(body)``, and keeps what it was sent."""

    endpoint: Endpoint
    models: list[dict[str, object]]
    bodies: list[dict[str, object]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    reply: Callable[[dict[str, object]], Reply] = lambda _body: Reply(content=completion())


def write_tiny_base(folder: Path, layers: int = 2) -> None:
    """Write a Llama with random weights, and a tokenizer of single bytes."""
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
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_adapter(base: Path, folder: Path, scale: float = 0.3, rank: int = 4) -> None:
    """Write a LoRA adapter for ``base`` with random weights that change its answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=scale)
    adapted.save_pretrained(folder)
