"""Packed rows don't see each other."""

import pytest

from harness.train.answer_trainer import dataset_of, packed
from harness.train.tokens import TokenRow
from tests.engines.fakes import write_tiny_base


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Return a tiny base model."""
    folder = tmp_path_factory.mktemp("packed") / "tiny"
    write_tiny_base(folder)
    return folder


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_logits_of_packed_rows_are_those_of_the_rows_alone(base, attention):
    """As the trainer's own collator gives them to the model; without their positions they would see each other."""
    import torch
    from transformers import AutoModelForCausalLM
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    model = AutoModelForCausalLM.from_pretrained(base, attn_implementation=attention).train()
    ids = [tuple(range(start, start + 20)) for start in (1, 60, 120)]
    data = packed(dataset_of([TokenRow(input_ids=row, labels=row) for row in ids]), 64)
    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)(list(data))
    batch.pop("labels")

    together = model(**batch, use_cache=False).logits[0]
    seeing = model(input_ids=batch["input_ids"], use_cache=False).logits[0]

    assert len(data) == 1
    start = 0
    for row in data[0]["seq_lengths"]:
        one = batch["input_ids"][:, start : start + row]
        alone = model(input_ids=one, use_cache=False).logits[0]
        assert torch.allclose(together[start : start + row], alone, atol=1e-3)
        assert start == 0 or not torch.allclose(seeing[start : start + row], alone, atol=1e-3)
        start += row
    assert start == 60
