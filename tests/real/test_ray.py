"""A real Ray cluster of two workers, one killed half-way, one joining: each request is answered, and stored once."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from harness.asking.ask import Asking
from harness.asking.proof import AdapterProof
from harness.asking.store import Store
from harness.config.engine import EngineConfig, RayConfig
from harness.engines.cluster.actor import Actor
from harness.engines.cluster.engine import RayEngine
from harness.models.embedded import EMBEDDED
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.records.answered import Response
from harness.records.asked import Request, Sampling
from harness.records.messages import Message

QUESTIONS = 24
KILLED_AFTER = 16


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Start a head without room, and two workers with room for one replica each; adapters arrive in their own cache."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    one = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        one.add_node(num_cpus=1)
    yield one
    one.shutdown()


def test_a_killed_node_costs_its_own_requests_and_a_new_one_takes_its_part(
    tmp_path: Path,
    cluster: Cluster,
    base_folder: Path,
    make_adapter: Callable[[Path, float], Path],
    monkeypatch: pytest.MonkeyPatch,
):
    """All are answered, none is stored twice, none is asked again once it was answered; the next run asks nothing."""
    base = local_base(EMBEDDED, base_folder)
    models = [base, local_adapter(base, make_adapter(tmp_path / "mine", 0.05))]
    answered: set[str] = set()
    asked: Counter[str] = Counter()
    late: list[str] = []
    ask = Actor.ask

    def noted(actor: Actor, requests: Sequence[Request]) -> None:
        asked.update(request.key for request in requests)
        late.extend(request.key for request in requests if request.key in answered)
        ask(actor, requests)

    def killing(responses: Iterator[Response], total: int) -> Iterator[Response]:
        for response in responses:
            answered.add(response.request_key)
            if len(answered) == KILLED_AFTER:
                cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
                cluster.add_node(num_cpus=1)
            yield response

    monkeypatch.setattr(Actor, "ask", noted)
    said: list[str] = []
    config = EngineConfig(
        dtype="float32",
        in_flight=4,
        ray=RayConfig(address=cluster.address, each="transformers", replicas=2, cpus=1),
    )
    with RayEngine(models, config, said.append, AdapterProof) as engine, Store(tmp_path / "store.sqlite") as store:
        requests = [
            Request(
                case_id=str(number),
                model=model.ref,
                engine=engine.identity,
                messages=(Message(role="user", content=f"What is {number} and {number}?"),),
                sampling=Sampling(max_tokens=24),
            )
            for number in range(QUESTIONS)
            for model in models
        ]
        questions = [(engine, request) for request in requests]
        asking = Asking(store, killing)
        asking.fetch(questions)

        again = Asking(store, killing)
        left = again.unanswered(questions)
        notes = engine.notes

    keys = {request.key for request in requests}
    assert {key for key in keys if asking.responses[key].error is None} == keys
    assert (len(answered), left) == (len(keys), {})
    assert any(asked[key] > 1 for key in keys)
    assert not late
    assert [note for note in notes if "1 replica lost" in note]
    assert sum("is there" in line for line in said) == 3
    probes = {key for key in asked if key not in keys}
    assert {asked[key] for key in probes} == {3}, "each of the three replicas proves the adapter"
    assert {*again.responses} == keys
