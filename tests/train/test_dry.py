"""`harness train --dry-run`: the figures are those of the training, and no weights are read."""

import json

import msgspec
import pytest

from harness.errors import TrainingError
from harness.train import duration
from harness.train.dry import lines_of
from harness.train.duration import LAUNCH_S, Time, ToRead, estimated_time
from harness.train.memory import of_each
from harness.train.plan import read_rows
from harness.train.quantized import TrainingDevice
from harness.train.recipe import job_of, try_dry
from harness.train.sizes import shape_of
from harness.train.spread import Spread
from tests.train.tiny import config, trained, turns_of, write_rows, write_tiny

READ = ToRead(tokens=1000.0, batches=50)
SETTINGS = """output = "mine"
train = ["rows.jsonl", "more.jsonl"]
validation = "held_out.jsonl"
base_model = "tiny"
rows_per_batch = 4
max_length = 128
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny base model, rows, and settings."""
    write_tiny(tmp_path)
    write_rows(tmp_path / "more.jsonl", [turns_of(50, turns=2), turns_of(51)])
    (tmp_path / "train.toml").write_text(SETTINGS)
    return tmp_path


def test_a_dry_run_tells_what_would_be_trained(folder):
    """Without the weights, which are gone; and nothing is left behind."""
    (folder / "tiny" / "model.safetensors").unlink()
    before = sorted(folder.rglob("*"))

    run = try_dry(folder / "train.toml")

    assert run.files == {"rows.jsonl": 12, "more.jsonl": 2}
    assert (run.validation, run.roles) == (4, {"user": 15, "assistant": 15})
    assert (run.with_tools, run.several_turns) == (0, 1)
    assert (run.schedule.steps, run.schedule.every) == (4, 2)
    assert (run.config.lora_rank, run.config.lora_alpha) == (8, 16)
    assert run.longest[0].place.endswith("more.jsonl:1")
    assert run.longest[0].tokens > run.longest[1].tokens >= run.longest[2].tokens
    assert 0 < run.trained < run.tokens
    assert run.memory.total > 0
    assert run.time.seconds > 0
    assert sorted(folder.rglob("*")) == before


def test_the_figures_are_those_of_the_training(folder):
    """Tokens of an epoch, steps, and trained weights."""
    from safetensors.torch import load_file

    run = try_dry(folder / "train.toml")

    manifest = trained(
        folder, train=("rows.jsonl", "more.jsonl"), validation="held_out.jsonl", rows_per_batch=4, lora_rank=None
    )

    weights = load_file(folder / "mine" / "adapter_model.safetensors")
    assert sum(weight.numel() for weight in weights.values()) == run.shape.trainable
    assert (manifest.steps, manifest.tokens) == (run.schedule.steps, run.tokens)
    assert manifest.batches == run.batches


@pytest.mark.parametrize(
    ("changed", "steps"),
    [
        ({"packing": True, "epochs": 3.0, "rows_per_batch": 2}, 9),  # six sequences of 14 rows
        ({"epochs": 5.0, "rows_per_batch": 8}, 10),  # each epoch ends with a batch of six
        ({"epochs": 2.0, "rows_per_batch": 4, "gradient_accumulation": 3}, 4),
    ],
)
def test_steps_and_epochs_are_those_of_packed_rows_and_of_epochs_that_end_with_fewer_rows(folder, changed, steps):
    """Five epochs are not too many because a batch is not full."""
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in changed.items() if name != "rows_per_batch")
    settings = SETTINGS.replace("rows_per_batch = 4", f"rows_per_batch = {changed['rows_per_batch']}")
    (folder / "train.toml").write_text(settings + lines)

    run = try_dry(folder / "train.toml")

    assert (run.schedule.steps, run.epochs) == (steps, changed["epochs"])
    assert "seen-too-often" not in [one.kind for one in run.findings]
    if "packing" in changed:
        files = {"train": ("rows.jsonl", "more.jsonl"), "lora_rank": None}
        assert trained(folder, **files, **changed).steps == steps


def test_the_time_is_that_of_an_earlier_training_beside_it(folder):
    """Of the same kind; for another kind the operations are counted."""
    manifest = trained(folder, method="lora")

    def estimated(**changed: object) -> Time:
        settings = folder / "train.toml"
        rows = read_rows(config(**changed), folder, folder / "tiny", settings)
        job = job_of(rows, settings, folder / "tiny", folder / "work")
        return estimated_time(job, shape_of(folder / "tiny", rows.config, settings), READ, folder / "mine")

    known, unknown = estimated(method="lora"), estimated(method="lora", rows_per_batch=3)

    assert isinstance(known, Time)
    assert known.seconds == pytest.approx(1000 * manifest.seconds / manifest.tokens)
    assert "tokens a second of mine, on this device" in known.by
    assert known.most == known.seconds
    assert unknown.by.startswith("operations: 50% of the")
    assert unknown.most == unknown.seconds


def test_a_gpu_may_wait_for_the_processor_in_each_layer_of_each_batch(folder, monkeypatch):
    """So of a small model the time is a range: operations alone said 0:16 where it took 1:58 minutes."""
    monkeypatch.setattr(duration, "multiplications", lambda _place, _dtype: 1e12)
    settings = folder / "train.toml"
    rows = read_rows(config(method="lora"), folder, folder / "tiny", settings)
    job = job_of(rows, settings, folder / "tiny", folder / "work")
    on_gpu = msgspec.structs.replace(job, device=TrainingDevice(kind="cuda", name="GPU", dtype="bfloat16"))

    found = estimated_time(on_gpu, shape_of(folder / "tiny", rows.config, settings), READ, folder / "mine")

    assert found.most - found.seconds == pytest.approx(LAUNCH_S * 2 * READ.batches)
    assert "at best, and at most 20 ms more for each layer and batch" in found.by


def test_a_dry_run_refuses_an_output_that_is_something_else(folder):
    """As the training would."""
    (folder / "train.toml").write_text(SETTINGS.replace('output = "mine"', 'output = "tiny"'))

    with pytest.raises(TrainingError, match="tiny: exists and is not an adapter"):
        try_dry(folder / "train.toml")


def test_the_lines_say_how_estimates_were_made_and_what_is_known_beforehand(folder):
    """Rows that are seen more than five times, for one."""
    with (folder / "train.toml").open("a") as file:
        file.write("epochs = 9\n")

    lines = lines_of(try_dry(folder / "train.toml"))

    told = "\n".join(lines)
    assert "rows        14 (rows.jsonl 12, more.jsonl 2); 4 for validation" in told
    assert "by a formula: weights" in told
    assert "finding     each row is seen 9.0 times" in told
    assert all(len(line.split()) > 1 for line in lines)


def test_the_command_prints_lines_or_json(folder, capsys):
    """And trains nothing."""
    from typer.testing import CliRunner

    from harness.cli.main import app

    plain = CliRunner().invoke(app, ["train", str(folder / "train.toml"), "--dry-run"])
    machine = CliRunner().invoke(app, ["train", str(folder / "train.toml"), "--dry-run", "--json"])

    assert "steps       4 (1.00 epochs)" in plain.stdout
    assert json.loads(machine.stdout)["shape"]["layers"] == 2
    assert not (folder / "mine").exists()


def test_several_processes_have_more_rows_in_each_step(folder):
    """So fewer steps; each has its own memory, of which FSDP shares out the weights."""
    alone, four = try_dry(folder / "train.toml"), try_dry(folder / "train.toml", spread=Spread(processes=4))
    shared = of_each(alone.memory, Spread(processes=4, sharding="fsdp2"))

    assert (alone.schedule.steps, four.schedule.steps) == (4, 1)
    assert four.memory == alone.memory
    assert shared.weights == pytest.approx(alone.memory.weights / 4, abs=1)
    told = "\n".join(lines_of(four))
    assert "4 processes, DDP: 16 rows in each step (rows_per_batch 4 x gradient_accumulation 1 x 4 processes)" in told
    assert " in each by a formula" in told
    assert not any(line.startswith("processes") for line in lines_of(alone))
