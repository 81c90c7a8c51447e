"""The catalogue: what harness.scorers offers, and that it costs nothing to import."""

import subprocess
import sys

from harness import scorers


def test_everything_in_the_catalogue_is_described_in_its_docstring():
    """One line each, and nothing else is exported."""
    described = {line.split()[0] for line in scorers.__doc__.splitlines() if line.startswith("    ")}

    assert described == set(scorers.__all__)
    assert all(callable(getattr(scorers, name)) for name in scorers.__all__)


def test_importing_the_catalogue_loads_no_heavy_library():
    """They are loaded by the scorers that need them."""
    heavy = ["sklearn", "sacrebleu", "rouge_score", "jsonschema_rs", "referencing", "regress", "numpy", "nltk"]
    probe = f"import sys, harness.scorers; print([name for name in {heavy} if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
