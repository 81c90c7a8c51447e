"""Adapters that were trained on a base model in 4 bits (QLoRA): on the plain base model, and on one saved in 4 bits."""

from pathlib import Path

import pytest

from harness.config.engine import EngineConfig
from harness.engines.server.launch import plan, served_apart, weights_of
from harness.engines.transformers import TransformersEngine
from harness.engines.weights.load import quiet
from harness.engines.weights.merge import merged_folder
from harness.errors import AdapterError
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.mergeable import refuse_merging
from tests.engines.fakes import make_request, write_tiny_base

TEXTS = ("question 1", "What now?", "x")
QUESTION = [1, 40, 104, 200, 256, 104]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a folder with a base model, the same one saved in 4 bits, and an adapter that was trained on that."""
    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    root = tmp_path_factory.mktemp("four-bits")
    write_tiny_base(root / "tiny")
    in_4_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32,
    )
    torch.manual_seed(7)
    with quiet():
        model = AutoModelForCausalLM.from_pretrained(
            root / "tiny", quantization_config=in_4_bits, dtype=torch.float32, device_map="cpu"
        )
        model.save_pretrained(root / "tiny-bnb-4bit")
        AutoTokenizer.from_pretrained(root / "tiny").save_pretrained(root / "tiny-bnb-4bit")
        settings = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
        trained = get_peft_model(prepare_model_for_kbit_training(model), settings)
        for name, weight in trained.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=0.3)
        trained.save_pretrained(root / "qlora")
    return root


def in_peft(base: Path, folder: Path):
    """Return what PEFT loads, without the harness."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    with quiet():
        plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, device_map="cpu")
        return PeftModel.from_pretrained(plain, folder).eval()


def logits(model):
    """Return a model's logits."""
    import torch

    with torch.inference_mode():
        return model.eval()(torch.tensor([QUESTION])).logits


def test_on_the_plain_base_model_it_is_an_adapter_like_any_other(root, tmp_path):
    """A module; merged, it answers as PEFT does with it on that base model."""
    from transformers import AutoModelForCausalLM

    model = local_adapter(local_base("tiny", root / "tiny"), root / "qlora")

    merged = merged_folder(model, "float32", tmp_path / "cache", print)

    with quiet():
        answered = logits(AutoModelForCausalLM.from_pretrained(merged))
    wanted = logits(in_peft(root / "tiny", root / "qlora"))
    assert (model.beyond_modules, model.changes_base) == (None, None)
    assert float((answered - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())


def test_on_the_base_model_in_4_bits_it_answers_as_peft_does(root):
    """By the transformers engine, where base model and adapter share the 4-bit weights."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = local_base("tiny-bnb-4bit", root / "tiny-bnb-4bit")
    adapter = local_adapter(base, root / "qlora")
    engine = TransformersEngine((base, adapter), EngineConfig(kind="transformers", dtype="float32"))
    requests = [make_request(text, model=one.ref) for one in (base, adapter) for text in TEXTS]

    served = {response.request_key: response for response in engine.generate(requests)}

    tokenizer = AutoTokenizer.from_pretrained(root / "tiny")
    with quiet():
        plain = AutoModelForCausalLM.from_pretrained(root / "tiny-bnb-4bit", device_map="cpu")
    wanted = [
        greedy(model, tokenizer, text)
        for model in (plain, in_peft(Path(base.base_path), root / "qlora"))
        for text in TEXTS
    ]
    assert [served[request.key].error for request in requests] == [None] * 6
    assert [served[request.key].text for request in requests] == wanted
    assert wanted[:3] != wanted[3:]


def greedy(model, tokenizer, text: str) -> str:
    """Return a model's greedy answer of eight tokens."""
    asked = [{"role": "user", "content": text}]
    tokens = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    made = model.generate(**tokens, max_new_tokens=8, do_sample=False)
    return tokenizer.decode(made[0, tokens["input_ids"].shape[1] :], skip_special_tokens=True)


def test_on_the_base_model_in_4_bits_it_is_a_module_and_never_merged(root):
    """Merged weights would have to be rounded again."""
    base = local_base("tiny-bnb-4bit", root / "tiny-bnb-4bit")
    adapter = local_adapter(base, root / "qlora")
    config = EngineConfig(lora="dynamic")

    servings = plan((base, adapter), "dynamic", served_apart((base, adapter), config))

    assert servings[weights_of(adapter.ref)].modules == (("qlora", str(root / "qlora")),)
    with pytest.raises(AdapterError, match=r"qlora: can't be merged into tiny-bnb-4bit.*\(bitsandbytes\)"):
        refuse_merging({adapter: None})


def test_the_base_model_that_it_names_is_told(root):
    """Another one in 4 bits than the one here, or the plain one."""
    named = local_adapter(local_base("tiny", root / "tiny"), root / "qlora")
    other = local_adapter(local_base("tiny-bnb-4bit", root / "tiny-bnb-4bit"), root / "qlora")

    assert named.notes == ()
    assert other.notes == ("qlora: its adapter_config.json names the base model tiny; here it runs on tiny-bnb-4bit",)
