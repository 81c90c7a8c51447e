"""The embedded base model, fetched from a hub: it trains, and answers, as it does from its own folder."""

import os
import subprocess
import sys
from pathlib import Path

from harness.config import EngineConfig
from harness.engines.transformers import TransformersEngine
from harness.models.local import local_adapter, local_base
from harness.train.manifest import read_manifest
from tests.engines.fakes import make_request
from tests.models.hub_server import FIRST, Model, running
from tests.real.test_train import settings_in


def test_the_embedded_model_from_a_hub_trains_and_answers_as_from_its_folder(base_folder, tmp_path):
    """The manifest has the name on the hub and the commit; what was fetched is the same model to the last byte."""
    settings = settings_in(tmp_path, Path("org/smol"), max_tokens=500, validations=1)
    files = {path.name: path.read_bytes() for path in base_folder.iterdir()}
    with running() as hub:
        hub.models["org/smol"] = Model({FIRST: files})
        chosen = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-m", "harness.cli", "train", str(settings)]
        done = subprocess.run(
            command, env=os.environ | chosen, capture_output=True, text=True, timeout=1200, check=False
        )

    assert done.returncode == 0, done.stderr
    manifest = read_manifest(tmp_path / "mine")
    assert manifest is not None
    assert (manifest.base, manifest.base_commit, manifest.settings.base_model) == ("org/smol", FIRST, "org/smol")
    own = local_base("org/smol", base_folder)
    fetched = local_base("org/smol", tmp_path / "home" / "hub" / "models--org--smol" / "snapshots" / FIRST)
    assert fetched.ref == own.ref
    assert local_adapter(fetched, tmp_path / "mine").notes == ()
    request = make_request("Name a colour.", model=own.ref)
    answers = [
        next(iter(TransformersEngine((one,), EngineConfig(kind="transformers"), print).generate([request])))
        for one in (own, fetched)
    ]
    assert answers[0].text == answers[1].text != ""
