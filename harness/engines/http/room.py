"""How many connections this process can have: each is an open file, and their number is limited."""

import os
import resource

from harness.text.unwritten import OUT_OF_FILES, chain

KEPT_FREE = 32
"""Files that are left for everything else: the store, the run's folder, logs, processes."""


def most_connections() -> int:
    """Return how many connections the limit on open files leaves room for."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, (1 << 20 if limit == resource.RLIM_INFINITY else limit) - KEPT_FREE)


def is_out_of_files(problem: BaseException) -> bool:
    """Return whether a connection could not be made because too many files are open."""
    if any(isinstance(one, OSError) and one.errno in OUT_OF_FILES for one in chain(problem)):
        return True
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))  # a name that can't be looked up has many causes
    except OSError as full:
        return full.errno in OUT_OF_FILES
    return False


def limit_in_words() -> str:
    """Return what limits the connections, and how to change it."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        f"this process can have only {limit} files and connections open at once (`ulimit -n`); "
        "raise that, or lower max_in_flight under [engine] in harness.toml"
    )
