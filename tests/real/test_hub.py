"""The embedded base model, fetched from a hub: it answers as it does from its own folder."""

import os
import subprocess
import sys

from harness.config.engine import EngineConfig
from harness.engines.transformers import TransformersEngine
from harness.models.local import local_base
from tests.engines.fakes import make_request
from tests.models.hub_server import FIRST, Model, running

FETCH = """
from pathlib import Path
from harness.models.embedded import resolve_base
print(resolve_base("org/smol", Path("unused"), lambda line: None))
"""


def test_the_embedded_model_from_a_hub_answers_as_from_its_folder(base_folder, tmp_path):
    """What was fetched is the same model to the last byte."""
    files = {path.name: path.read_bytes() for path in base_folder.iterdir()}
    with running() as hub:
        hub.models["org/smol"] = Model({FIRST: files})
        home = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
        chosen = {"HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1", **home}
        command = [sys.executable, "-c", FETCH]
        done = subprocess.run(
            command, env=os.environ | chosen, capture_output=True, text=True, timeout=600, check=False
        )

    assert done.returncode == 0, done.stderr
    folder = tmp_path / "home" / "hub" / "models--org--smol" / "snapshots" / FIRST
    assert done.stdout.splitlines()[-1] == str(folder)
    own, fetched = local_base("org/smol", base_folder), local_base("org/smol", folder)
    assert fetched.ref == own.ref
    request = make_request("Name a colour.", model=own.ref)
    answers = [
        next(iter(TransformersEngine((one,), EngineConfig(kind="transformers"), print).generate([request])))
        for one in (own, fetched)
    ]
    assert answers[0].text == answers[1].text != ""
