"""Why a file could not be written, and what to do about it: the one home of both."""

import errno
from collections.abc import Iterator

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The disk, or what one user may have of it."""
OUT_OF_FILES = (errno.EMFILE, errno.ENFILE)
_ALLOW = "allow this user to write there"
_OTHER_NAME = "choose another name"
_ADVICE = {
    **dict.fromkeys(FULL, "make room"),
    **dict.fromkeys(OUT_OF_FILES, "raise the limit on open files (`ulimit -n`)"),
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`)",
    errno.EACCES: _ALLOW,
    errno.EPERM: _ALLOW,
    errno.EROFS: "choose a folder on a disk that can be written",
    errno.ENOENT: "its folder is missing: make it",
    errno.ENOTDIR: "a file is where its folder should be: move that away",
    errno.EISDIR: f"a folder has this name: {_OTHER_NAME}",
    errno.EEXIST: f"a file has this name: {_OTHER_NAME}",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EIO: "check the disk",
}


def unwritten(problem: OSError) -> str:
    """Return what the system says, and what to do where the cause is one of those that are known.

    >>> unwritten(OSError(errno.ENOSPC, "No space left on device")), unwritten(OSError("odd"))
    ('No space left on device; make room', 'odd')
    """
    told, advice = problem.strerror or str(problem), advice_for(problem)
    return f"{told}; {advice}" if advice else told


def advice_for(problem: OSError) -> str:
    """Return what to do about a file that could not be written; empty where the cause is not known.

    >>> advice_for(OSError(errno.EIO, "Input/output error"))
    'check the disk'
    """
    return _ADVICE.get(problem.errno or 0, "")


def is_full(problem: BaseException) -> bool:
    """Return whether the disk, or a quota on it, has no room left."""
    return isinstance(problem, OSError) and problem.errno in FULL


def chain(problem: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what led to it."""
    seen: list[BaseException] = []
    one: BaseException | None = problem
    while one is not None and one not in seen:
        seen.append(one)
        yield one
        one = one.__cause__ or one.__context__
