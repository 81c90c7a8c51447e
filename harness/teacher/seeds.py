"""What rows are made of: instructions, cases, pieces of documents or logged requests, in an order that a seed draws."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import load_cases
from harness.config.rows import LogMapping
from harness.data.checks.personal.personal import sensitive_in
from harness.data.checks.problem import Problem
from harness.errors import ConfigError, InputError
from harness.logs.reading import read_logged
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import Json, Record, digest
from harness.teacher.config import SeedsConfig, TeacherConfig
from harness.text.figures import count
from harness.text.jsonl import load_jsonl
from harness.text.regular import read_regular_text
from harness.text.visible import for_terminal

ANY_FORM = LogMapping()
DOCUMENTS = (".txt", ".md", ".rst")
CONTEXT = "context"
"""The field of ``meta`` in which scorers look for the passages that an answer rests on."""


class Seed(Record, frozen=True, kw_only=True):
    """One seed. ``text`` is its last user message, its instruction, or a piece of a document.

    ``case`` is what an answer to it is checked as: its messages, what it expects, and what belongs to it.
    """

    text: str
    case: Case

    @property
    def id(self) -> str:
        """Its name, which no other seed has."""
        return self.case.id


class Seeds(Record, frozen=True, kw_only=True):
    """Seeds in the order in which they are asked; ``notes`` say which were left out."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()


class _Line(Record, frozen=True, kw_only=True):
    text: str
    id: str = ""
    meta: dict[str, Json] = msgspec.field(default_factory=dict)


def read_seeds(config: TeacherConfig, folder: Path, mapping: LogMapping = ANY_FORM) -> Seeds:
    """Return the seeds that settings in ``folder`` name. One with personal data or a secret is sent to nobody.

    ``mapping`` is where rows of logs of one's own hold what.

    Raises:
        InputError: a file is missing or wrong, an id is used twice, or no seed is left.
    """
    notes: list[str] = []
    found: dict[str, Seed] = {}
    for seed in _read(config.seeds, folder, mapping, notes):
        if seed.id in found and not config.seeds.logs:  # where users ask the same again
            raise ConfigError(f"[seeds]: the id {seed.id!r} is used twice; ids must be unique")
        found.setdefault(seed.id, seed)
    asking = [seed for seed in found.values() if seed.case.messages[-1].role == "user"]
    if left := len(found) - len(asking):
        notes.append(f"{count(left, 'seed')} left out: the last message is not the user's")
    kept = [seed for seed in asking if not any(map(sensitive_in, {*_texts(msgspec.to_builtins(seed))}))]
    if left := len(asking) - len(kept):
        notes.append(f"{count(left, 'seed')} left out: with personal data or secrets, which no teacher is sent")
    if not kept:
        raise ConfigError(f"[seeds]: no seed is left of {len(found):,}; {'; '.join(notes) or 'there are none'}")
    random.Random(config.seed).shuffle(kept)  # noqa: S311 - must be repeatable
    return Seeds(seeds=tuple(kept), notes=tuple(notes))


def case_file(config: SeedsConfig, folder: Path) -> Path | None:
    """Return the case file that seeds come from; None where they come from elsewhere."""
    if config.cases is None:
        return None
    path = folder / config.cases
    return path / "cases.jsonl" if path.is_dir() else path


def _read(config: SeedsConfig, folder: Path, mapping: LogMapping, notes: list[str]) -> Iterator[Seed]:
    if config.file is not None:
        for line, one in load_jsonl(folder / config.file, _Line, InputError):
            yield _of_text(one.id or f"{Path(config.file).name}:{line}", one.text, one.meta)
    elif (cases := case_file(config, folder)) is not None:
        for case in load_cases(cases):
            yield Seed(text=case.messages[-1].text, case=case)
    elif config.documents is not None:
        yield from _of_documents(folder / config.documents, config.passage_characters)
    elif config.logs:
        yield from _of_logs([folder / one for one in config.logs], mapping, notes)
    else:
        for number, text in enumerate(config.instructions, start=1):
            yield _of_text(f"instruction-{number}", text, {})


def _of_text(name: str, text: str, meta: dict[str, Json]) -> Seed:
    if not text.strip():
        raise ConfigError(f"[seeds]: the seed {name!r} is empty; remove it, or write its text")
    case = Case(id=name, messages=(Message(role="user", content=text),), meta=meta)
    return Seed(text=text, case=case)


def _of_documents(path: Path, most: int) -> Iterator[Seed]:
    """Yield the pieces of documents, in the order of their names; each is the context of what is made of it."""
    if not path.exists():
        raise ConfigError(f"{path}: no such file or folder")
    files = sorted(one for one in path.rglob("*") if one.suffix in DOCUMENTS) if path.is_dir() else [path]
    for file in files:
        name = str(file.relative_to(path)) if path.is_dir() else file.name
        try:
            text = read_regular_text(file, "utf-8-sig")
        except OSError as problem:
            raise ConfigError(f"{file}: can't be read: {problem.strerror}") from problem
        except UnicodeDecodeError as problem:
            raise ConfigError(f"{file}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem
        for number, piece in enumerate(pieces(text, most), start=1):
            where = f"{name}#{number}"
            context: list[dict[str, Json]] = [{"id": where, "text": piece}]
            yield _of_text(where, piece, {CONTEXT: context, "document": name})


def pieces(text: str, most: int) -> Iterator[str]:
    r"""Yield the pieces of a text: whole paragraphs together, up to so many characters; a longer one is cut.

    >>> list(pieces("One.\n\nTwo.\n\nThree is longer.", 12))
    ['One.\n\nTwo.', 'Three is lon', 'ger.']
    """
    piece = ""
    for paragraph in filter(None, map(str.strip, text.split("\n\n"))):
        if piece and len(piece) + len(paragraph) + 2 > most:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
        while len(piece) > most:
            yield piece[:most]
            piece = piece[most:].strip()
    if piece:
        yield piece


def _of_logs(paths: Sequence[Path], mapping: LogMapping, notes: list[str]) -> Iterator[Seed]:
    unread = 0
    for one in read_logged(paths, mapping):
        if isinstance(one, Problem):
            unread += 1
        elif one.messages and one.messages[-1].role == "user" and one.messages[-1].text.strip():
            yield Seed(text=one.messages[-1].text, case=one.case)
    if unread:
        notes.append(f"{count(unread, 'logged request')} could not be read")


def _texts(value: object) -> Iterator[str]:
    """Yield every text of a seed that a template could send: its meta, its id and its tools too, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for one in pair for text in _texts(one))
    elif isinstance(value, list | tuple):
        yield from (text for one in value for text in _texts(one))


def digest_of_seeds(seeds: Sequence[Seed]) -> str:
    """Return the digest of seeds and their order."""
    return digest([(seed.text, seed.case) for seed in seeds])


def told(seeds: Seeds) -> tuple[str, ...]:
    """Return what must be said of seeds, made safe to show."""
    return tuple(for_terminal(line, None) for line in seeds.notes)
