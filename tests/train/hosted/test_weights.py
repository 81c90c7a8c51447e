"""The adapter's weights, where a service gives them: whole, by their names, and never a pickle."""

import json

import pytest

from harness.errors import AdapterError, TrainingError
from harness.models.adapter import FILES, is_adapter
from harness.train.hosted.course import curve_of
from harness.train.hosted_manifest import is_model_alone, read_job
from tests.models.fakes import adapter_in
from tests.stub import Sent


@pytest.fixture
def weights(tmp_path) -> dict[str, bytes]:
    """The files of an adapter."""
    folder = adapter_in(tmp_path / "theirs")
    return {name: (folder / name).read_bytes() for name in FILES}


def test_weights_make_an_ordinary_adapter(weights, ordered, provider):
    """Named after the base model that was ordered; a pickle beside them is left there."""
    provider.weights = {**weights, "optimizer.pt": b"pickle", "tokenizer.json": b"{}"}
    provider.model = None

    folder = ordered.train()

    assert is_adapter(folder)
    assert not is_model_alone(folder)
    assert (folder / "adapter_model.safetensors").read_bytes() == weights["adapter_model.safetensors"]
    assert json.loads((folder / "adapter_config.json").read_bytes())["base_model_name_or_path"] == "tiny"
    assert not (folder / "optimizer.pt").exists()
    job = read_job(folder)
    assert (job.has_weights, job.model, job.is_listed) == (True, None, None)


def test_weights_that_break_off_are_fetched_again(weights, ordered, provider):
    """Also where the service sends fewer bytes than the file has."""
    provider.weights = weights
    provider.faults = {"GET content": [lambda do: Sent(do().content, cut=7), lambda _do: Sent(b"{}")]}

    folder = ordered.train()

    assert (folder / "adapter_model.safetensors").read_bytes() == weights["adapter_model.safetensors"]
    assert not provider.faults["GET content"]


def test_weights_that_never_come_whole_end_the_training(weights, ordered, provider):
    """Nothing is put in place; the same command fetches them again, and makes no second job."""
    provider.weights = weights
    provider.faults = {"GET content": [lambda _do: Sent(b"{}")] * 6}
    with pytest.raises(TrainingError, match=r"comes with 2 bytes, and should have (?s:.*)nothing is trained again"):
        ordered.train()
    assert not ordered.output.exists()

    ordered.train()

    assert is_adapter(ordered.output)
    assert len(provider.created) == 1


def test_weights_that_are_none_are_refused(weights, ordered, provider):
    """As those of any adapter."""
    provider.weights = {**weights, "adapter_model.safetensors": b"no tensors"}

    with pytest.raises(AdapterError, match=r"adapter_model.safetensors"):
        ordered.train()


def test_a_weights_name_is_no_path(weights, ordered, provider):
    """What a service calls a file never decides where it lies."""
    provider.weights = {f"../../{name}": content for name, content in weights.items()}

    folder = ordered.train()

    assert is_adapter(folder)
    assert not list(ordered.folder.glob("adapter_*"))


def test_a_table_in_base64_is_read_and_one_that_is_none_is_not():
    """OpenAI sends the former; figures that are none are left out."""
    import base64

    table = base64.b64encode(b"step,train_loss\n3,0.5\n4,nan\n-1,2\nx,3\n")

    found = curve_of("mine", [], [], [table, b"\xff\x00", b"no,steps\n1,2\n"])

    assert [(one.step, one.loss) for one in found.points] == [(3, 0.5)]
    assert curve_of("mine", [], [], [b"nothing"]) is None
