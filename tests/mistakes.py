"""What an error is when it is printed: its message, and below it the address of its section in docs/errors.md."""

import re

import pytest

MORE = re.compile(r"^(?:E +)?more: harness explain (\w+)$", re.MULTILINE)


def message_of(printed: str) -> str:
    """Return what was printed without the address at its end, which each error has, exactly once."""
    names = MORE.findall(printed)
    is_error = bool(re.search(r"^error: ", printed, re.MULTILINE))
    assert len(names) == is_error, printed
    if not is_error:
        return printed
    message, found, rest = printed.partition(f"more: harness explain {names[0]}\n")
    assert found
    assert not rest.strip()
    return message


def addresses_in(result: pytest.RunResult) -> list[str]:
    """Return the names of the sections that a session of pytest pointed to."""
    return MORE.findall(f"{result.stdout.str()}\n{result.stderr.str()}")
