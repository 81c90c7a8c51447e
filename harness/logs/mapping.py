"""A mapping checked against the rows that it is for: a path that leads nowhere names the field that is near."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.config.rows import LogMapping
from harness.data.checks.problem import Problem
from harness.data.files.found import Values
from harness.logs.fields import at, loose
from harness.logs.masking import text_without
from harness.logs.problems import WRONG_MAPPING
from harness.records.record import Json
from harness.text.visible import for_terminal

DEEPEST, MOST = 4, 30
"""Levels of a row whose fields can be meant, and fields that are told where none is near."""


class Paths:
    """Sees one row after the other, until each path of a mapping has led to something."""

    def __init__(self, mapping: LogMapping, called: str) -> None:
        self._left = {name: path for name, path in msgspec.structs.asdict(mapping).items() if path}
        self._called = called
        self.rows = 0
        self.first: Values = {}

    def see(self, values: Values) -> None:
        """Look at the next row."""
        self.rows += 1
        self.first = self.first or values
        for name in [name for name, path in self._left.items() if at(values, path) is not None]:
            del self._left[name]

    def problems(self) -> Iterator[Problem]:
        """Yield a problem for each path that led nowhere in any row."""
        for name, path in self._left.items():
            told = f"[logs.mapping] {name}: no row has `{for_terminal(path)}`; {nearest_to(path, self.first)}"
            yield Problem(kind=WRONG_MAPPING.name, places=(f"{self._called}:1",), told=told)


def no_question(called: str, row: Values, mapping: LogMapping) -> str:
    """Say that no row of a file asks anything, and what to do."""
    if mapping.messages:
        near = nearest_to(mapping.messages, row)
        return f"{called}: no row asks anything at `{for_terminal(mapping.messages)}`, as [logs.mapping] has it; {near}"
    known = _listed(_paths(row))
    return (
        f"{called}: no known form of logs, and no field that is known to hold what was asked; say under [logs.mapping] "
        f'in harness.toml which one it is, such as messages = "request.messages". The first row has {known}'
    )


def nearest_to(path: str, values: Values) -> str:
    """Say which field of a row is probably meant by a path that leads nowhere, or name all of them.

    >>> nearest_to("respnse.text", {"response": {"text": "Hi"}})
    'did you mean `response.text`?'
    """
    known = _paths(values)
    near = difflib.get_close_matches(path, known, n=1, cutoff=0.5)
    return f"did you mean `{for_terminal(text_without(near[0]))}`?" if near else f"the first row has {_listed(known)}"


def _listed(paths: Sequence[str]) -> str:
    """Name fields; where a table has no line of names, they are what its first row holds."""
    return ", ".join(for_terminal(text_without(path)) for path in paths[:MOST]) or "no fields"


def _paths(values: Mapping[str, Json], before: str = "", depth: int = 1) -> list[str]:
    found = []
    for key, value in values.items():
        found.append(f"{before}{key}")
        inner = loose(value)
        if isinstance(inner, dict) and depth < DEEPEST:
            found += _paths(inner, f"{before}{key}.", depth + 1)
    return found
