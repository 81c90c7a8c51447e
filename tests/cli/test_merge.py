"""``harness merge``: which adapter, base model and folder are meant, and what is printed."""

import json

import pytest

from tests.engines.fakes import write_adapter, write_tiny_base


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return a folder with a base model, and an adapter in the folder of adapters."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_base(folder / "tiny", layers=1)
    write_adapter(folder / "tiny", folder / "adapters" / "mine")
    return folder


def test_without_settings_the_adapters_own_base_model_is_taken(models, harness, monkeypatch):
    """An adapter of PEFT names the folder that it was trained on. The second time nothing is merged."""
    monkeypatch.chdir(models)

    first = harness("merge", "mine")
    again = json.loads(harness("merge", "adapters/mine", "--json"))

    assert first.startswith("merged model: adapters/mine-merged\n")
    assert "Greedy answers: 8 of 8 are the same" in first
    assert again["folder"] == "adapters/mine-merged"
    assert again["record"]["dtype"] == "float32"
    assert "No saved run has judged this adapter" in (models / "adapters" / "mine-merged" / "README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["base"], "base: not an adapter on this machine"),
        (["run:7"], "run:7: not an adapter on this machine"),
        (["nothing"], "nothing: no such adapter folder"),
        (["mine", "--base", "other"], "does not fit|made for|another"),
        (["mine", "--base", "nowhere"], "nowhere: no such base model"),
    ],
)
def test_what_is_no_adapter_or_no_base_model_is_refused(models, harness, monkeypatch, arguments, told):
    """Before anything is merged."""
    import re

    monkeypatch.chdir(models)
    if not (models / "other").exists():
        write_tiny_base(models / "other", layers=1, head_dim=8)

    said = harness("merge", *arguments, "--into", "fresh")

    assert said.startswith("2: ")
    assert re.search(told, said), said
    assert not (models / "fresh").exists()
