"""Whole trainings of a tiny model whose checkpoint a suite's gates choose."""

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.errors import ConfigError, TrainingError
from harness.records.asked import Case, Message, Sampling, digest_of_cases
from harness.train.config import StopBy
from harness.train.manifest import read_manifest
from harness.train.recipe import train
from harness.train.stopping.part import GatedSuite, StopGate
from tests.train.tiny import config, write_tiny

CASES = tuple(Case(id=f"c{n}", messages=(Message(role="user", content=f"say {n}"),)) for n in range(16))


class Scripted:
    """Scores by a script, one value for each time that the four drawn cases were asked."""

    def __init__(self, *script):
        self.script, self.asked = script, 0

    def __call__(self, _case, _response):
        value = self.script[self.asked // 4]
        self.asked += 1
        return value


def suite_of(scorer, **sampling):
    """Return what reads a suite of sixteen cases with one gate."""
    suite = Suite(
        name="mine", cases=CASES, sampling=Sampling(max_tokens=2, **sampling), digest=digest_of_cases(CASES)
    )
    return lambda _folder, _tests: GatedSuite(gates=(StopGate(name="test_it", suite=suite, scorer=scorer),))


def trained(folder, scorer, **changed):
    """Train with a scorer; return the manifest."""
    made = config(**({"stop_by": "suites/mine", "epochs": 4.0, "validations": 4, "max_length": 64} | changed))
    output = train(made, folder / "train.toml", folder / "tiny", suite_of(scorer))
    return read_manifest(output)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny base model and rows."""
    write_tiny(tmp_path)
    return tmp_path


def test_the_checkpoint_is_the_gates_where_they_and_the_loss_disagree(folder, capfd):
    """The validation loss falls to the end, the gates are best in between."""
    manifest = trained(folder, Scripted(0.1, 0.5, 0.9, 0.3, 0.2), validation="held_out.jsonl", patience=9)

    losses = [one.loss for one in manifest.validation_losses]
    assert losses == sorted(losses, reverse=True)
    assert [one.gates["test_it"] for one in manifest.gate_scores] == [0.1, 0.5, 0.9, 0.3, 0.2]
    assert (manifest.step, manifest.steps) == (4, 8)
    assert [one.kind for one in manifest.findings].count("gates-falling") == 1
    told = capfd.readouterr().err
    assert "chosen by 4 of 16 cases (test_it)" in told
    assert "gates 0.900" in told
    print(manifest.stopped_by)
