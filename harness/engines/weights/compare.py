"""Compare the logits of the untouched base model and of PEFT with those of the model that will answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.weights.load import attach, embeddings_in, fitting, load_alone, load_base
from harness.errors import AdapterError, EngineSetupError
from harness.models.adapter import read_config
from harness.models.local import LocalModel
from harness.models.own_code import loading

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

PROBE_TOKENS = 16
TRAINED_TOKENS = 8
"""How many of the tokens whose embeddings an adapter trained are asked as well."""
ROUNDING = {"float32": 1e-3, "float16": 5e-3, "bfloat16": 2e-2}
"""The largest difference of two logits that rounding can explain, as a share of the largest logit."""

CONVERT = "save it as a plain LoRA adapter (PEFT: save_pretrained with path_initial_model_for_weight_conversion)"
MERGE_IT = f'serve it merged, with kind = "vllm" and lora = "merged" under [engine] in harness.toml, or {CONVERT}'


def probe_tokens(base: str, folders: Sequence[str]) -> tuple[int, ...]:
    """Return a fixed prompt for a base model: tokens from all over its vocabulary, and tokens that adapters trained.

    Those that adapters added count as trained; tokens that they took away are left out.
    """
    from transformers import AutoConfig

    with loading(Path(base)):
        config = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False)
        size = config.get_text_config().vocab_size
    rows = [embeddings_in(Path(folder)) or size for folder in folders]
    least = min([size, *rows])
    trained = [number for folder in folders for number in read_config(Path(folder)).trained_tokens[:TRAINED_TOKENS]]
    added = range(size, max(rows, default=size))[:TRAINED_TOKENS]
    spread = [least * (2 * place + 1) // (2 * PROBE_TOKENS) for place in range(PROBE_TOKENS)]
    return (*spread, *(number for number in trained if number < least), *added)


def logits_of(model: "PreTrainedModel | PeftModel", tokens: Sequence[int]) -> "torch.Tensor":
    """Return the logits after each token of a prompt, in float32 on the CPU."""
    import torch

    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([list(tokens)], device=model.device), use_cache=False).logits
    return logits.float().cpu()


def logits_in_peft(base: str, folder: str, tokens: Sequence[int], place: tuple[str, str]) -> "torch.Tensor":
    """Return PEFT's own logits for an adapter, alone on a base model; ``place`` is a number format and a device.

    Raises:
        AdapterError: the adapter doesn't fit, or its logits contain NaN or infinity.
    """
    return logits_in(load_alone(base, folder, *place), folder, tokens, place[0])


def logits_in(model: "PeftModel", folder: str, tokens: Sequence[int], dtype: str) -> "torch.Tensor":
    """Return PEFT's own logits for the adapter in ``folder``, which is on the model in a number format.

    Raises:
        AdapterError: it doesn't fit, or its logits contain NaN or infinity.
    """
    with fitting(folder):
        logits = logits_of(model, tokens)
    if difference(logits, logits) > 0:
        raise AdapterError(
            f"{folder}: its logits contain NaN or infinity in {dtype}; train it again, or set another dtype"
        )
    return logits


def difference(logits: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Return the largest difference as a share of the largest expected logit; infinite where one is not finite."""
    import torch

    if logits.shape != expected.shape or not bool(torch.isfinite(logits).all() & torch.isfinite(expected).all()):
        return float("inf")
    return float((logits - expected).abs().max() / expected.abs().max().clamp(min=torch.finfo(torch.float32).tiny))


def unlike(logits: "torch.Tensor", expected: "torch.Tensor", dtype: str) -> str | None:
    """Return by how much logits differ if that is more than rounding in ``dtype`` explains, else None."""
    share = difference(logits, expected)
    if share <= ROUNDING[dtype]:
        return None
    if share == float("inf"):
        return f"the logits contain NaN or infinity in {dtype}, or differ in number"
    return f"logits differ by {share:.2g} of the largest one; rounding in {dtype} explains at most {ROUNDING[dtype]:g}"


def refuse_changed_base(models: Sequence[LocalModel]) -> None:
    """Refuse adapters that change the base model, which answers in the same process, or need another tokenizer.

    Raises:
        AdapterError: the first such adapter.
    """
    for model in models:
        if model.changes_base:
            raise AdapterError(
                f"{model.adapter_path}: with {model.changes_base} PEFT changes the base model itself, so the base "
                f"model would answer differently with this adapter loaded; {MERGE_IT}"
            )
        if model.tokenizer_path:
            raise AdapterError(
                f"{model.adapter_path}: has a tokenizer of its own, and this process has only the base model's; "
                f'set kind = "vllm" under [engine] in harness.toml, which gives this adapter a server of its own'
            )


def load_together(base: str, adapters: Mapping[str, str], dtype: str, device: str) -> "PreTrainedModel | PeftModel":
    """Return a base model with adapters, by name with their folders, after comparing what they answer.

    With no adapter active it must answer as it did before any was loaded. With each adapter it must answer as PEFT does
    with that one alone on a fresh base model. These are loaded one by one: two are never in memory at once.

    Raises:
        AdapterError: an adapter doesn't fit, or something answers differently.
        EngineSetupError: the base model's own logits contain NaN or infinity in ``dtype``.
    """
    folders = tuple(adapters.values())
    model: PreTrainedModel | PeftModel = load_base(base, dtype, device)
    if not adapters:
        return model
    tokens = probe_tokens(base, folders)
    untouched = logits_of(model, tokens)
    if difference(untouched, untouched) > 0:
        raise EngineSetupError(
            f"{base}: its logits contain NaN or infinity in {dtype}; set another dtype under [engine]"
        )
    del model
    alone = {name: logits_in_peft(base, folder, tokens, (dtype, device)) for name, folder in adapters.items()}
    model = load_base(base, dtype, device)
    attached: list[str] = []
    for name, folder in adapters.items():
        model = attach(model, folder, name).to(device)
        attached.append(name)
        with model.disable_adapter():
            told = unlike(logits_of(model, tokens), untouched, dtype)
        if told:
            raise AdapterError(
                f"{folder}: with this adapter loaded, the base model answers differently: {told}; {MERGE_IT}"
            )
        for other in attached:
            model.set_adapter(other)
            if told := unlike(logits_of(model, tokens), alone[other], dtype):
                raise AdapterError(f"{adapters[other]}: answers differently here than in PEFT: {told}; {MERGE_IT}")
    return model
