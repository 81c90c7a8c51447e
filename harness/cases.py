"""Read and check cases; a suite is its cases and how they are asked."""

from collections.abc import Collection
from pathlib import Path

import msgspec

from harness.errors import CaseFileError
from harness.jsonl import load_jsonl
from harness.records import Case, Message, Record, Sampling, digest_of_cases

LONGEST_ID = 120


class Suite(Record, frozen=True, kw_only=True):
    """A set of cases, ready to be asked. ``name`` is for people; ``digest`` covers every word of every case."""

    name: str
    cases: tuple[Case, ...]
    sampling: Sampling
    digest: str


def load_suite(path: Path, sampling: Sampling, system: Path | None = None, tags: Collection[str] = ()) -> Suite:
    """Return the suite in ``path``.

    With ``system``, that file's text stands as system message before each case; with ``tags``, only cases that carry
    one of them are in.

    Raises:
        CaseFileError: a file is missing or wrong, or no case carries one of the tags.
    """
    cases = load_cases(path)
    if tags:
        known = sorted({tag for case in cases for tag in case.tags})
        cases = tuple(case for case in cases if set(case.tags) & set(tags))
        if not cases:
            raise CaseFileError(
                f"{path}: no case has a tag of {', '.join(tags)}; its tags are {', '.join(known) or 'none'}"
            )
    if system is not None:
        text = read_system(system)
        cases = tuple(_with_system(case, text, path) for case in cases)
    return Suite(name=path.parent.name, cases=cases, sampling=sampling, digest=digest_of_cases(cases))


def load_cases(path: Path) -> tuple[Case, ...]:
    """Return the checked cases of a JSON Lines file, in its order.

    Raises:
        CaseFileError: the file or a case is wrong; the text starts with ``file:line``.
    """
    cases: dict[str, Case] = {}
    lines: dict[str, int] = {}
    for number, case in load_jsonl(path, Case, CaseFileError):
        place = f"{path}:{number}"
        _check(case, place)
        if case.id in cases:
            raise CaseFileError(f"{place}: the id {case.id!r} stands on line {lines[case.id]} already; ids must differ")
        cases[case.id] = case
        lines[case.id] = number
    return tuple(cases.values())


def read_system(path: Path) -> str:
    """Return a system message's text without the white space around it."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise CaseFileError(f"{path}: can't be read as the system message: {problem}") from problem
    if not text:
        raise CaseFileError(f"{path}: the system message is empty")
    return text


def _check(case: Case, place: str) -> None:
    if not case.id or len(case.id) > LONGEST_ID or not case.id.isprintable():
        raise CaseFileError(f"{place}: id must be 1 to {LONGEST_ID} printable characters, got {case.id[:40]!r}")
    if not case.messages:
        raise CaseFileError(f"{place}: case {case.id!r} has no messages")
    if case.messages[-1].role != "user":
        raise CaseFileError(
            f"{place}: case {case.id!r} ends with a message of role {case.messages[-1].role!r}; "
            "the last one must be the user's, since the model's answer follows it"
        )
    if any(message.role == "system" for message in case.messages[1:]):
        raise CaseFileError(f"{place}: case {case.id!r} has a system message that is not the first message")


def _with_system(case: Case, text: str, path: Path) -> Case:
    if case.messages[0].role == "system":
        raise CaseFileError(f"{path}: case {case.id!r} has its own system message, and the suite names one too")
    return msgspec.structs.replace(case, messages=(Message(role="system", content=text), *case.messages))
