"""Which passages of a case hold its answer: those in which an accepted text is, also where a number is in words."""

import functools
from collections.abc import Iterator

import msgspec

from harness.cases.other_numbers import in_digits
from harness.errors import CaseFileError
from harness.records.asked import Case
from harness.records.record import Json
from harness.scorers.contexts.passages import Passage, read_passages
from harness.scorers.keeps_to_context import holds

CONTEXT, SOURCES = "context", "sources"
READ = 4_096
"""Texts whose numbers are kept in digits."""


class Source(msgspec.Struct, frozen=True):
    """A case whose context holds its answer: all passages, the names of those that hold it, the accepted texts."""

    case: Case
    passages: tuple[Passage, ...]
    holding: frozenset[str]
    accepted: tuple[str, ...]

    @property
    def group(self) -> str:
        """What it shares with the cases that are the same piece of evidence."""
        return self.case.group or self.case.id


def source_of(case: Case, place: str) -> Source | None:
    """Return a case with the passages that hold its answer; None where it has no context, or none of them does.

    They are those that ``sources`` in ``meta`` names; without it those in which an accepted text is found.

    Raises:
        CaseFileError: the context can't be read, or ``sources`` names a passage that is not there.
    """
    if case.meta.get(CONTEXT) in (None, [], {}):
        return None
    try:
        passages = read_passages(case.meta[CONTEXT])
    except ValueError as problem:
        raise CaseFileError(f"{place}: case {case.id!r}: `{CONTEXT}` can't be read: {problem}") from problem
    accepted = tuple(text for text in _listed(case.expected) if isinstance(text, str) and text.strip())
    named = {str(name).strip().casefold() for name in _listed(case.meta.get(SOURCES))}
    if unknown := named - {one.id.casefold() for one in passages}:
        raise CaseFileError(
            f"{place}: case {case.id!r}: `{SOURCES}` names {min(unknown)!r}, which is not in its context"
        )
    holding = {one.id for one in passages if says_any(accepted, one.text)}
    if named:
        holding = {one.id for one in passages if one.id.casefold() in named}
    return Source(case, passages, frozenset(holding), accepted) if holding and accepted else None


def passages_in(case: Case) -> tuple[Passage, ...]:
    """Return the passages of a case, none where it has no context or one that can't be read."""
    try:
        return read_passages(case.meta[CONTEXT]) if case.meta.get(CONTEXT) else ()
    except ValueError:
        return ()


def says(text: str, where: str) -> bool:
    """Tell whether a text is said somewhere, as ``keeps_to_context`` finds it, with numbers in digits or in words.

    >>> says("5 days", "Within five days."), says("5 days", "Within 15 days.")
    (True, False)
    """
    return holds(_digits(where), _digits(text))


def says_any(texts: tuple[str, ...], where: str) -> bool:
    """Tell whether one of some texts is said somewhere."""
    return any(says(text, where) for text in texts)


@functools.lru_cache(maxsize=READ)
def _digits(text: str) -> str:
    return in_digits(text)


def _listed(value: Json) -> Iterator[Json]:
    yield from () if value is None else value if isinstance(value, list) else (value,)
