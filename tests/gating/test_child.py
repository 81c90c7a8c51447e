"""``harness train --gate``: the suites in a process of their own, on what was trained; both outcomes in one line."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import ConfigError
from harness.gating.child import to_gate
from harness.runs.folder import read_run
from harness.train import recipe
from harness.train.config import TrainConfig
from tests.gating.test_chosen import gated, project  # noqa: F401 - the fixtures


def test_a_training_is_gated_in_one_command_and_gated_again_without_training(gated, monkeypatch):  # noqa: F811 - pytest's way
    """By a process of its own, in the folder of harness.toml; both outcomes in one line, and the gate's exit code."""
    with (gated.folder / "harness.toml").open("a") as file:
        file.write(f'[engine]\nbase_url = "{gated.stub.url}"\n')
    settings = gated.folder / "train.toml"
    settings.write_text('output = "adapters/mine"\ntrain = ["rows.jsonl"]\n')
    monkeypatch.setattr(recipe, "train_from", lambda *_: gated.folder / "adapters" / "mine")
    monkeypatch.setenv("PYTHONPATH", str(Path(recipe.__file__).parents[2]))
    monkeypatch.chdir(gated.folder)

    passed = CliRunner().invoke(app, ["train", "train.toml", "--gate"])
    test = gated.folder / "suites" / "test_sums.py"
    test.write_text(test.read_text().replace("floor=0.5", "max_drop=0.000001"))
    undecided = CliRunner().invoke(app, ["train", "train.toml", "--gate", "--json"])

    assert passed.exit_code == 0, passed.output
    [line] = passed.stdout.splitlines()
    assert re.fullmatch(r"trained adapters/mine: loss 1\.250, gates 0\.750 at step 4; gate passed: runs/0001-\S+", line)
    assert undecided.exit_code == 6
    told = json.loads(undecided.stdout)
    assert (told["loss"], told["step"], told["validation_loss"], told["gates"]) == (1.25, 4, None, 0.75)
    assert (told["gate"]["outcome"], told["gate"]["exit_code"]) == ("inconclusive", 6)
    assert read_run(Path(told["gate"]["run"])).candidate.adapter == "mine"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", r"--gate: \S*nothing/suites: no such folder"),
        ('method = "full"\n', r"a whole model is gated by a table .*\[models.NAME\] with base = \"adapters/mine\""),
    ],
    ids=["no suites", "no table"],
)
def test_what_can_not_be_gated_is_told_before_hours_of_training(gated, tmp_path, written, told):  # noqa: F811
    """Nothing was trained."""
    folder = gated.folder if written else tmp_path / "nothing"
    folder.mkdir(exist_ok=True)
    (folder / "harness.toml").touch()
    (folder / "train.toml").write_text(f'output = "adapters/mine"\ntrain = ["rows.jsonl"]\n{written}')

    with pytest.raises(ConfigError, match=told):
        CliRunner().invoke(app, ["train", str(folder / "train.toml"), "--gate"], catch_exceptions=False)


def test_a_table_names_the_candidate(gated):  # noqa: F811
    """A whole model's, or that of an adapter on another base model."""
    with (gated.folder / "harness.toml").open("a") as file:
        file.write(
            '[models.whole]\nbase = "adapters/whole"\n[models.ours]\nbase = "other"\nadapter = "adapters/ours"\n'
        )
    settings = gated.folder / "train.toml"
    names = [
        to_gate(TrainConfig(output=f"adapters/{name}", train=("b",), method=method), settings).candidate
        for name, method in (("whole", "full"), ("ours", "lora"), ("mine", "lora"))
    ]

    assert names == ["whole", "ours", "adapters/mine"]
