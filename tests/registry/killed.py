"""Kill promotions at drawn moments: ``python -m tests.registry.killed FOLDER`` prints how each ended, as JSON.

Each is done by a forked child that kills itself at the n-th line of ours that it executes, so that the moments are the
same on each machine. A process of its own, since a fork wants no threads.
"""

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from harness.config.release import RegistryConfig
from harness.config.whole import HarnessConfig
from harness.registry.promote import Registry
from tests.registry.made import ADA, GIT, NOW, judged, project, promote

MOMENTS = 10
OURS = ("registry", "atomic.py")
Action = Callable[[Registry, Path], object]


def promote_second(registry: Registry, root: Path) -> object:
    """Promote the second adapter on the run that is there."""
    return registry.promote(root / "adapters" / "second", root / "runs" / "0002-2026-11-27-abcd", ADA)


def roll_back(registry: Registry, _root: Path) -> object:
    """Go back to the first adapter."""
    return registry.roll_back(1, ADA)


def main() -> None:
    """Kill each action in each kind of ledger at ten moments."""
    folder, found = Path(sys.argv[1]), []
    for kind, settings in (("sqlite", RegistryConfig()), ("git", GIT)):
        for name, action, there in (("promote", promote_second, 1), ("rollback", roll_back, 2)):
            draw = random.Random(f"{kind} {name}")  # noqa: S311 - moments, no secrets
            first = _project(folder / f"{kind}-{name}", settings, there)
            lines = _lines_of(_copied(first, folder / f"{kind}-{name}-counted", settings), action)
            late = lines * 9 // 10  # the ledger is written near the end: half of the moments are there
            moments = *draw.sample(range(late), MOMENTS // 2), *draw.sample(range(late, lines), MOMENTS // 2)
            for moment in moments:
                registry, root = _copied(first, folder / f"{kind}-{name}-{moment}", settings)
                code = _in_child(lambda: action(registry, root), moment)  # noqa: B023 - it is called at once
                after = len(registry.ledger.entries())
                if after == there:  # nothing was done: the same command does it
                    action(registry, root)
                now = registry.ledger.entries()[-1]
                done = (len(registry.ledger.entries()), now.promotion.adapter.name)
                left = [path.name for path in root.rglob("*") if "unfinished" in path.name]
                found.append({"of": f"{kind} {name}", "code": code, "then": after - there, "done": done, "left": left})
    print(json.dumps(found))  # noqa: T201 - what the test reads


def _project(root: Path, settings: RegistryConfig, there: int) -> Path:
    registry = project(root, settings)
    promote(registry, root, "first")
    judged(root, "second", "first")
    if there > 1:
        promote_second(registry, root)
    return root


def _copied(root: Path, to: Path, settings: RegistryConfig) -> tuple[Registry, Path]:
    shutil.copytree(root, to)
    return Registry(HarnessConfig(registry=settings), to, lambda: NOW), to


def _lines_of(made: tuple[Registry, Path], action: Action) -> int:
    """Return how many lines of ours an action executes."""
    read, write = os.pipe()
    if not os.fork():
        seen = _counting(lambda _count: None)
        action(*made)
        sys.settrace(None)
        os.write(write, str(seen[0]).encode())
        os._exit(0)
    os.wait()
    return int(os.read(read, 20))


def _in_child(act: Callable[[], object], moment: int) -> int:
    """Do something in a child that kills itself at a moment, and return the signal that ended it."""
    child = os.fork()
    if not child:
        _counting(lambda count: os.kill(os.getpid(), signal.SIGKILL) if count == moment else None)
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _counting(at: Callable[[int], None]) -> list[int]:
    """Call ``at`` before each line of ours with the number of those before it."""
    seen = [0]

    def trace(frame: FrameType, event: str, _argument: object) -> Callable[..., object] | None:
        if not any(part in frame.f_code.co_filename for part in OURS):
            return None
        if event == "line":
            at(seen[0])
            seen[0] += 1
        return trace

    sys.settrace(trace)
    return seen


if __name__ == "__main__":
    main()
