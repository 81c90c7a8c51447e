"""The replicas on a cluster: wanted, there when they have a place, lost with their node, and started anew."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from harness.engines.cluster.alike import kinds_of_hardware, unlike
from harness.engines.cluster.replica import Asked, ClusterReplica, error_class
from harness.engines.cluster.sent import Made
from harness.engines.replicas.proofs import Proof
from harness.engines.replicas.replica import Presence, ReplicaLost
from harness.errors import EngineSetupError, EngineStartError, ServerLost
from harness.text.figures import count
from harness.text.visible import for_terminal

SAY_EVERY_S = 15.0
HELD_S = 3.0
"""After so long without room, what else this process holds on the cluster is let go of."""
MOST_IN_A_ROW = 3
"""How many replicas, beyond all those wanted, can be lost one after the other without an answer in between."""


class Wanted(Asked, Protocol):
    """An actor from when it is wanted; see ``actor.Actor``."""

    @property
    def is_placed(self) -> bool:
        """Whether it has its place, or was lost before."""
        ...

    def made(self) -> Made:
        """Return what it is."""
        ...


class Room(Protocol):
    """A cluster: what fits on it, and a way to want an actor there."""

    def most(self) -> int:
        """Return how many replicas are wanted now."""
        ...

    def told(self) -> str:
        """Say what a replica takes, and what the cluster has."""
        ...

    def want(self) -> Wanted:
        """Return an actor that takes its place when there is one."""
        ...


class ClusterFleet:
    """The replicas of one engine; see ``Fleet``. They are wanted when first looked for.

    Args:
        room: the cluster.
        ours: the version of the harness here.
        limit_s: longest time without any replica.
        say: called with lines about replicas that come and go.
        make_room: called when none has room; lets go of what else this process holds there.
        clock: gives the time in seconds.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        room: Room,
        ours: str,
        limit_s: float,
        say: Callable[[str], None],
        make_room: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.proofs: Sequence[Proof] = ()
        """What every replica must prove before its answers count."""
        self.batch = 1
        """How many requests a replica is given at once."""
        self.first: Made | None = None
        """What the first replica was: all others must be like it."""
        self._room, self._ours = room, ours
        self._limit_s, self._say, self._make_room, self._clock = limit_s, say, make_room, clock
        self._pending: list[Wanted] = []
        self._replicas: list[ClusterReplica] = []
        self._refused: list[str] = []
        self._seen: list[Made] = []
        self._lost: list[str] = []
        self._lost_in_a_row, self._answered = 0, 0
        self._none_since: float | None = None
        self._said_at = 0.0
        self._has_asked = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual: lines for the facts of the run."""
        self._let_go_of_lost()
        lost = [f"{count(len(self._lost), 'replica')} lost; the last: {why}" for why in self._lost[-1:]]
        own = dict.fromkeys(note for made in self._seen for note in made.notes)
        return (*own, *kinds_of_hardware(self._seen), *self._refused, *lost)

    @property
    def presence(self) -> Presence:
        """How many of the replicas answer now that were wanted when they were last looked for."""
        return Presence(len(self._replicas), len(self._replicas) + len(self._pending), len(self._lost), "replica")

    def present(self) -> Sequence[ClusterReplica]:
        """Return the replicas that are there, after looking for those that came and went.

        Raises:
            EngineStartError: there was none for too long.
            EngineSetupError: none of those that came can be used.
            ServerLost: they are lost one after the other.
        """
        self._let_go_of_lost()
        self._want()
        self._welcome()
        if self._replicas:
            self._none_since = None
        else:
            self._wait()
        return tuple(self._replicas)

    def close(self) -> None:
        """Let go of all, also of those that wait for room; they are wanted anew when looked for again."""
        letting_go: list[Wanted | ClusterReplica] = [*self._pending, *self._replicas]
        for one in letting_go:
            one.close()
        self._pending.clear()
        self._replicas.clear()
        self._none_since = None

    def _let_go_of_lost(self) -> None:
        answered = sum(one.answered for one in self._replicas)
        if answered != self._answered:
            self._lost_in_a_row = 0
        for one in [one for one in self._replicas if one.lost_by]:
            self._replicas.remove(one)
            self._note_lost(one.name, one.lost_by)
            one.close()
        self._answered = sum(one.answered for one in self._replicas)

    def _note_lost(self, name: str, why: str) -> None:
        self._lost.append(f"{name} ({why})")
        self._lost_in_a_row += 1

    def _want(self) -> None:
        """Want as many as there can be; none in the place of one that was refused, which would be refused again."""
        if self._lost_in_a_row > MOST_IN_A_ROW + len(self._replicas) + len(self._pending):
            if not self._replicas:
                raise ServerLost(
                    f"replicas on the Ray cluster are lost one after the other; the last: {self._lost[-1]}"
                )
            return
        there = len(self._pending) + len(self._replicas) + len(self._refused)
        self._pending += [self._room.want() for _ in range(self._room.most() - there)]

    def _welcome(self) -> None:
        for one in [one for one in self._pending if one.is_placed]:
            self._pending.remove(one)
            try:
                self._take_in(one, one.made())
            except ReplicaLost as problem:
                self._note_lost("a replica that was starting", str(problem))
                self._say(f"a replica was lost while it started: {problem}")
                one.close()

    def _take_in(self, one: Wanted, made: Made) -> None:
        node = for_terminal(made.node)
        if why := self._why_not(made):
            one.close()
            self._refused.append(f"the replica on {node} is not used: {why}")
            self._say(self._refused[-1])
            return
        self.first = self.first or made
        self._seen.append(made)
        number = Counter(each.node for each in self._seen)[made.node]
        name = f"{node} #{number}" if number > 1 else node
        self._replicas.append(ClusterReplica(name, one, made, self, self._say))
        self._say(
            f"replica {name} is there: {len(self._replicas)} of {self._room.most()}, {for_terminal(made.hardware)}"
        )

    def _why_not(self, made: Made) -> str:
        """Say why a replica can't be used; raise what no replica can be used for."""
        if made.problem is None:
            return unlike(self.first or made, made, self._ours)
        kind = error_class(made.problem)
        if self.first is None and not issubclass(kind, EngineSetupError):
            raise kind(made.problem.text)
        return made.problem.text

    def _wait(self) -> None:
        """Say what is waited for; raise where that is in vain."""
        now = self._clock()
        if self._refused and not self._pending:
            raise EngineSetupError("no replica on the Ray cluster can be used:\n  " + "\n  ".join(self._refused))
        if self._none_since is None:
            self._none_since, self._said_at, self._has_asked = now, now, False
        if not self._has_asked and now - self._none_since > HELD_S:
            self._has_asked = True
            self._make_room()
        if now - self._none_since > self._limit_s:
            raise EngineStartError(
                f"the Ray cluster had no room for a replica in {self._limit_s:g} s (start_timeout_s under [engine] in "
                f"harness.toml): {self._room.told()}; lower gpus or cpus under [engine.ray], free the cluster, or add "
                "nodes"
            )
        if now - self._said_at >= SAY_EVERY_S:
            self._said_at = now
            self._say(f"waiting for room on the Ray cluster for {now - self._none_since:.0f} s: {self._room.told()}")
