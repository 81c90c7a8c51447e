"""The engine on a cluster, without Ray: which batches replicas get, and what is proved of which adapter."""

import msgspec
import pytest

from harness.config.engine import EngineConfig, RayConfig
from harness.engines.cluster import engine as engine_module
from harness.engines.cluster.engine import RayEngine, fitting_batch
from harness.engines.http.endpoint import OUT_OF_TIME
from harness.errors import EngineSetupError
from tests.engines.cluster.fakes import IDENTITY, MADE, FakeActor, FakeRoom
from tests.engines.fakes import make_request

CONFIG = EngineConfig(kind="ray", ray=RayConfig(replicas=2))


class Planned:
    """A proof that holds, of this adapter and this base model."""

    def __init__(self, asked, adapter, base) -> None:
        self.requests = (msgspec.structs.replace(asked[0], again=True),)
        self.of = (adapter.name, base.name)

    def check(self, responses) -> None:
        """Find that it answers."""
        assert responses.keys() == {self.requests[0].key}

    def apart(self, _one, _other) -> float:
        """Find that both answer alike."""
        return 0.0


@pytest.fixture
def room(monkeypatch):
    """Connect to a cluster with room for two replicas, in which there is no Ray."""
    room = FakeRoom([FakeActor(msgspec.structs.replace(MADE, node=name)) for name in ("node-a", "node-b")])
    monkeypatch.setattr(engine_module, "refuse_missing_ray", lambda: None)
    monkeypatch.setattr(engine_module, "connect", lambda *_: lambda: None)
    monkeypatch.setattr(engine_module, "RayRoom", lambda *_: room)
    monkeypatch.setattr(engine_module, "own_version", lambda: "1")
    return room


@pytest.mark.parametrize(
    ("requests", "replicas", "at_once", "batch"),
    [(1, 8, 256, 1), (400, 4, 256, 100), (10_000, 4, 256, 625), (1_000_000, 4, 256, 1024), (48, 2, 4, 6)],
)
def test_a_replica_is_given_what_keeps_it_busy(requests, replicas, at_once, batch):
    """A small share at once, a large one in turns, so that the last ones end at about the same time."""
    assert fitting_batch(requests, replicas, at_once) == batch


def test_the_identity_is_what_replicas_are_and_stays_when_the_cluster_is_gone(room, tiny_base):
    """A run is saved after its engines are closed."""
    with RayEngine([tiny_base], CONFIG, lambda _: None, Planned) as engine:
        before = engine.identity

    assert before == engine.identity == f"ray {IDENTITY} torch=2.13"
    assert [one.closed for one in room.wanted] == [True, True]


def test_every_adapter_that_is_asked_is_proved_against_its_own_base_model(room, tiny_base, tiny_adapter):
    """Each replica once, however often it is asked; the answers to proofs are not among the responses."""
    requests = [make_request(str(n), n, model=model.ref) for n in range(6) for model in (tiny_base, tiny_adapter)]

    with RayEngine([tiny_base, tiny_adapter], CONFIG, lambda _: None, Planned) as engine:
        first = list(engine.generate(requests[:6]))
        second = list(engine.generate(requests[6:]))

    assert {one.request_key for one in (*first, *second)} == {one.key for one in requests}
    (proof,) = engine._proofs.values()
    assert proof.of == ("nudged", "tiny")
    asked = [request for one in room.wanted for request in one.asked if request.again]
    assert len(asked) == sum(bool(one.asked) for one in room.wanted)


def test_an_adapter_without_its_base_model_cannot_be_proved(room, tiny_adapter):
    """Both are among the models of every run."""
    with (
        RayEngine([tiny_adapter], CONFIG, lambda _: None, Planned) as engine,
        pytest.raises(EngineSetupError, match="whose base model this run does not have"),
    ):
        list(engine.generate([make_request(model=tiny_adapter.ref)]))


def test_what_is_unanswered_at_the_deadline_is_an_error(room, tiny_base):
    """The deadline counts from the first request of all, whichever replica has it."""
    room.actors[:] = [FakeActor(is_placed=False), FakeActor(is_placed=False)]
    config = msgspec.structs.replace(CONFIG, deadline_s=0.01)
    requests = [make_request(str(n), n, model=tiny_base.ref) for n in range(3)]

    with RayEngine([tiny_base], config, lambda _: None, Planned) as engine:
        responses = list(engine.generate(requests))

    assert [one.error for one in responses] == [OUT_OF_TIME.format(0.01)] * 3


def test_nothing_is_opened_for_no_requests(room, tiny_base):
    """As when all answers are in the store."""
    with RayEngine([tiny_base], CONFIG, lambda _: None, Planned) as engine:
        assert list(engine.generate([])) == []

    assert room.wanted == []


def test_one_engine_lets_go_of_its_replicas_for_another(room, tiny_base):
    """Two of a run can't hold the same GPU."""
    engines: list[RayEngine] = []
    engines += [RayEngine([tiny_base], CONFIG, lambda _: None, Planned, (), engines) for _ in range(2)]
    first, second = engines
    assert first.identity

    second._release_others()

    assert [one.closed for one in room.wanted] == [True, True]
