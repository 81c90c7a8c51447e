"""Where a training is reported: what isn't installed, what is told, and what happens when it fails."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from harness.errors import ConfigError, TrainingError
from harness.train.config import TrainConfig
from harness.train.manifest import Origin, settings_digest
from tests.train.tiny import trained, write_tiny


class FakeWandb(ModuleType):
    """What the trainer's callback calls of Weights & Biases; it keeps what it is told."""

    def __init__(self, failing: str = "") -> None:
        super().__init__("wandb")
        self.__spec__ = SimpleNamespace(name="wandb")
        self.run = None
        self.inits, self.logs = [], []
        self.config = {}
        self.failing = failing

    def init(self, **given: object) -> None:
        """Begin a run, or fail."""
        if self.failing == "init":
            raise ConnectionError("https://ada:secret@tracker.example/ is down, see /home/ada/debug.log")
        self.inits.append(given)
        self.run = SimpleNamespace(_label=lambda **_: None, summary={})

    def define_metric(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def log(self, figures: dict[str, object]) -> None:
        """Keep figures, or fail."""
        if self.failing == "log":
            raise ConnectionError("the tracker is down")
        self.logs.append(figures)


class Config(dict):
    """Of a run; it takes one more argument than a dict."""

    def update(self, given: dict[str, object], **_: object) -> None:
        """Keep settings."""
        super().update({name: str(value) for name, value in given.items()})


@pytest.fixture
def fake(monkeypatch):
    """Return how the fake is put in place of the library."""

    def put(failing: str = "") -> FakeWandb:
        made = FakeWandb(failing)
        made.config = Config()
        errors = ModuleType("wandb.sdk.lib.config_util")
        errors.ConfigError = ValueError
        for name in ("wandb.sdk", "wandb.sdk.lib"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.setitem(sys.modules, "wandb.sdk.lib.config_util", errors)
        monkeypatch.setitem(sys.modules, "wandb", made)
        return made

    return put


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny base model and rows."""
    write_tiny(tmp_path)
    return tmp_path


def test_a_training_is_reported_without_a_path_of_this_machine(folder, fake):
    """Each step's loss, under the adapter's name; what is reported where decides nothing of the adapter."""
    tracker = fake()

    manifest = trained(folder, method="lora", trainer={"report_to": ["wandb", "tensorboard"]})

    assert tracker.inits == [{"project": "huggingface", "name": "mine"}]
    assert [one["train/loss"] for one in tracker.logs if "train/loss" in one] == [
        pytest.approx(one.loss, abs=1e-4) for one in manifest.train_losses
    ]
    assert tracker.config["learning_rate"] == "0.01"
    assert str(folder) not in str(tracker.config)
    assert "base_model_name_or_path='tiny'" in tracker.config["peft_config"]
    assert manifest.settings.trainer == {"report_to": ["wandb", "tensorboard"]}


def test_a_tracker_that_fails_meanwhile_ends_no_training(folder, fake, capfd):
    """It is told once."""
    fake("log")

    manifest = trained(folder, method="lora", trainer={"report_to": "wandb"})

    assert manifest.steps == 2
    assert capfd.readouterr().err.count("wandb can't be reached any more: the tracker is down") == 1


def test_a_tracker_that_does_not_start_is_an_error_before_the_first_step(folder, fake):
    """Without the login of an address, or a path."""
    fake("init")

    with pytest.raises(TrainingError, match=r"report_to: wandb can't be used: .*tracker\.example.*; set it") as caught:
        trained(folder, method="lora", trainer={"report_to": "wandb"})

    assert "secret" not in str(caught.value)
    assert "/home/ada" not in str(caught.value)
    assert not (folder / "mine").exists()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"report_to": "wandb"}, r'report_to = "wandb" is not installed here: .*pip install wandb'),
        ({"report_to": ["tensorboard", "mlflow"]}, r'report_to = "mlflow" is not installed here: .*pip install mlflow'),
        ({"report_to": "wandbb"}, "report_to: wandbb is not supported, only .*wandb"),
        ({"run_name": "a"}, r"\[trainer\]: `run_name` does nothing without `report_to`"),
    ],
)
def test_what_can_not_be_reported_to_is_refused_before_any_weights_are_read(folder, table, words, monkeypatch):
    """With its package."""
    for name in ("wandb", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("importlib.util.find_spec", _only_others(sys.modules["importlib.util"].find_spec))

    with pytest.raises(ConfigError, match=words):
        trained(folder, trainer=table)

    assert not (folder / ".mine.partial" / "checkpoint-1").exists()


def _only_others(find: object) -> object:
    return lambda name, *more: None if name in ("wandb", "mlflow") else find(name, *more)


def test_where_a_training_is_reported_does_not_train_it_again():
    """The digest of its settings stays."""
    origin = Origin(base="a", base_digest="b", template_digest="c", train_digest="d", validation_digest=None)
    plain = TrainConfig(output="a", train=("b",), trainer={"weight_decay": 0.1})
    reported = TrainConfig(
        output="a", train=("b",), trainer={"weight_decay": 0.1, "report_to": "wandb", "project": "p"}
    )
    only = TrainConfig(output="a", train=("b",), trainer={"report_to": "wandb"})

    assert settings_digest(plain, origin) == settings_digest(reported, origin)
    assert settings_digest(only, origin) == settings_digest(TrainConfig(output="a", train=("b",)), origin)
