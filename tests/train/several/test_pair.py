"""Two processes on the CPU train as one does with the same rows in each step; one that ends takes the other along."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.train.config import load_train_config
from harness.train.manifest import read_manifest
from harness.train.recipe import train
from harness.train.spread import Spread
from tests.train.tiny import write_tiny

SETTINGS = """
output = "one"
train = ["rows.jsonl"]
validation = "held_out.jsonl"
base_model = "tiny"
method = "lora"
rows_per_batch = 2
gradient_accumulation = {accumulation}
epochs = 2.0
validations = 3
learning_rate = 1e-2
lora_rank = 2
max_length = 128
"""


def test_two_processes_train_as_one(tmp_path):
    """Nine rows, so that the last step of an epoch has one; a killed process is told once, by its signal.

    A resumed training ends with the very weights of an undisturbed one.
    """
    from safetensors.torch import load_file

    write_tiny(tmp_path, rows=9)
    settings = tmp_path / "train.toml"
    settings.write_text(SETTINGS.format(accumulation=1))
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("pair.py")), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    settings.write_text(SETTINGS.format(accumulation=2))
    train(load_train_config(settings), settings, tmp_path / "tiny")

    assert ran.returncode == 2, ran.stderr
    assert ran.stdout.count("error:") == 1
    assert "process 1 of 2 was ended by SIGKILL" in ran.stdout
    assert "Traceback" not in ran.stderr + ran.stdout
    assert ran.stderr.count("trained whole:") == 1
    assert "4 rows in each step (rows_per_batch 2 x gradient_accumulation 1 x 2 processes)" in ran.stderr
    assert ran.stderr.count("continuing after step 4 of 6") == 1
    assert not (tmp_path / "killed").exists()
    one, whole, mine = (read_manifest(tmp_path / name) for name in ("one", "whole", "mine"))
    assert whole.spread == Spread(processes=2)
    assert [entry.step for entry in whole.train_losses] == [1, 2, 3, 4, 5, 6]
    for ours, theirs in ((whole.train_losses, one.train_losses), (whole.validation_losses, one.validation_losses)):
        assert [entry.loss for entry in ours] == pytest.approx([entry.loss for entry in theirs], abs=2e-3)
    assert (whole.steps, whole.tokens) == (one.steps, one.tokens)
    assert whole.padding > one.padding  # rows without a loss fill the last step up
    assert whole.settings_digest != one.settings_digest
    names = [tmp_path / name / "adapter_model.safetensors" for name in ("one", "whole", "mine")]
    alone, together, resumed = map(load_file, names)
    for name, weight in alone.items():
        assert (together[name] - weight).norm() < 0.05 * weight.norm(), name  # computed in bfloat16, other shapes
        assert resumed[name].equal(together[name]), name
    assert mine.train_losses == whole.train_losses
