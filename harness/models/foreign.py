"""The one boundary around files that others made: what reading them raises becomes an error of ours, in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import HarnessError, InputError
from harness.text.visible import for_terminal

LONGEST_REASON = 300
PANIC = "PanicException"
"""What libraries written in Rust raise where they meet a case that they thought impossible; not an Exception."""


@contextmanager
def reading(told: str, error: type[InputError]) -> Iterator[None]:
    """Turn everything that the block raises into ``error``; ``told`` says which file, and what is wrong with it.

    Errors of ours, Ctrl-C and the like pass.
    """
    try:
        yield
    except HarnessError:
        raise
    except BaseException as problem:
        if not isinstance(problem, Exception) and type(problem).__name__ != PANIC:
            raise
        raise error(f"{told} {reason_of(problem)}") from problem


def reason_of(problem: BaseException) -> str:
    """Return what an exception of a library says, in one line that is safe to show; its name if it says nothing."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    said = " ".join(str(problem).split())
    if isinstance(problem, KeyError | MemoryError | RecursionError) or not said:
        said = f"{type(problem).__name__} {said}".strip()
    return for_terminal(said, LONGEST_REASON)
