"""Match patterns with names in a process that may only compute for so long. Standard library only: it starts at once.

``python matching.py SECONDS``: reads {"patterns": [...], "names": [...]} from standard input. It writes the number of
each pattern before it is tried, so that the last one is the culprit when the process is stopped; one that can't be
compiled is followed by the reason.
"""

import contextlib
import importlib
import json
import re
import resource
import sys

MOST_BYTES = 1 << 30


def main(seconds: int) -> int:
    """Try each pattern on each name, whole and from its start: with re as PEFT does, and with regex as vLLM does."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    engines = [re]
    with contextlib.suppress(ImportError):
        engines.append(importlib.import_module("regex"))
    given = json.load(sys.stdin)
    for number, pattern in enumerate(given["patterns"]):
        sys.stdout.write(f"\n{number} ")
        sys.stdout.flush()
        try:
            for engine in engines:
                compiled = engine.compile(pattern)
                for name in given["names"]:
                    compiled.match(name)
                    compiled.fullmatch(name)
        except Exception as problem:  # noqa: BLE001 - whatever a foreign pattern makes the libraries raise
            sys.stdout.write(" ".join(str(problem).split()) or type(problem).__name__)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
