"""``harness data check --base --train`` on the real base model: nothing is made up, and the run's page is there."""

import json
import os
import subprocess
import sys
from pathlib import Path

from harness.runs.folder import read_answers, read_run
from tests.data.planted import row

ROWS, DRAWN = 24, 4
THINGS = ("card", "parcel", "invoice", "refund", "password", "export")


def test_the_base_model_is_asked_about_rows_and_steps_are_timed(tmp_path, base_folder):
    """With two examples in the prompt; the answers of a second call come from the store."""
    asked = [f"{verb} my {thing}?" for verb in ("Where is", "Who took", "Cancel", "Replace") for thing in THINGS]
    lines = [row(one, one.split()[-1].rstrip("?"), "Name the thing.") for one in asked]
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    base = json.dumps(str(base_folder))
    settings = f'base_model = {base}\n[engine]\nkind = "transformers"\n'
    settings += '[data]\noff = {few-rows = "a test", near-duplicate = "a test"}\n'
    settings += '[data.prices.mine]\nper_million = 1000\nas_of = "2026-11-27"\n'
    (tmp_path / "harness.toml").write_text(settings)
    training = f'output = "mine"\ntrain = ["rows.jsonl"]\nbase_model = {base}\nrows_per_batch = 2\nlora_rank = 4\n'
    (tmp_path / "train.toml").write_text(training)
    wanted = ("--base", "--base-rows", str(DRAWN), "--examples", "2", "--train", "train.toml", "--html", "data.html")

    first = check(tmp_path, *wanted)
    again = check(tmp_path, "--base", "--base-rows", str(DRAWN), "--examples", "2")

    told = json.loads(first.stdout)
    assert first.returncode == 0, first.stderr
    assert told["untold"] == []
    found, costs = told["untuned"], told["costs"]
    assert (found["drawn"], found["of"]) == (DRAWN, ROWS)
    assert 0 < found["weighed"]["median"] < 12
    assert found["right"]["rows"] == found["few_shot"]["shown"]["rows"] == DRAWN
    assert costs["tokens"] == told["shape"]["lengths"]["tokens"]
    time = costs["time"]
    assert 0 < time["least"] <= time["seconds"] <= time["most"]
    assert (time["steps"], time["measured"]) == (ROWS // 2, 5)
    assert costs["hosted"] == [
        {"name": "mine", "currency": "USD", "amount": costs["tokens"] / 1000, "as_of": "2026-11-27"}
    ]
    folder = (tmp_path / found["report"]).parent
    assert read_run(folder).measures[0].comparison.delta is not None
    assert len(list(read_answers(folder))) == 2 * DRAWN
    assert f'href="{found["report"]}"' in (tmp_path / "data.html").read_text()
    assert "asking:" in first.stderr
    assert again.returncode == 0, again.stderr
    assert "asking:" not in again.stderr
    assert json.loads(again.stdout)["untuned"]["right"] == found["right"]


def check(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Check the rows as people do, without a network."""
    command = (sys.executable, "-m", "harness.cli", "data", "check", "rows.jsonl", "--json", *arguments)
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
