"""The embedded base model is the same wherever it is made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.models.embedded import embedded_file

SAVE = """
import sys
from pathlib import Path
from harness.models.embedded import save_tokenizer
save_tokenizer(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("offline", ["0", "1"])
def test_whoever_makes_the_model_offline_makes_the_same(base_folder, tmp_path, offline):
    """Else its digest is another one: stored answers are asked again, and the shipped checks of judges don't hold."""
    environment = {**os.environ, "HF_HUB_OFFLINE": offline}
    subprocess.run([sys.executable, "-c", SAVE, str(embedded_file()), str(tmp_path)], env=environment, check=True)

    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert "tokenizer_config.json" in made
    assert made == {name: Path(base_folder, name).read_bytes() for name in made}
