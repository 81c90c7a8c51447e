"""Where a run came from: the commit of its suites, and who works there, from git."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

TIMEOUT_S = 5.0


def commit_of(folders: Sequence[Path], runs: Path) -> str:
    """Return the commit of the checkout that holds the first folder, with "+" when files of ``folders`` differ.

    Files in the folder of runs don't count. Empty when there is no git, no commit, or no answer in time.
    """
    git = shutil.which("git")
    if git is None or not folders:
        return ""
    try:
        top, commit = _told(git, folders[0], "rev-parse", "--show-toplevel", "HEAD").splitlines()
        inside = [str(path) for path in folders if path.resolve().is_relative_to(top)]
        leave_out = [":(top,exclude,glob)**/__pycache__/**"]
        if runs.resolve().is_relative_to(top):
            leave_out.append(f":(top,exclude,literal){runs.resolve().relative_to(top)}")
        changed = _told(git, folders[0], "status", "--porcelain", "--", *inside, *leave_out)
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return f"{commit}+" if changed else commit


def user_of(folder: Path) -> str:
    """Return who git says works in a folder, as ``Name <address>``; empty where it does not know."""
    git, found = shutil.which("git"), []
    for key in ("user.name", "user.email") if git else ():
        try:
            found.append(_told(str(git), folder, "config", key))
        except (OSError, subprocess.SubprocessError):
            return ""
    return f"{found[0]} <{found[1]}>" if all(found) and found else ""


def _told(git: str, folder: Path, *arguments: str) -> str:
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
    command = [git, "-C", str(folder), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S, env=environment)
    return done.stdout.decode(errors="replace").strip()
