"""The shipped checks of the embedded judge are of the very model that this environment makes."""

from pathlib import Path

from harness.judges.checked import read_checks
from harness.models.embedded import EMBEDDED
from harness.models.local import local_base
from harness.scorers.judges.judge import identity_of
from harness.text.pages import content_folder


def test_shipped_checks_are_of_the_embedded_model_as_it_is_made_here(base_folder: Path):
    """Another version of transformers writes other files; then the checks are made again: CONTRIBUTING.md."""
    files = sorted(content_folder("judges").glob("*.checked.jsonl"))

    assert {check.judge for file in files for check in read_checks(file)} == {
        identity_of(local_base(EMBEDDED, base_folder).ref)
    }
    assert len(files) == len(list(content_folder("judges").glob("*.labels.jsonl")))
