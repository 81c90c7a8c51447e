"""A lane in this process, with a tiny real model: what is sent to it, and what is taken from it."""

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines.cluster.lane import Lane
from harness.engines.cluster.sent import Made, Order, Taken
from harness.engines.cluster.shipped import pack, to_send
from harness.engines.transformers import TransformersEngine
from harness.models.local import LocalModel
from harness.models.local_adapter import local_adapter
from tests.engines.fakes import make_request

CONFIG = EngineConfig(kind="transformers", dtype="float32", in_flight=2)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Keep what arrives in a cache of the test's own."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def lane_of(*models: LocalModel, files=None):
    """Return a lane for these models, and what it is."""
    order = Order(config=CONFIG, models=tuple(map(to_send, models)))
    lane = Lane(msgspec.json.encode(order), files)
    return lane, msgspec.json.decode(lane.make(), type=Made)


def everything(lane) -> list[Taken]:
    """Return all that a lane tells until its end."""
    told = [msgspec.json.decode(lane.take(), type=Taken)]
    while not told[-1].ended:
        told.append(msgspec.json.decode(lane.take(), type=Taken))
    return told


def test_a_lane_says_what_it_is_and_answers_as_its_engine_does_here(tiny_base, tiny_adapter):
    """Both models, through JSON and back."""
    requests = [
        make_request(text, number, model=model.ref)
        for number, text in enumerate(("one", "two"))
        for model in (tiny_base, tiny_adapter)
    ]
    lane, made = lane_of(tiny_base, tiny_adapter)

    lane.ask(msgspec.json.encode(requests))
    told = everything(lane)

    here = TransformersEngine((tiny_base, tiny_adapter), CONFIG)
    assert made.problem is None
    assert (made.identity, made.hardware) == (here.identity, "a CPU")
    assert {"torch", "python"} <= made.versions.keys()
    texts = {one.request_key: one.text for each in told for one in each.responses}
    assert texts == {one.request_key: one.text for one in here.generate(requests)}
    assert told[-1].problem is None
    assert [line for each in told for line in each.said] == ["loading tiny and nudged"]


def test_an_error_of_the_engine_is_taken_with_its_class(tiny_base, tiny_adapter):
    """It was asked for a model that it does not have."""
    lane, _ = lane_of(tiny_base)

    lane.ask(msgspec.json.encode([make_request(model=tiny_adapter.ref)]))
    problem = everything(lane)[-1].problem

    assert problem.kind == "EngineSetupError"
    assert "nudged: there are no weights" in problem.text


def test_an_adapter_that_is_not_on_the_node_arrives(tiny_base, tiny_adapter, home):
    """It is kept for the next run, which needs no files."""
    elsewhere = msgspec.structs.replace(tiny_adapter, adapter_path="/nowhere/nudged")
    files = {tiny_adapter.ref.adapter_digest: lambda: pack(to_send(tiny_adapter))}

    _, without = lane_of(tiny_base, elsewhere)
    _, made = lane_of(tiny_base, elsewhere, files=files)
    _, again = lane_of(tiny_base, elsewhere, files={tiny_adapter.ref.adapter_digest: dict})

    assert "the adapter nudged is not there, at /nowhere/nudged" in without.problem.text
    assert (made.problem, again.problem) == (None, None)
    arrived = next(home.glob("arrived/*/nudged"))
    assert local_adapter(tiny_base, arrived).ref.weights == tiny_adapter.ref.weights


def test_an_adapter_that_arrives_changed_is_refused_by_name(tiny_base, tiny_adapter, home):
    """By its digest; the node is named, and nothing of it is kept."""
    elsewhere = msgspec.structs.replace(tiny_adapter, adapter_path="/nowhere/nudged")
    packed = dict(pack(to_send(tiny_adapter)))
    packed["adapter_config.json"] = packed["adapter_config.json"].replace(b'"r":', b'"r" :')

    files = {tiny_adapter.ref.adapter_digest: lambda: packed}

    _, made = lane_of(tiny_base, elsewhere, files=files)

    assert made.node
    assert made.problem.kind == "EngineSetupError"
    assert made.problem.text.startswith(f"{made.node}: the adapter of nudged is another one there")
    assert not list(home.glob("arrived/*/nudged"))


def test_files_that_would_leave_their_folder_are_refused(tiny_base, tiny_adapter, home):
    """Whoever sent them."""
    elsewhere = msgspec.structs.replace(tiny_adapter, adapter_path="/nowhere/nudged")
    files = {tiny_adapter.ref.adapter_digest: lambda: {"../../outside": b"x"}}

    _, made = lane_of(tiny_base, elsewhere, files=files)

    assert "outside of its folder" in made.problem.text
    assert not list(home.rglob("outside"))


def test_another_base_model_at_the_same_path_is_refused(tiny_base):
    """The node has a folder of that name with other weights."""
    other = msgspec.structs.replace(tiny_base, ref=msgspec.structs.replace(tiny_base.ref, base_digest="0" * 64))

    _, made = lane_of(other)

    assert "the base model of tiny is another one there" in made.problem.text


def test_a_base_model_that_is_not_there_is_named(tiny_base):
    """With what to do."""
    _, made = lane_of(msgspec.structs.replace(tiny_base, base_path="/nowhere/tiny"))

    assert "the base model tiny is not there; put the folder at the same path on every node" in made.problem.text
