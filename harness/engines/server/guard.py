"""Run one command and make sure that none of its processes outlives the process that asked for it.

``python guard.py [--drain S] [--grace S] -- CMD...``: standard library only, so that it starts at once. The command
runs in a process group of its own, the guard in another. When the guard's standard input closes, which happens however
the parent ends, even by SIGKILL, the whole group is stopped: by SIGTERM, then by SIGKILL after the grace, 5 s unless
given. With ``--drain`` the command alone gets the first signal, and so long to end what is under way: at a signal each
of vLLM's processes ends by itself, in the middle of what it computes.
vLLM never removes its sockets, so it gets a folder for them that is removed at the end; what a guard left that was
itself killed is removed by the next one.
"""

import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

GRACE_S = 5.0
KILLED_S = 20.0
"""How long a killed process may take to be gone: the system first takes back its memory, which can be tens of GiB."""
POLL_S = 0.1
SOCKETS = "VLLM_RPC_BASE_PATH"
"""Names the folder in which vLLM makes its sockets."""
FOLDER = "tunegate-sockets-"
LONGEST_FOLDER = 70
"""The address of a socket has 107 bytes at most, of which its name takes 37."""


def main(arguments: Sequence[str]) -> int:
    """Run the command after ``--``; return its exit code, 128 + n when signal n ended it, 127 if it can't start."""
    seconds = {"--drain": 0.0, "--grace": GRACE_S}
    while len(arguments) > 1 and arguments[0] in seconds:
        seconds[arguments[0]], arguments = float(arguments[1]), arguments[2:]
    if len(arguments) < 2 or arguments[0] != "--":
        sys.stderr.write("use: python -m harness.engines.server.guard [--drain S] [--grace S] -- CMD...\n")
        return 2
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, remember)
    if os.getpid() != os.getsid(0):
        os.setpgid(0, 0)
    with _folder_for_sockets() as environment:
        try:
            child = subprocess.Popen(arguments[1:], stdin=subprocess.DEVNULL, start_new_session=True, env=environment)
        except OSError as problem:
            sys.stderr.write(f"{arguments[1]}: can't be started: {problem.strerror}\n")
            return 127
        _watch(child, received)
        first = received[0] if received else signal.SIGTERM
        _drain(child, first, seconds["--drain"])
        _stop_group(child, first, seconds["--grace"])
        code = child.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _folder_for_sockets() -> Iterator[dict[str, str]]:
    """Give the command's environment, which names a new folder for sockets; it is locked, and removed at the end.

    A folder that the environment names already stays, and so does the default where a path would be too long.
    """
    temporary = Path(tempfile.gettempdir())
    for left in temporary.glob(f"{FOLDER}*"):
        with suppress(OSError):  # locked, so in use; or another user's
            lock = _lock(left, fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)
    if SOCKETS in os.environ or len(str(temporary / f"{FOLDER}12345678")) > LONGEST_FOLDER:
        yield dict(os.environ)
        return
    folder, lock = _new_folder()
    try:
        yield os.environ | {SOCKETS: str(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _new_folder() -> tuple[Path, int]:
    """Make and lock a folder; until it is locked, another guard can take it for a left one and remove it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=FOLDER))
        with suppress(FileNotFoundError):
            lock = _lock(folder, 0)
            if folder.is_dir():
                return folder, lock
            os.close(lock)


def _lock(folder: Path, how: int) -> int:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | how)
    except OSError:
        os.close(opened)
        raise
    return opened


def _watch(child: subprocess.Popen[bytes], received: list[int]) -> None:
    """Return when the child has ended, a signal came, or the parent is gone.

    The parent's death shows in two ways, because a process that the parent forked can hold the pipe open.
    """
    parent = os.getppid()
    while child.poll() is None and not received and os.getppid() == parent:
        readable, _, _ = select.select([0], [], [], POLL_S)
        if readable and not os.read(0, 4096):
            return


def _drain(child: subprocess.Popen[bytes], number: int, patience_s: float) -> None:
    """Signal the child alone, and return when it has ended or was given that long."""
    if patience_s and child.poll() is None:
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=patience_s)


def _stop_group(child: subprocess.Popen[bytes], first: int, grace_s: float) -> None:
    """Stop what is left of the child's group, and return when it is gone; the child itself may have ended already."""
    for number, patience_s in ((first, grace_s), (signal.SIGKILL, KILLED_S)):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not _group_runs(child):
                return
            time.sleep(POLL_S / 2)


def _group_runs(child: subprocess.Popen[bytes]) -> bool:
    """Return whether a process of the group runs; an ended one that nobody waits for, as in a container, doesn't."""
    child.poll()  # takes the exit code: a dead child would count as left otherwise
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    processes = Path("/proc").glob("[0-9]*/stat")
    return not Path("/proc/self/stat").exists() or any(_runs_in(child.pid, stat) for stat in processes)


def _runs_in(group: int, stat: Path) -> bool:
    """Return whether the process of a ``/proc`` entry is in the group and runs."""
    try:
        state, _, its_group = stat.read_text(errors="replace").rpartition(") ")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state not in "ZX"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
