"""Replicas on a cluster: they come, prove their adapters, are lost and started anew; unlike ones are refused."""

from collections import Counter

import msgspec
import pytest

from harness.engines.cluster.sent import Problem
from harness.engines.replicas.schedule import Spread
from harness.errors import EngineSetupError, EngineStartError, NoSuchModel, ServerLost, SilentAdapter
from harness.records.answered import Response
from tests.engines.cluster.fakes import MADE, FakeActor, FakeRoom, fleet_in
from tests.engines.fakes import make_request, make_requests

OTHER, THIRD = (msgspec.structs.replace(MADE, node=name) for name in ("node-b", "node-c"))


class Time:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class OneProof:
    """One request, whose answer must not come from ``silent``."""

    def __init__(self, silent: str = "") -> None:
        self.requests = (make_request("prove it", 999),)
        self.silent = silent

    def check(self, responses: dict[str, Response]) -> None:
        """Refuse the silent node."""
        if responses[self.requests[0].key].text == self.silent:
            raise SilentAdapter("mine changes nothing")

    def apart(self, _one: dict[str, Response], _other: dict[str, Response]) -> float:
        """Find that both answer alike."""
        return 0.0


def test_a_lost_replica_costs_only_its_own_requests_and_another_takes_its_place():
    """The third actor is wanted once the first is lost, and has its share."""
    said: list[str] = []
    third = FakeActor(THIRD)
    room = FakeRoom([FakeActor(lives=6), FakeActor(OTHER, waits=third.begins), third])
    fleet = fleet_in(room, said)
    requests = make_requests(200)

    answers = list(Spread(requests, fleet, said.append).answers())

    assert Counter(one.request_key for one in answers) == Counter(one.key for one in requests)
    asked = Counter(request.key for one in room.wanted for request in one.asked)
    assert 0 < sum(asked.values()) - len(requests) <= 4
    assert (len(room.wanted), room.wanted[0].closed) == (3, True)
    assert fleet.notes == ("1 replica lost; the last: node-a (ActorUnavailableError: its node is gone)",)
    assert [line for line in said if "is there" in line] == [
        "replica node-a is there: 1 of 2, a CPU",
        "replica node-b is there: 2 of 2, a CPU",
        "replica node-c is there: 2 of 2, a CPU",
    ]


def test_a_replica_that_waits_for_room_is_used_when_it_has_it():
    """Until then the other one answers alone."""
    late = FakeActor(OTHER, is_placed=False)
    fleet = fleet_in(FakeRoom([FakeActor(), late]), [])

    before = [one.name for one in fleet.present()]
    late.is_placed = True

    assert (before, [one.name for one in fleet.present()]) == (["node-a"], ["node-a", "node-b"])


def test_two_replicas_on_one_node_have_two_names():
    """The scheduler tells them apart by their names."""
    assert [one.name for one in fleet_in(FakeRoom([FakeActor()]), []).present()] == ["node-a", "node-a #2"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"identity": "vllm 0.32.0 bfloat16 merged"},
            "vllm 0.32.0 bfloat16 merged (node-a: vllm 0.32.0 float32 merged)",
        ),
        ({"versions": {"tunegate": "1", "torch": "2.12"}}, "torch 2.12 (node-a: 2.13)"),
        ({"versions": {"tunegate": "2", "torch": "2.13"}}, "tunegate 2 (here: 1)"),
        (
            {"problem": Problem(kind="EngineSetupError", text="node-b: the adapter mine is another one there")},
            "another",
        ),
    ],
)
def test_a_replica_unlike_the_first_is_refused_by_name(changed, told):
    """It is let go of, and none is wanted in its place: it would be on the same node."""
    said: list[str] = []
    room = FakeRoom([FakeActor(), FakeActor(msgspec.structs.replace(OTHER, **changed))])
    fleet = fleet_in(room, said)

    names = [[one.name for one in fleet.present()] for _ in range(2)]

    assert (names, len(room.wanted), room.wanted[1].closed) == ([["node-a"]] * 2, 2, True)
    assert "the replica on node-b is not used: " in fleet.notes[0]
    assert told in fleet.notes[0]


def test_where_all_are_refused_nothing_can_be_asked():
    """The reasons are named."""
    wrong = Problem(kind="EngineSetupError", text="node-a: the base model is not there")

    with pytest.raises(EngineSetupError, match=r"(?s)no replica .* can be used.*the base model is not there"):
        fleet_in(FakeRoom([FakeActor(msgspec.structs.replace(MADE, problem=wrong))]), []).present()


def test_what_no_replica_could_do_is_raised_as_it_is():
    """Such as a model that vLLM can't serve at all."""
    wrong = Problem(kind="NoSuchModel", text="tiny: no such model")

    with pytest.raises(NoSuchModel, match="tiny: no such model"):
        fleet_in(FakeRoom([FakeActor(msgspec.structs.replace(MADE, problem=wrong))]), []).present()


def test_without_room_it_says_what_was_asked_for_and_what_there_is():
    """First what else this process holds is let go of; after the limit, it ends."""
    time, let_go, said = Time(), [], []
    fleet = fleet_in(FakeRoom([FakeActor(is_placed=False)], replicas=1), said, time, lambda: let_go.append(time.now))
    for time.now in (0.0, 1.0, 5.0, 20.0, 599.0):
        assert not fleet.present()
    time.now = 601.0

    with pytest.raises(EngineStartError, match=r"no room for a replica in 600 s .*: a replica takes 1 GPUs"):
        fleet.present()
    assert let_go == [5.0]
    assert said[0].startswith("waiting for room on the Ray cluster for 20 s: a replica takes 1 GPUs")


def test_replicas_that_are_lost_one_after_the_other_end_it():
    """Without an answer in between, starting more of them is in vain."""
    fleet = fleet_in(FakeRoom([FakeActor(lives=0) for _ in range(30)], replicas=1), [])

    with pytest.raises(ServerLost, match=r"lost one after the other; the last: .*its node is gone"):
        [fleet.present() for _ in range(30)]


def test_every_replica_proves_its_adapter_before_it_answers():
    """Also the one that came later; its answers to the proof are not among those of the run."""
    third = FakeActor(THIRD)
    room = FakeRoom([FakeActor(lives=9), FakeActor(OTHER, waits=third.begins), third])
    fleet = fleet_in(room, [])
    fleet.proofs = [proof] = [OneProof()]
    requests = make_requests(100)

    answers = list(Spread(requests, fleet, lambda _: None).answers())

    assert [one.asked[0] for one in room.wanted] == [proof.requests[0]] * 3
    assert {one.request_key for one in answers} == {one.key for one in requests}


def test_a_silent_adapter_on_one_replica_ends_the_run_before_that_one_answers():
    """The replica is named."""
    other = FakeActor(OTHER)
    fleet = fleet_in(FakeRoom([FakeActor(waits=other.begins), other]), [])
    fleet.proofs = [OneProof(silent="node-b")]
    answers: list[Response] = []

    with pytest.raises(SilentAdapter, match="node-b: mine changes nothing"):
        answers.extend(Spread(make_requests(100), fleet, lambda _: None).answers())
    assert "node-b" not in {one.text for one in answers}


def test_a_server_that_died_for_good_is_the_loss_of_its_replica():
    """Others answer what it did not."""
    broken = FakeActor(problem=Problem(kind="ServerLost", text="the vLLM server for tiny stopped"))
    fleet = fleet_in(FakeRoom([broken, FakeActor(OTHER, waits=broken.begins)]), [])

    answers = list(Spread(make_requests(40), fleet, lambda _: None).answers())

    assert len(answers) == 40
    assert "the vLLM server for tiny stopped" in fleet.notes[0]


def test_different_hardware_is_noted():
    """Answers can then differ in their last digits."""
    fleet = fleet_in(FakeRoom([FakeActor(), FakeActor(msgspec.structs.replace(OTHER, hardware="a GPU"))]), [])
    fleet.present()

    assert fleet.notes == ("the replicas compute with different hardware: a CPU, a GPU",)


def test_what_is_let_go_of_is_wanted_anew():
    """As for another engine of the same run."""
    room = FakeRoom([FakeActor()])
    fleet = fleet_in(room, [])
    fleet.present()
    fleet.close()

    assert [one.closed for one in room.wanted] == [True, True]
    assert len(fleet.present()) == 2
