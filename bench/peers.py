"""CPU of the harness against four peers: the same 5,000 cases, the same server, exact match, 64 in flight.

Each peer is installed on first use, into an environment of its own in the cache folder (3 GB in all). Whole processes
are measured, with their children, in three rounds over all tools, since the machine's speed drifts; the least of three
counts. What a case costs is the slope between 1,000 and 5,000 cases, so that start-up is taken off. The server's
counts show whether each case was really asked.

The peers ask one model. The harness compares two, so it is measured twice: with one model on both sides, which asks
each case once as the peers do and is what the bars are about, and with two, which asks each case twice.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import peer_setups
import project
import stub
from measure import Used, at_least, exit_code, run, run_script, tell
from peer_setups import PEERS, Peer, Place

from harness.config.home import home_folder

FEW, MANY = 1_000, 5_000
ROUNDS = 3
WARM_UP_CASES = 100
WHOLE_BAR = 5
CASE_BAR = 2

RunOnce = Callable[[int], Used]
"""Asks and scores this many cases, and returns what that used."""


@dataclass(frozen=True)
class Figures:
    """What one of them used: CPU seconds for few and for many cases, wall seconds and peak memory for many."""

    name: str
    few_s: float
    many_s: float
    wall_s: float
    peak_mb: float

    @property
    def case_ms(self) -> float:
        """CPU milliseconds a case, start-up taken off."""
        return 1000 * (self.many_s - self.few_s) / (MANY - FEW)


def main() -> int:
    """Measure all tools, print figures and bars, and return the exit code."""
    installed = [peer for peer in PEERS if install(peer)]
    harness, both, *peers = measure(
        {
            "harness, one model": lambda cases: run_harness(cases, "base"),
            "harness, two models": lambda cases: run_harness(cases, f"adapters/{stub.ADAPTER}"),
            **{peer.name: partial(run_peer, peer) for peer in installed},
        }
    )
    tell(f"{'CPU seconds':<24}{f'{FEW:,} cases':>14}{f'{MANY:,} cases':>14}{'a case':>12}{'wall':>10}{'peak':>10}")
    for one in (harness, both, *peers):
        row = f"{one.name:<24}{one.few_s:>12.1f} s{one.many_s:>12.1f} s{one.case_ms:>9.2f} ms"
        tell(f"{row}{one.wall_s:>8.1f} s{one.peak_mb:>7.0f} MB")
    held = [at_least("peers measured", len(peers), f"of {len(PEERS)}", len(PEERS))]
    if peers:
        leanest = min(peers, key=lambda one: one.many_s)
        leanest_case = min(peers, key=lambda one: one.case_ms)
        whole, case = leanest.many_s / harness.many_s, leanest_case.case_ms / harness.case_ms
        held.append(at_least(f"{leanest.name}, {MANY:,} cases", whole, "times the harness", WHOLE_BAR))
        held.append(at_least(f"{leanest_case.name}, a case", case, "times the harness", CASE_BAR))
    return exit_code(held)


def home_of(peer: Peer) -> Path:
    """Return the folder of a peer's installation; another version is another folder."""
    return home_folder() / "bench" / peer.packages[0]


def install(peer: Peer) -> bool:
    """Install a peer unless it is there, and return whether it is; say why not."""
    done = home_of(peer) / "installed"
    if done.exists():
        return True
    tell(f"installing {peer.name} into {home_of(peer)}")
    try:
        peer.install(home_of(peer), peer.packages)
    except (OSError, subprocess.CalledProcessError) as problem:
        tell(f"{peer.name} could not be installed, so it is not measured: {problem}")
        return False
    done.touch()
    return True


def measure(everybody: Mapping[str, RunOnce]) -> list[Figures]:
    """Warm all tools up, run both sizes in rounds over all of them, and return the least that each took."""
    for run_once in everybody.values():
        run_once(WARM_UP_CASES)
    runs: dict[str, list[tuple[Used, Used]]] = {name: [] for name in everybody}
    for number in range(ROUNDS):
        for name, run_once in everybody.items():
            runs[name].append((run_once(FEW), run_once(MANY)))
            tell(f"  {name}, run {number + 1} of {ROUNDS}: {runs[name][-1][1].cpu_s:.1f} s CPU for {MANY:,} cases")
    return [figures(name, done) for name, done in runs.items()]


def figures(name: str, runs: Sequence[tuple[Used, Used]]) -> Figures:
    """Return the least that one of them took, for few and for many cases."""
    return Figures(
        name=name,
        few_s=min(few.cpu_s for few, _ in runs),
        many_s=min(many.cpu_s for _, many in runs),
        wall_s=min(many.wall_s for _, many in runs),
        peak_mb=max(many.peak_mb for _, many in runs),
    )


def run_harness(cases: int, candidate: str) -> Used:
    """Run the harness in a new project."""
    with TemporaryDirectory(prefix="bench-peers-") as name, stub.serving() as url:
        folder = project.write_project(Path(name), cases)
        used = run(project.gate(url, candidate), folder)
        check_asked("the harness", url, cases)
    return used


def run_peer(peer: Peer, cases: int) -> Used:
    """Run a peer in a new folder, which is its home too, so that nothing is left of it."""
    with TemporaryDirectory(prefix="bench-peers-") as name, stub.serving() as url:
        folder = Path(name)
        peer_setups.write_cases(folder, cases)
        command = peer.prepare(Place(home_of(peer), folder, url))
        environment = {"HOME": name, "PYTHONPATH": "", "OPENAI_API_KEY": "none", **peer.environment}
        used = run(command, folder, environment, peer.exit_codes)
        check_asked(peer.name, url, cases)
        score = peer.score(folder, used.output)
    if abs(score - project.RIGHT_SHARE) > 0.001:
        sys.exit(f"{peer.name} scored {score} on {cases} cases, expected {project.RIGHT_SHARE}")
    return used


def check_asked(name: str, url: str, cases: int) -> None:
    """Make sure that every case was asked."""
    asked = stub.count_asked(url)
    if asked < cases:
        sys.exit(f"{name} asked {asked} requests for {cases} cases")


if __name__ == "__main__":
    run_script(main)
