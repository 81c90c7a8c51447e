"""A small QLoRA training on the real base model: it learns, leaves a safe adapter, and survives a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness.data.leaks.signed import read_signatures
from harness.models.adapter import SIGNATURES
from harness.models.answering import digest_adapter
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.train.manifest import Manifest, read_manifest

DATA = Path(__file__).parents[2] / "suites" / "support_triage" / "training"


def settings_in(folder: Path, base: Path, **extra: object) -> Path:
    """Write settings for a training of about 3,000 tokens, on the first shipped rows."""
    for name, rows in (("train.jsonl", 28), ("validation.jsonl", 6)):
        lines = (DATA / name).read_text(encoding="utf-8").splitlines()[:rows]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {
        "output": "mine",
        "train": ["train.jsonl"],
        "validation": "validation.jsonl",
        "base_model": str(base),
        "max_tokens": 3000,
        "rows_per_batch": 7,
        "learning_rate": 2e-3,
        "lora_rank": 8,
        **extra,
    }
    path = folder / "train.toml"
    # What JSON writes here, TOML reads.
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    return path


def start(settings: Path) -> subprocess.Popen[str]:
    """Start `harness train` as people do; without a network that anything could be asked of."""
    command = (sys.executable, "-m", "harness.cli", "train", str(settings))
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def finish(settings: Path) -> str:
    """Train to the end; return what was said."""
    process = start(settings)
    out, said = process.communicate(timeout=1200)
    assert process.returncode == 0, said
    assert "adapter: " in out
    return said


def manifest_of(adapter: Path) -> Manifest:
    """Return the manifest, which must be there."""
    manifest = read_manifest(adapter)
    assert manifest is not None
    return manifest


def test_a_small_training_learns_and_leaves_a_safe_adapter(base_folder, tmp_path):
    """Losses fall, the folder holds what it should and no pickle, and nothing of this machine stands in it."""
    finish(settings_in(tmp_path, base_folder))

    adapter = tmp_path / "mine"
    manifest = manifest_of(adapter)
    assert {path.name for path in adapter.iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "curve.html",
        "curve.json",
        "manifest.json",
        "tensorboard",
        "training_rows.signatures",
    }
    signed = read_signatures((adapter / SIGNATURES).read_bytes(), "signatures")
    assert signed.rows == 28
    assert list((adapter / "tensorboard").glob("events.out.tfevents.*"))
    assert manifest.train_losses[-1].loss < manifest.train_losses[0].loss - 0.3
    assert manifest.validation_losses[-1].loss < manifest.validation_losses[0].loss
    assert 2000 < manifest.tokens < 3600
    assert manifest.adapter_digest == digest_adapter(adapter)
    assert local_adapter(local_base("smol", base_folder), adapter).ref.adapter == "mine"
    assert str(tmp_path) not in (adapter / "manifest.json").read_text() + (adapter / "adapter_config.json").read_text()
    assert str(tmp_path) not in (adapter / "curve.json").read_text() + (adapter / "curve.html").read_text()
    assert not (tmp_path / ".mine.partial").exists()


def test_a_killed_training_goes_on_where_it_stopped(base_folder, tmp_path):
    """SIGKILL after the first checkpoint; the second start repeats no kept step, the third does nothing."""
    settings = settings_in(tmp_path, base_folder, validations=4)
    process = start(settings)
    work = tmp_path / ".mine.partial"
    try:
        while process.poll() is None and not list(work.glob("checkpoint-*/trainer_state.json")):
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not (tmp_path / "mine").exists()

    said = finish(settings)

    steps = [point.step for point in manifest_of(tmp_path / "mine").train_losses]
    assert "continuing after step" in said
    assert steps == sorted(set(steps))
    assert steps[0] == 1
    assert "already trained" in finish(settings)


def test_the_labels_are_the_answer_and_its_end(base_folder):
    """With the real tokenizer and the model's own template, as vLLM and transformers render it in use."""
    from harness.data.rows import load_rows
    from harness.models.chat import ChatTemplate
    from harness.train.quantized import load_tokenizer
    from harness.train.tokens import IGNORED, encode

    tokenizer = load_tokenizer(base_folder)
    place = DATA / "train.jsonl"
    rows = load_rows(place)[:20]

    encoded = encode(rows, ChatTemplate(tokenizer), 512, place)

    for row, tokens in zip(rows, encoded, strict=True):
        answer = row.messages[-1].content
        trained = [label for label in tokens.labels if label != IGNORED]
        assert tokenizer.decode(trained) == f"{answer}<|im_end|>"
        question = [{"role": turn.role, "content": turn.content} for turn in row.messages[:-1]]
        asked = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_dict=False)
        assert list(tokens.input_ids[: len(asked)]) == asked
