"""The guard leaves no process behind, however its parent ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.engines.server import guard
from tests.waiting import MOST_S, until

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1] + "/" + str(os.getpid()), "w").close()
if len(sys.argv) > 2:
    subprocess.Popen([sys.executable, "-c", sys.argv[2], sys.argv[1]])
if len(sys.argv) > 3:
    while len(os.listdir(sys.argv[1])) < 2:
        time.sleep(0.02)
    sys.exit(3)
time.sleep(600)
"""
OBEDIENT = """
import signal, sys, time
def hear(number, _):
    raise SystemExit(number + 50)
signal.signal(int(sys.argv[1]), hear)
print("up", flush=True)
while True:  # one long sleep could begin between the signal and its handler
    time.sleep(0.05)
"""
HEAVY = f"memory = bytearray(400_000_000){STUBBORN}"
WEAK = STUBBORN.replace("signal.SIG_IGN", "signal.SIG_DFL")
HARNESS_LIKE = """
import subprocess, sys, time
guard, pids, stubborn = sys.argv[1:]
one = subprocess.Popen(
    [sys.executable, guard, "--grace", "0.2", "--", sys.executable, "-c", stubborn, pids, stubborn],
    stdin=subprocess.PIPE, start_new_session=True,
)
print(one.pid, flush=True)
time.sleep(600)
"""


def is_gone(pid):
    """Tell whether a process runs no more; one that only waits to be counted by its parent runs no more."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def pids_in(folder):
    """Return the processes that have told their numbers."""
    return [int(path.name) for path in folder.iterdir()]


def start(*command: str, grace_s: float = guard.GRACE_S, drain_s: float = 0.0, **options: object):
    """Start the guard as the harness does."""
    patience = ("--drain", str(drain_s), "--grace", str(grace_s))
    return subprocess.Popen(
        [sys.executable, "-I", guard.__file__, *patience, "--", *command],
        stdin=subprocess.PIPE,
        start_new_session=True,
        text=True,
        **options,
    )


DRAINING = """
import signal, subprocess, sys
worker = "import sys; sys.stdin.readline(); print('the worker answers', flush=True); sys.stdin.read()"
started = subprocess.Popen([sys.executable, "-c", worker], stdin=subprocess.PIPE, text=True)

def drain(*_):
    started.stdin.write("go\\n")
    started.stdin.close()
    sys.exit(started.wait())

signal.signal(signal.SIGTERM, drain)
print("up", flush=True)
signal.pause()
"""
"""A server that lets its worker answer before it ends; a worker that got the signal too would say nothing."""


@pytest.fixture
def pids(tmp_path):
    """Give a folder where processes tell their numbers; whatever is left at the end is killed."""
    folder = tmp_path / "pids"
    folder.mkdir()
    yield folder
    for pid in pids_in(folder):
        if not is_gone(pid):
            os.kill(pid, signal.SIGKILL)


def test_nothing_stays_when_the_parent_is_killed(pids):
    """SIGKILL gives the parent no chance to clean up, and both child and grandchild ignore SIGTERM."""
    parent = subprocess.Popen(
        [sys.executable, "-c", HARNESS_LIKE, guard.__file__, str(pids), STUBBORN], stdout=subprocess.PIPE, text=True
    )
    guard_pid = int(parent.stdout.readline())
    until(lambda: len(pids_in(pids)) == 2)

    parent.kill()
    parent.communicate()

    until(lambda: all(is_gone(pid) for pid in [guard_pid, *pids_in(pids)]))


def test_the_guard_outlives_a_signal_to_the_parents_group(pids):
    """Ctrl-C reaches every process of the terminal's group; the guard must stay to end the server."""
    parent = subprocess.Popen(
        [sys.executable, "-c", HARNESS_LIKE, guard.__file__, str(pids), WEAK],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    guard_pid = int(parent.stdout.readline())
    until(lambda: len(pids_in(pids)) == 2)

    os.killpg(parent.pid, signal.SIGKILL)
    parent.communicate()

    until(lambda: all(is_gone(pid) for pid in [guard_pid, *pids_in(pids)]))


def test_closing_the_pipe_stops_the_group_at_once_when_it_obeys():
    """The grace is for those that don't."""
    code = "import time; print('up', flush=True); time.sleep(600)"
    one = start(sys.executable, "-c", code, grace_s=MOST_S, stdout=subprocess.PIPE)
    one.stdout.readline()
    started = time.monotonic()

    one.communicate()

    assert one.returncode == 128 + signal.SIGTERM
    assert time.monotonic() - started < MOST_S


def test_what_is_under_way_can_end_before_the_group_is_stopped():
    """A server's own processes go on computing until it has answered; then they are stopped, whatever they do."""
    one = start(sys.executable, "-c", DRAINING, drain_s=MOST_S, stdout=subprocess.PIPE)
    one.stdout.readline()

    said, _ = one.communicate()

    assert (one.returncode, said) == (0, "the worker answers\n")


def test_children_of_a_command_that_ended_are_stopped_too(pids):
    """A server that crashes leaves its workers behind; its exit code still counts."""
    one = start(sys.executable, "-c", WEAK, str(pids), WEAK, "and exit")

    code = one.wait(timeout=MOST_S)
    one.stdin.close()

    assert code == 3
    assert len(pids_in(pids)) == 2
    assert all(is_gone(pid) for pid in pids_in(pids))


def test_the_guard_ends_when_the_last_process_is_gone(pids):
    """A killed process is there until the system has its memory back: without waiting, one in two is still there."""
    one = start(sys.executable, "-c", STUBBORN, str(pids), HEAVY, "and exit", grace_s=0.2)

    one.wait(timeout=MOST_S)
    one.stdin.close()

    assert len(pids_in(pids)) == 2
    assert all(is_gone(pid) for pid in pids_in(pids))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on(number):
    """The command hears the same signal, and its own exit code comes back."""
    one = start(sys.executable, "-c", OBEDIENT, str(int(number)), stdout=subprocess.PIPE)
    one.stdout.readline()

    one.send_signal(number)
    one.communicate()

    assert one.returncode == number + 50


def test_exit_codes_come_through():
    """Zero, a code, and a death by signal are told apart."""
    commands = ["pass", "raise SystemExit(7)", "import os; os.kill(os.getpid(), 9)"]

    codes = []
    for command in commands:
        one = start(sys.executable, "-c", command)
        codes.append(one.wait(timeout=MOST_S))
        one.stdin.close()

    assert codes == [0, 7, 128 + signal.SIGKILL]


def test_a_command_that_cannot_start_is_told_in_words():
    """No traceback: the words end up in the server's log."""
    one = start("/no/such/program", stderr=subprocess.PIPE)

    _, told = one.communicate()

    assert one.returncode == 127
    assert told == "/no/such/program: can't be started: No such file or directory\n"


def test_wrong_use_is_told_in_words(capsys):
    """A person may try it by hand."""
    code = guard.main(["sleep", "1"])

    assert code == 2
    assert "-- CMD" in capsys.readouterr().err


def test_a_shorter_grace_ends_a_stubborn_command_sooner(tmp_path):
    """A server has nothing to save: five seconds of waiting would be for nothing."""
    with subprocess.Popen(
        [sys.executable, guard.__file__, "--grace", "0.2", "--", sys.executable, "-c", STUBBORN, str(tmp_path)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        until(lambda: list(tmp_path.iterdir()))
        started = time.monotonic()
        assert process.stdin is not None
        process.stdin.close()

        process.wait(timeout=MOST_S)

        assert time.monotonic() - started < guard.GRACE_S
        assert is_gone(int(next(tmp_path.iterdir()).name))


SOCKET = """
import os, socket, sys
folder = os.environ["VLLM_RPC_BASE_PATH"]
socket.socket(socket.AF_UNIX).bind(folder + "/" + "x" * 36)
print(folder, flush=True)
if len(sys.argv) > 1:
    os.kill(os.getppid(), 9)
"""


def told_by(*command: str) -> str:
    """Return what a command prints under a guard that then ends."""
    with start(*command, stdout=subprocess.PIPE) as process:
        told: str = process.stdout.read()
        process.wait()
    return told.strip()


def test_the_sockets_of_a_server_are_removed_with_it(monkeypatch):
    """In a folder of their own, since vLLM never removes them."""
    monkeypatch.delenv("TMPDIR", raising=False)  # the path of a socket must be short

    folder = Path(told_by(sys.executable, "-c", SOCKET))

    assert folder.name.startswith(guard.FOLDER)
    assert not folder.exists()


def test_what_a_killed_guard_left_is_removed_by_the_next_one(monkeypatch):
    """And nothing that another guard is using."""
    monkeypatch.delenv("TMPDIR", raising=False)  # the path of a socket must be short
    left = Path(told_by(sys.executable, "-c", SOCKET, "kill"))
    was_left = left.is_dir()

    with start(sys.executable, "-c", f"{SOCKET}\n__import__('time').sleep(600)", stdout=subprocess.PIPE) as using:
        used = Path(using.stdout.readline().strip())
        told_by("true")
        found = (left.exists(), used.is_dir())

    assert was_left
    assert found == (False, True)
    assert not used.exists()


def test_a_folder_that_the_environment_names_is_left_to_its_owner(tmp_path, monkeypatch):
    """Where the path of a socket would be too long, nothing is changed either."""
    command = ("sh", "-c", "echo it is $VLLM_RPC_BASE_PATH")
    deep = tmp_path / ("x" * 70)
    deep.mkdir()
    monkeypatch.setenv("VLLM_RPC_BASE_PATH", str(tmp_path))

    named = told_by(*command)
    monkeypatch.delenv("VLLM_RPC_BASE_PATH")
    monkeypatch.setenv("TMPDIR", str(deep))

    assert named == f"it is {tmp_path}"
    assert tmp_path.is_dir()
    assert told_by(*command) == "it is"
