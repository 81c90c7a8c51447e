"""Merge an adapter into its base model once; later runs find the result in the cache folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.weights.agreement import COMPUTED, Agreement, agreeing, answers_of, equal_answers, prompts_of
from harness.engines.weights.beside import write_beside, write_generation
from harness.engines.weights.compare import CONVERT, difference, logits_in, logits_of, probe_tokens, unlike
from harness.engines.weights.load import fit_vocabulary, fitting, load_alone, load_base, quiet, to_merge
from harness.errors import AdapterError
from harness.models.foreign import reading
from harness.models.local import LocalModel
from harness.models.merged import mark_used
from harness.models.unchanged import unchanged
from harness.records.record import digest
from harness.text.atomic import make_folder, remove_left_over_folders

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

SHARD = "5GB"
"""The most that a file of weights has: less than file systems and hubs take, and little to hold while it is written."""
UNMERGED = 'serve it unmerged: set lora = "dynamic", or kind = "transformers", under [engine] in harness.toml'


def merged_folder(model: LocalModel, dtype: str, cache_folder: Path, say: Callable[[str], None]) -> Path:
    """Return the folder of the merged model, which is made now if it is missing.

    The folder gets its name only when it is complete. A second process that needs the same model waits.

    Raises:
        AdapterError: the adapter doesn't fit the base model.
        EngineSetupError: its files, or the base model's, changed since they were digested.
    """
    ref = model.ref
    name = digest((ref.base_digest, ref.template_digest, ref.adapter_digest, dtype))[:32]
    finished = cache_folder / "merged" / name
    remove_left_over_folders(finished.parent)
    if finished.is_dir():
        mark_used(finished)
        return finished

    def make(unfinished: Path) -> None:
        say(f"merging {ref.name} into {ref.base}: needed once for these weights")
        with unchanged([model], "being merged"):
            write_merged(model, dtype, unfinished)

    make_folder(finished, make)
    return finished


def write_merged(model: LocalModel, dtype: str, folder: Path, questions: Sequence[str] = ()) -> Agreement:
    """Write base and adapter as one model: computed in float32, rounded once to ``dtype``; return how far they agree.

    Before rounding it must answer as PEFT does unmerged; read back from the folder, as the rounded model did.
    So both comparisons allow only the rounding of float32. One model is in memory at a time. ``questions`` are asked of
    both, for the figures alone.

    Raises:
        AdapterError: the adapter doesn't fit, or one of them answers differently.
    """
    import torch

    if model.weights_path is None:
        raise AdapterError(f"{model.ref.name}: there is no adapter to merge")
    write_beside(model, folder)
    prompts = prompts_of(folder, questions) if questions else ()
    tokens = probe_tokens(model.base_path, (model.weights_path,))
    alone = load_alone(model.base_path, model.weights_path, COMPUTED, "cpu")
    unmerged = logits_in(alone, model.weights_path, tokens, COMPUTED)
    answers = answers_of(alone, prompts)
    del alone
    merged = _merge(model, model.weights_path)
    of_merged = logits_of(merged, tokens)
    if told := unlike(of_merged, unmerged, COMPUTED):
        raise AdapterError(f"{model.adapter_path}: merged, it answers differently: {told}; {_advice(model)}")
    _round(merged, getattr(torch, dtype))
    rounded = logits_of(merged, tokens)
    with quiet():
        merged.to(getattr(torch, dtype)).save_pretrained(folder, max_shard_size=SHARD)
    del merged
    write_generation(model, folder)
    saved = load_base(str(folder), COMPUTED, "cpu")
    of_saved = logits_of(saved, tokens)
    if told := unlike(of_saved, rounded, COMPUTED):
        raise AdapterError(f"{model.adapter_path}: merged and saved, it answers differently: {told}; {_advice(model)}")
    agree = agreeing(saved, prompts, answers)
    return Agreement(
        merging=difference(of_merged, unmerged),
        saving=difference(of_saved, rounded),
        logits=difference(of_saved, unmerged),
        answers=len(answers),
        equal=equal_answers(agree, answers),
        tokens=len(agree),
        equal_tokens=sum(agree),
    )


def _merge(model: LocalModel, folder: str) -> "PreTrainedModel":
    base = load_base(model.base_path, COMPUTED, "cpu")
    with fitting(folder):
        fit_vocabulary(base, folder)
    joined = to_merge(base, folder)
    untie(joined)
    with reading(f"{model.adapter_path}: can't be merged; {_advice(model)}:", AdapterError), quiet():
        return joined.merge_and_unload(safe_merge=True)


def _round(model: "PreTrainedModel", dtype: "torch.dtype") -> None:
    """Round the weights to a number format, but keep them in float32; what is not saved is not rounded."""
    for weight in model.state_dict().values():
        if weight.is_floating_point():
            weight.copy_(weight.to(dtype))


def _advice(model: LocalModel) -> str:
    """Return what to do with an adapter that can't be merged."""
    return UNMERGED if model.changes_base is None and model.tokenizer_path is None else CONVERT


def untie(joined: "PeftModel") -> None:
    """Give the output layer its own weights where it shares the embedding's and an adapter is on one of them.

    Merging writes into the weights, and what is right for one of the two layers would change the other as well.
    """
    import torch
    from peft.tuners.tuners_utils import BaseTunerLayer

    model = joined.get_base_model()
    into, out = model.get_input_embeddings(), model.get_output_embeddings()
    if out is None or not (isinstance(into, BaseTunerLayer) or isinstance(out, BaseTunerLayer)):
        return
    plain = [one.get_base_layer() if isinstance(one, BaseTunerLayer) else one for one in (into, out)]
    if plain[0].weight is plain[1].weight:
        plain[1].weight = torch.nn.Parameter(plain[1].weight.detach().clone(), requires_grad=False)
        for config in (model.config, model.config.get_text_config()):
            config.tie_word_embeddings = False
