"""The seal of a test set: what its cases were when they were split off, who has looked at them, and what they decided.

A test that people read, or that is asked often, is trained on in the end: by its users. So the seal counts. It is a
file beside the cases, ``cases.seal.json``, which belongs into the repository as these do.
"""

import datetime as dt
import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.asking.cases import load_cases
from harness.errors import CaseFileError
from harness.records.asked import Case, digest_of_cases
from harness.records.record import Record
from harness.text.record_files import read_beside_cases, write_record

Clock = Callable[[], dt.datetime]


class Use(Record, frozen=True, kw_only=True):
    """One candidate that the test has judged: its name, what it is known by, and the first run that judged it."""

    candidate: str
    known_by: str
    run: str
    time: str


class Unsealing(Record, frozen=True, kw_only=True):
    """One look at the cases that was not a gate's: why, by which command, and when."""

    reason: str
    command: str
    time: str


class Renewal(Record, frozen=True, kw_only=True):
    """One change of the cases by a rule: when, by which command, and how many cases came and went."""

    time: str
    command: str
    added: int = 0
    retired: int = 0


class Seal(Record, frozen=True, kw_only=True):
    """What is known of a sealed test. ``digest`` covers every word of its cases; ``sources`` are names of files.

    ``following`` is the digest of the cases that a change under way leaves, so that a kill in between breaks no seal.
    """

    digest: str
    cases: int
    sources: tuple[str, ...]
    seed: int
    time: str
    uses: tuple[Use, ...] = ()
    unsealed: tuple[Unsealing, ...] = ()
    renewed: tuple[Renewal, ...] = ()
    following: str = ""


def seal_of(cases: Path) -> Path:
    """Return where the seal of a case file is.

    >>> seal_of(Path("suites/mine/cases.jsonl")).name
    'cases.seal.json'
    """
    return cases.with_suffix(".seal.json")


def make_seal(cases: Path, sources: tuple[str, ...], seed: int, now: Clock) -> Seal:
    """Seal a case file that was just written, and return its seal.

    Raises:
        CaseFileError: the case file is wrong, or sealed already.
        StoreError: the seal can't be written.
    """
    path = seal_of(cases)
    if path.exists():
        raise CaseFileError(f"{path}: already there; a test is sealed once. Split into another folder")
    read = load_cases(cases)
    seal = Seal(digest=digest_of_cases(read), cases=len(read), sources=sources, seed=seed, time=_written(now))
    _write(cases, seal)
    return seal


def read_seal(cases: Path) -> Seal | None:
    """Return the seal of a case file; None where it has none.

    Raises:
        CaseFileError: the seal can't be read, or the cases are not those that were sealed.
    """
    seal = _read(cases)
    if seal is not None and digest_of_cases(load_cases(cases)) not in {seal.digest, seal.following}:
        raise CaseFileError(
            f"{cases}: not the cases that were sealed ({seal.cases} on {seal.time[:10]}); restore the file, or remove "
            f"{seal_of(cases).name}, and with it the record of what this test decided"
        )
    return seal


def look(cases: Path, reason: str, command: str, now: Clock) -> None:
    """Let somebody read the cases of a file: where it is sealed, only with a reason, which is noted in the seal.

    Raises:
        CaseFileError: it is sealed and there is no reason, or the seal is wrong.
        StoreError: the reason can't be noted.
    """
    if read_seal(cases) is None:
        return
    if not reason.strip():
        raise CaseFileError(
            f"{cases}: this test is sealed, so that nobody fits data or prompts to its cases; {command} would show "
            'them. --unseal "REASON" does so, and the reason is noted in the seal and shown in every later report'
        )
    with _changing(cases) as seal:
        unsealing = Unsealing(reason=" ".join(reason.split()), command=command, time=_written(now))
        _write(cases, msgspec.structs.replace(seal, unsealed=(*seal.unsealed, unsealing)))


def refuse_sealed(cases: Path, instead: str) -> None:
    """Refuse to change a sealed test, saying what to do instead.

    Raises:
        CaseFileError: it is sealed.
    """
    if _read(cases) is not None:
        raise CaseFileError(f"{cases}: this test is sealed, so its cases stay as they are; {instead}")


def note_use(cases: Path, use: Use) -> Seal:
    """Note that a test judged a candidate, unless it is noted already, and return the seal.

    Raises:
        CaseFileError: there is no seal, or it can't be read.
        StoreError: it can't be written.
    """
    with _changing(cases) as seal:
        if use.known_by in {one.known_by for one in seal.uses}:
            return seal
        noted = msgspec.structs.replace(seal, uses=(*seal.uses, use))
        _write(cases, noted)
        return noted


@contextmanager
def renewing(cases: Path, after: Sequence[Case], renewal: Renewal) -> Iterator[None]:
    """Change a case file to ``after`` in the block, and keep its seal true, where it has one.

    Raises:
        CaseFileError: its seal can't be read, or its cases are not those that were sealed.
        StoreError: the seal can't be written.
    """
    if read_seal(cases) is None:
        yield
        return
    with _changing(cases) as seal:
        digest = digest_of_cases(after)
        _write(cases, msgspec.structs.replace(seal, following=digest))
        yield
        ended = msgspec.structs.replace(seal, digest=digest, cases=len(after), renewed=(*seal.renewed, renewal))
        _write(cases, msgspec.structs.replace(ended, following=""))


@contextmanager
def _changing(cases: Path) -> Iterator[Seal]:
    """Give the seal as it is, while no other process can change it."""
    try:
        held = cases.open("rb")
    except OSError as problem:
        raise CaseFileError(f"{cases}: can't be read: {problem.strerror}") from problem
    with held:
        fcntl.flock(held, fcntl.LOCK_EX)
        seal = _read(cases)
        if seal is None:
            raise CaseFileError(f"{seal_of(cases)}: no such file; it was there when the test was asked: restore it")
        yield seal


def _read(cases: Path) -> Seal | None:
    return read_beside_cases(seal_of(cases), Seal, "a seal")


def _write(cases: Path, seal: Seal) -> None:
    write_record(seal_of(cases), seal)


def _written(now: Clock) -> str:
    return now().isoformat(timespec="seconds")
