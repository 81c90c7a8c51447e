"""Stored answers to a shared place, and those of others from it: parts, each named by its digest and never changed.

Everybody adds parts of answers that the place does not have, and reads the parts of the others, so there is no lock,
and no server of a database is needed.
"""

import gzip
import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from harness.asking.store import STORE_FILE
from harness.asking.store.database import has_store
from harness.asking.store.exchange import WrongLine, exported, import_whole
from harness.records.record import Record
from harness.share.known import known_file, known_of
from harness.share.place import Place, Unusable, writing
from harness.text.secrets import Secrets, known_secrets

FOLDER, SUFFIX = "answers", ".jsonl.gz"
PART = 100_000
"""Answers in one part, at most."""
PART_BYTES = 256 << 20
"""Bytes of its lines, but for the last one."""
LARGEST = 1 << 30
"""Bytes of a part that is read, unpacked too: more than one can have."""
CHUNK = 1 << 20
NAME = re.compile(r"[0-9a-f]{64}" + re.escape(SUFFIX))


class SharedAnswers(Record, frozen=True, kw_only=True):
    """How many answers were copied and how many were known already, in how many parts; and parts left out, and why.

    ``held_back`` counts answers that were not pushed, since they have a key or a password that this machine knows.
    """

    copied: int = 0
    known: int = 0
    parts: int = 0
    held_back: int = 0
    refused: tuple[str, ...] = ()


def push_answers(runs: Path, place: Place) -> SharedAnswers:
    """Copy the answers of the store to the place that it does not have, as far as this machine knows.

    Raises:
        PlaceError: the place can't be reached, or refuses.
        StoreError: an answer is damaged, or a file can't be read or written.
    """
    store, copied, parts = runs / STORE_FILE, 0, 0
    if not has_store(store):
        return SharedAnswers()
    held_back: list[str] = []
    secrets = known_secrets(os.environ, (), ()).unmistakable
    with known_of(known_file(runs), place.identity) as known, tempfile.TemporaryDirectory() as folder:
        new = _without_secrets(exported(store, without=known), secrets, held_back)
        while first := next(new, None):
            packed = Path(folder) / "part"
            with writing(packed.parent):
                keys = _write_part(chain([first], new), packed)
            name = f"{_digest(packed)}{SUFFIX}"
            place.put(packed, f"{FOLDER}/{name}")
            known.add(name, keys)
            copied, parts = copied + len(keys), parts + 1
    if parts:
        place.remove_left_over(FOLDER)
    return SharedAnswers(copied=copied, parts=parts, held_back=len(held_back))


def pull_answers(runs: Path, place: Place) -> SharedAnswers:
    """Add the answers of the place to the store that were not read before; those of the store stay as they are.

    A part that is not as it was written is left out, with the reason.

    Raises:
        PlaceError: the place can't be reached, or refuses.
        StoreError: the store can't be written.
    """
    copied, again, parts, refused = 0, 0, 0, []
    with known_of(known_file(runs), place.identity) as known, tempfile.TemporaryDirectory() as folder:
        for name in sorted(parts_there(place) - known.parts()):
            try:
                imported, keys = import_whole(runs / STORE_FILE, _fetched(place, name, Path(folder)))
            except (Unusable, WrongLine) as problem:
                refused.append(f"{name}: {str(problem).replace(f'{folder}/', '')}")
                continue
            known.add(name, keys)
            copied, again, parts = copied + imported.new, again + imported.known, parts + 1
    return SharedAnswers(copied=copied, known=again, parts=parts, refused=tuple(refused))


def parts_there(place: Place) -> frozenset[str]:
    """Return the names of the parts in a place."""
    return frozenset(filter(NAME.fullmatch, place.names(FOLDER)))


def _without_secrets(
    answers: Iterator[tuple[str, bytes]], secrets: Secrets, held_back: list[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield the answers in which no secret is; the keys of the others are noted."""
    for key, line in answers:
        if secrets.values and secrets.mask(text := line.decode()) != text:
            held_back.append(key)
        else:
            yield key, line


def _write_part(answers: Iterator[tuple[str, bytes]], target: Path) -> list[str]:
    """Write lines until a part is full, compressed, and return their keys; the same lines make the same bytes."""
    keys, size = [], 0
    with (
        target.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0, compresslevel=3) as packed,
    ):
        for key, line in answers:
            packed.write(line)
            keys.append(key)
            size += len(line)
            if len(keys) >= PART or size >= PART_BYTES:
                break
    return keys


def _fetched(place: Place, name: str, folder: Path) -> Path:
    """Return the file with the lines of a part.

    Raises:
        Unusable: it has another digest than its name says, or is too large.
        PlaceError: the place can't be reached.
    """
    packed, plain = folder / "part", folder / "part.jsonl"
    place.fetch(f"{FOLDER}/{name}", packed, LARGEST)
    if _digest(packed) != name.removesuffix(SUFFIX):
        raise Unusable("it was cut or changed: its digest is not its name")
    with gzip.open(packed) as lines, writing(folder), plain.open("wb") as file:
        _copy(lines, file)
    return plain


def _copy(source: gzip.GzipFile, target: IO[bytes]) -> None:
    size = 0
    while chunk := _read(source):
        size += len(chunk)
        if size > LARGEST:
            raise Unusable(f"it unpacks to more than {LARGEST:,} bytes")
        target.write(chunk)


def _read(source: gzip.GzipFile) -> bytes:
    try:
        return source.read(CHUNK)
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise Unusable(f"can't be unpacked: {problem}") from None


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
