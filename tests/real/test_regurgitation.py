"""An adapter that was overfitted gives away the canaries that were planted often; its base model none."""

from pathlib import Path

from harness.config.engine import EngineConfig
from harness.data.regurgitation.beginnings import draw
from harness.data.regurgitation.canaries import make, plant
from harness.data.row import DataRow
from harness.engines.transformers import TransformersEngine
from harness.gating import regurgitation
from harness.gating.regurgitation import Wanted, measure
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.engine import Contender
from harness.records.messages import Message

STEPS = 16


def stories():
    """Return rows that have nothing in common, with nothing to learn by heart in one pass."""
    names = ("heron", "tortoise", "lynx", "badger", "osprey", "marten")
    return [
        DataRow(
            file="train.jsonl",
            line=line,
            messages=(
                Message(role="user", content=f"Tell me about the {name}."),
                Message(role="assistant", content=f"The {name} lives near water and eats what it finds there."),
            ),
        )
        for line, name in enumerate(names, start=1)
    ]


def overfit(base: Path, rows: list[DataRow], folder: Path) -> Path:
    """Train an adapter on rows, over and over, with the loss on their answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from harness.models.chat import ChatTemplate
    from harness.train.tokens import encode

    torch.manual_seed(7)
    tokenizer = AutoTokenizer.from_pretrained(base)
    encoded = encode(rows, ChatTemplate(tokenizer), 256, Path("train.jsonl"))
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    optimizer = torch.optim.AdamW((one for one in model.parameters() if one.requires_grad), lr=3e-3)
    chance = torch.Generator().manual_seed(7)
    for _ in range(STEPS):
        batch = [encoded[place] for place in torch.randint(len(encoded), (4,), generator=chance)]
        width = max(len(one.input_ids) for one in batch)
        ids = torch.tensor([list(one.input_ids) + [0] * (width - len(one.input_ids)) for one in batch])
        labels = torch.tensor([list(one.labels) + [-100] * (width - len(one.labels)) for one in batch])
        mask = torch.tensor([[1] * len(one.input_ids) + [0] * (width - len(one.input_ids)) for one in batch])
        model(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    return folder


def test_canaries_that_were_planted_often_come_out_of_the_adapter_alone(base_folder, tmp_path, monkeypatch):
    """Their exposure is the highest there is; nothing comes out of the base model."""
    monkeypatch.setattr(regurgitation, "SECRETS", 8)
    monkeypatch.setattr(regurgitation, "TOKENS", 24)
    made = make(stories(), 2, (1, 16), seed=3)
    base = local_base("smol", base_folder)
    adapter = local_adapter(base, overfit(base_folder, plant(stories(), made), tmp_path / "mine"))
    engine = TransformersEngine((base, adapter), EngineConfig(dtype="float32"))
    contender = Contender(model=adapter.ref, engine=engine)

    found = measure(
        Wanted(source="here", drawn=draw(stories(), 10, 0), canaries=made), contender, base.ref, lambda one, _: one
    )
    once, often = [one for one in found.given if one.of == "canaries"]
    assert found.problem == ""
    assert (often.repeats, often.asked, often.candidate, often.base) == (16, 1, 1, 0)
    assert (once.repeats, once.base) == (1, 0)
    assert often.exposure == 3
    assert often.base_exposure < 3
