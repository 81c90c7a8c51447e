"""Each start of LoRA's matrices: a saved adapter answers as the model that was trained, in memory, or is refused."""

from pathlib import Path

import pytest

from harness.engines.weights.load import quiet
from harness.engines.weights.merge import merged_folder
from harness.errors import AdapterError
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from tests.engines.fakes import write_tiny_base

QUESTION = [1, 40, 104, 200, 256, 104]
MODULES = ["q_proj", "v_proj"]
CLOSE = 1e-5
"""The largest difference of two logits that rounding in float32 explains here, as a share of the largest logit."""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Return a small base model with random weights."""
    folder = tmp_path_factory.mktemp("bases") / "tiny"
    write_tiny_base(folder)
    return local_base("tiny", folder)


def load(folder: str | Path):
    """Return a model without the harness."""
    import torch
    from transformers import AutoModelForCausalLM

    with quiet():
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def logits(model):
    """Return the logits of a model, a plain one or PEFT's."""
    import torch

    with torch.inference_mode():
        return model.eval()(torch.tensor([QUESTION])).logits


def in_peft(base, folder: Path):
    """Return the logits of an adapter that PEFT loads on the plain base model."""
    from peft import PeftModel

    with quiet():
        return logits(PeftModel.from_pretrained(load(base.base_path), folder))


def apart(first, second) -> float:
    """Return the largest difference of two logits as a share of the largest."""
    return float((first - second).abs().max() / second.abs().max())


def attach_gradients(model, config) -> None:
    """Do what LoRA-GA does with a batch of the training's data before the training."""
    import torch
    from peft.tuners.lora.loraga import preprocess_loraga

    tokens = torch.tensor([QUESTION])

    def step() -> None:
        model(tokens, labels=tokens).loss.backward()

    preprocess_loraga(model, config, step)


def attach_covariance(model, config) -> None:
    """Do what CorDA does with the training's data before the training."""
    import torch
    from peft.tuners.lora.corda import preprocess_corda

    preprocess_corda(model, config, run_model=lambda: model(torch.tensor([QUESTION])))


def vectors_of_activations(model) -> dict:
    """Return what EVA would find in the training's data: fewer vectors for some modules than for others."""
    import torch

    targets = [name for name, _ in model.named_modules() if name.split(".")[-1] in MODULES]
    return {name: torch.randn(2 + 3 * (number % 2), 64) for number, name in enumerate(targets)}


def settings_of(start):
    """Return what PEFT is told for a start."""
    from peft.tuners.lora.config import CordaConfig, EvaConfig, LoraConfig, LoraGAConfig

    more = {
        "corda": {"corda_config": CordaConfig()},
        "lora_ga": {"lora_ga_config": LoraGAConfig()},
        "eva": {"eva_config": EvaConfig()},
    }
    plain = {"r": 4, "lora_alpha": 8, "target_modules": MODULES, "task_type": "CAUSAL_LM"}
    return LoraConfig(**plain, init_lora_weights=start, **more.get(str(start), {}))


def train(base, folder: Path, start: object):
    """Save an adapter after its training, as is and converted to plain LoRA; return the trained model's own logits."""
    import torch
    from peft import get_peft_model, initialize_lora_eva_weights

    torch.manual_seed(7)
    config = settings_of(start)
    with quiet():
        model = load(base.base_path)
        if prepare := {"corda": attach_covariance, "lora_ga": attach_gradients}.get(str(start)):
            prepare(model, config)
        trained = get_peft_model(model, config)
        if start == "eva":
            initialize_lora_eva_weights(trained, eva_state_dict=vectors_of_activations(model))
        config.init_lora_weights = True  # as PEFT's guide says of what is saved before the training
        trained.save_pretrained(folder / "first")
        config.init_lora_weights = start
        for weight in trained.parameters():
            if weight.requires_grad:
                weight.data += 0.05 * torch.randn_like(weight)
        own = logits(trained)
        trained.save_pretrained(folder / "as_is")
        trained.save_pretrained(folder / "converted", path_initial_model_for_weight_conversion=str(folder / "first"))
    return own


@pytest.mark.parametrize("start", [True, False, "gaussian", "eva", "orthogonal", "mica"], ids=str)
def test_a_start_that_leaves_the_base_model_alone_is_a_module(base, start, tmp_path):
    """Merged, it answers as the trained model did, and so does PEFT."""
    trained = train(base, tmp_path, start)
    model = local_adapter(base, tmp_path / "as_is")

    merged = logits(load(merged_folder(model, "float32", tmp_path / "cache", print)))

    assert (model.beyond_modules, model.changes_base) == (None, None)
    assert apart(merged, trained) < CLOSE
    assert apart(in_peft(base, tmp_path / "as_is"), trained) < CLOSE
    assert apart(logits(load(base.base_path)), trained) > 0.1


@pytest.mark.parametrize("start", ["pissa", "olora"])
def test_what_pissa_and_olora_took_out_of_the_base_model_is_taken_out_again(base, start, tmp_path):
    """PEFT does it at each loading, so the merged model answers as the trained one did; modules would not."""
    trained = train(base, tmp_path, start)
    model = local_adapter(base, tmp_path / "as_is")

    merged = logits(load(merged_folder(model, "float32", tmp_path / "cache", print)))

    assert model.beyond_modules == model.changes_base == f'init_lora_weights = "{start}"'
    assert apart(merged, trained) < CLOSE
    assert apart(in_peft(base, tmp_path / "as_is"), trained) < CLOSE


@pytest.mark.parametrize("start", ["pissa", "pissa_niter_1", "olora", "corda", "lora_ga"])
def test_a_converted_adapter_is_a_module_and_answers_as_the_trained_model_did(base, start, tmp_path):
    """It is plain LoRA of twice the rank on the plain base model, and its configuration says so."""
    trained = train(base, tmp_path, start)
    model = local_adapter(base, tmp_path / "converted")

    merged = logits(load(merged_folder(model, "float32", tmp_path / "cache", print)))

    assert (model.beyond_modules, model.changes_base) == (None, None)
    assert apart(merged, trained) < CLOSE


def test_corda_as_it_was_saved_is_refused(base, tmp_path):
    """PEFT itself can't load it: what it needs is gone with the training."""
    train(base, tmp_path, "corda")

    with pytest.raises(AdapterError, match=r'"corda": the training changed .*path_initial_model_for_weight_conversion'):
        local_adapter(base, tmp_path / "as_is")

    with pytest.raises(ValueError, match="run `preprocess_corda` first"):
        in_peft(base, tmp_path / "as_is")


def test_lora_ga_as_it_was_saved_is_refused(base, tmp_path):
    """PEFT loads it without a word on weights that it was not trained on, and answers otherwise."""
    trained = train(base, tmp_path, "lora_ga")

    with pytest.raises(AdapterError, match=r'"lora_ga": the training changed .*so it would answer wrongly; save it'):
        local_adapter(base, tmp_path / "as_is")

    assert apart(in_peft(base, tmp_path / "as_is"), trained) > 0.01


def test_an_adapter_whose_changed_base_model_is_the_base_model_is_plain_lora(base, tmp_path):
    """As in PEFT's examples for LoftQ and quantized PiSSA: both are saved, and the start is set to true."""
    import torch
    from peft import get_peft_model

    torch.manual_seed(7)
    with quiet():
        trained = get_peft_model(load(base.base_path), settings_of("pissa"))
        trained.peft_config["default"].init_lora_weights = True
        trained.save_pretrained(tmp_path / "mine")
        own = logits(trained)
        trained.unload().save_pretrained(tmp_path / "residual")
    residual = local_base("residual", tmp_path / "residual")
    model = local_adapter(residual, tmp_path / "mine")

    merged = logits(load(merged_folder(model, "float32", tmp_path / "cache", print)))

    assert model.beyond_modules is None
    assert apart(merged, own) < CLOSE
    assert apart(logits(load(residual.base_path)), own) > 0.1
