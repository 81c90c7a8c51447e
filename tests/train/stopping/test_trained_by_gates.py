"""Whole trainings of a tiny model whose checkpoint a suite's gates choose."""

import pytest

from harness.asking.cases import Suite
from harness.errors import ConfigError, TrainingError
from harness.records.answered import Response
from harness.records.asked import Case, Sampling, digest_of_cases
from harness.records.messages import Message
from harness.records.scored import Score
from harness.train import trainer
from harness.train.manifest import read_manifest
from harness.train.recipe import train
from harness.train.stopping.part import GatedSuite, StopGate
from tests.train.tiny import config, write_tiny

CASES = tuple(Case(id=f"c{n}", messages=(Message(role="user", content=f"say {n}"),)) for n in range(16))
SETTINGS = {"stop_by": "suites/mine", "method": "lora", "epochs": 4.0, "validations": 4, "max_length": 64}


class Scripted:
    """Scores by a script, one value for each time that the four drawn cases were asked."""

    def __init__(self, *script: float) -> None:
        self.script, self.asked = script, 0

    def __call__(self, _case: Case, _response: Response) -> float:
        """Return the next value."""
        value = self.script[self.asked // 4]
        self.asked += 1
        return value


def suite_of(scorer, **sampling: object):
    """Return what reads a suite of sixteen cases with one gate."""
    asked = Sampling(**({"max_tokens": 2} | sampling))
    suite = Suite(name="mine", cases=CASES, sampling=asked, digest=digest_of_cases(CASES))
    return lambda _folder, _tests: GatedSuite(gates=(StopGate(name="test_it", suite=suite, scorer=scorer),))


def trained(folder, scorer, sampling=None, **changed: object):
    """Train with a scorer; return the manifest."""
    made = config(**(SETTINGS | changed))
    output = train(made, folder / "train.toml", folder / "tiny", suite_of(scorer, **(sampling or {})))
    return read_manifest(output)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny base model and rows."""
    write_tiny(tmp_path)
    return tmp_path


def test_the_checkpoint_is_the_gates_where_they_and_the_loss_disagree(folder, capfd):
    """The validation loss falls to the end, the gates are best in between; in 4 bits too, whose weights still learn."""
    script = Scripted(0.1, 0.5, 0.9, 0.3, 0.2)
    manifest = trained(folder, script, validation="held_out.jsonl", patience=9, method="qlora")

    losses = [one.loss for one in manifest.validation_losses]
    assert losses == sorted(losses, reverse=True)
    assert [one.gates for one in manifest.gate_scores] == [{"test_it": score} for score in script.script]
    assert (manifest.step, manifest.steps, manifest.outcome["gates"]) == (4, 8, 0.9)
    [finding] = [one for one in manifest.findings if one.kind == "gates-falling"]
    assert "the gates' score falls to 0.200, from 0.900 at step 4" in finding.found
    told = capfd.readouterr().err
    assert "the checkpoint is chosen by 4 of 16 cases (test_it)" in told
    assert "step 4 of 8: validation loss" in told
    assert "gates 0.900" in told
    assert len({one.question for one in manifest.stopped_by}) == 4


def test_a_killed_training_goes_on_with_the_scores_and_the_patience_that_it_had(folder, monkeypatch):
    """Without validation rows: two validations without a gain end it, one before the kill and one after it."""
    from transformers import TrainerCallback

    class Stops(TrainerCallback):
        def on_step_begin(self, _args, state, _control, **_: object) -> None:
            if state.global_step == 5:
                raise KeyboardInterrupt

    make = trainer.make_trainer

    def stopping(*job: object) -> object:
        made = make(*job)
        made.add_callback(Stops())
        return made

    monkeypatch.setattr(trainer, "make_trainer", stopping)
    with pytest.raises(KeyboardInterrupt):
        trained(folder, Scripted(0.1, 0.8, 0.8), patience=2)
    monkeypatch.setattr(trainer, "make_trainer", make)
    manifest = trained(folder, Scripted(0.5), patience=2)

    assert [(one.step, one.gates["test_it"]) for one in manifest.gate_scores] == [
        (0, 0.1),
        (2, 0.8),
        (4, 0.8),
        (6, 0.5),
    ]
    assert (manifest.step, manifest.steps) == (2, 6)


def test_asking_changes_neither_the_training_nor_what_chance_draws(folder):
    """The same weights step by step as without; the answers are those of the weights at each time."""
    said = []
    asked = trained(folder, lambda _case, response: said.append(response.text) or 0.5, {"temperature": 1.0})
    plain = train(config(**SETTINGS | {"stop_by": None, "output": "plain"}), folder / "train.toml", folder / "tiny")

    assert asked.train_losses == read_manifest(plain).train_losses
    assert len(said) == 5 * 4
    assert len(set(said)) > 1


def test_a_case_that_can_not_be_answered_ends_it_before_the_first_step(folder):
    """It is no score; and other rows, or another suite, are another training."""
    with pytest.raises(TrainingError, match=r"was not answered, so no checkpoint can be chosen by it: the prompt has"):
        trained(folder, Scripted(0.5), {"max_tokens": 10_000})

    assert not list((folder / ".mine.partial").glob("checkpoint-*"))
    with pytest.raises(TrainingError, match=r"test_it: no drawn case could be scored.*no reason given"):
        trained(folder, lambda _case, _response: Score(value=None), {"max_tokens": 3})
    with pytest.raises(ConfigError, match="stop_by is not known here"):
        train(config(**SETTINGS), folder / "train.toml", folder / "tiny")
