"""How the processes of one training speak with each other: through the store of the launcher that started them.

The first process, the lead, reads, says and writes all there is, as one process alone does. When it trains it hands a
job over, which the others take part in; when it ends, they end with the same exit code. Nobody waits in a collective of
torch meanwhile, so no time limit of these applies to reading rows or to merging.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from harness.errors import HarnessError, TrainingError
from harness.train.quantized import this_device
from harness.train.spread import Member, Spread

if TYPE_CHECKING:
    from torch.distributed import Store

LIMIT_S = 3 * 3600.0
"""How long a process waits for another one: for the lead to read its rows and to finish, and for all in each step."""
LOOK_S = 0.1
GRACE_S = 10.0
"""How long a process whose error another one tells waits for the launcher to end it."""
TELLS, ENDED, JOB = "tells", "ended", "job"
"""Keys of the store: how many had an error, the lead's exit code, and before a number, what a job is."""
WRONG = 2
"""Exit code after an error that is told in words."""


class Group:
    """The processes of one training, seen from one of them; ``store`` is None where it is alone."""

    def __init__(self, member: Member, store: "Store | None" = None) -> None:
        self.member = member
        self._store = store
        self._jobs = 0

    @property
    def spread(self) -> Spread:
        """How many processes there are, and what they share out."""
        return self.member.spread

    @property
    def is_lead(self) -> bool:
        """Whether this process reads, says and writes."""
        return self.member.index == 0

    def hand_over(self, job: str) -> None:
        """Have the other processes take part in a job; a lead that is alone does nothing."""
        if self._store is not None:
            self._store.set(f"{JOB}{self._jobs}", job)
            self._jobs += 1

    def jobs(self) -> Iterator[str]:
        """Yield what the lead hands over, until it has ended.

        Raises:
            SystemExit: the lead ended with another exit code than 0.
            TrainingError: it was not heard of for too long.
        """
        assert self._store is not None  # noqa: S101 - only a process that is not alone follows
        while True:
            job = f"{JOB}{self._jobs}"
            self._wait(lambda job=job: self._has(job) or self._has(ENDED))  # type: ignore[misc]
            if not self._has(job):
                break
            self._jobs += 1
            yield self._store.get(job).decode()
        if code := int(self._store.get(ENDED)):
            raise SystemExit(code)

    def _wait(self, is_over: Callable[[], bool]) -> None:
        until = time.monotonic() + LIMIT_S
        while not is_over():
            if time.monotonic() > until:
                raise TrainingError(
                    f"the first process of this training was not heard of for {LIMIT_S / 3600:.0f} hours; look at its "
                    "last lines, and start again: a training continues from its last checkpoint"
                )
            time.sleep(LOOK_S)

    def _has(self, key: str) -> bool:
        assert self._store is not None  # noqa: S101 - as in ``jobs``
        return bool(self._store.check([key]))

    def end(self, code: int) -> None:
        """Tell the others with which exit code the lead ends."""
        if self._store is not None and self.is_lead:
            with suppress(RuntimeError):  # the launcher, who has the store, is gone
                self._store.set(ENDED, str(code))

    def fail(self, problem: BaseException) -> NoReturn:
        """Raise an error in the first process that has one; the others end without a word, with the same exit code."""
        code = code_of(problem)
        if self._store is None:
            raise problem
        self.end(code)
        try:
            is_first = self._store.add(TELLS, 1) == 1
        except RuntimeError:
            is_first = self.is_lead
        if not is_first or (isinstance(problem, KeyboardInterrupt) and not self.is_lead):
            time.sleep(GRACE_S)
            raise SystemExit(code)
        if is_lost(problem) and self.member.is_launched:
            raise SystemExit(code)  # the launcher tells which process has ended, and how
        if is_lost(problem):
            raise TrainingError(
                "another process of this training ended without a word, so this one can't go on: the system ends a "
                "process where memory runs out; give the same command again, and it continues from the last checkpoint"
            ) from problem
        raise problem


ALONE = Group(Member())


@contextmanager
def joined(member: Member) -> Iterator[Group]:
    """Give the group that a process belongs to; what is raised in the block is raised once in all of the group.

    Raises:
        TrainingError: another process of the group has ended.
    """
    group = Group(member, _store_of(member))
    try:
        if member.spread.processes > 1:
            _meet()
        yield group
        group.end(0)
        _leave()
    except BaseException as problem:  # noqa: BLE001 - it is raised again, in one process
        group.fail(problem)


def code_of(problem: BaseException) -> int:
    """Return the exit code that a process has after an error, as ``harness.cli.main`` gives it.

    >>> code_of(TrainingError("x")), code_of(SystemExit(3)), code_of(ValueError("x"))
    (2, 3, 1)
    """
    if isinstance(problem, SystemExit):
        return problem.code if isinstance(problem.code, int) else int(problem.code is not None)
    return WRONG if isinstance(problem, HarnessError | OSError) else 1


def is_lost(problem: BaseException) -> bool:
    """Return whether an error is that another process is gone, in the words of gloo, NCCL or torch's store."""
    from torch import distributed

    told = str(problem)
    if isinstance(problem, HarnessError) or not isinstance(problem, RuntimeError):
        return False
    kinds = (distributed.DistNetworkError, distributed.DistBackendError, distributed.DistStoreError)
    return isinstance(problem, kinds) or "Connection closed by peer" in told or "Connection reset" in told


def _store_of(member: Member) -> "Store | None":
    if member.spread.processes == 1:
        return None
    from torch import distributed
    from torch.distributed.rendezvous import rendezvous

    try:
        store, _, _ = next(rendezvous("env://"))
    except (ValueError, RuntimeError) as problem:
        raise TrainingError(
            f"the other processes of this training can't be reached: {problem}; start with `harness train FILE "
            "--launch`, `accelerate launch` or `torchrun`"
        ) from problem
    # A launcher that starts all anew after a failure keeps its store.
    return distributed.PrefixStore(f"harness/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)


def _meet() -> None:
    """Join the group of torch, as the trainer would later: there is no other moment at which all do so."""
    from accelerate import PartialState

    device = this_device()
    PartialState(cpu=device.kind == "cpu", timeout=timedelta(seconds=LIMIT_S))


def _leave() -> None:
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
