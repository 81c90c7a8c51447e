"""Runs that are on both sides under one name, and are not the same: two machines chose it by chance."""

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

from harness.share.known import known_file, known_of
from harness.share.place import CHUNK, Place, Unusable

FOLDER, SUFFIX = "runs", ".zip"
RECORD = "run.json"


def other_runs(runs: Path, place: Place, both: Collection[str], new: Collection[str]) -> list[str]:
    """Return a line for each run on both sides that is another one there.

    Each is compared once, by the checksum of its record in the directory of its zip file; ``new`` were just copied.

    Raises:
        PlaceError: the place can't be reached, or refuses.
        StoreError: what is known of the place can't be read or written.
    """
    with known_of(known_file(runs), place.identity) as known:
        noted = known.parts()
        for name in new:
            known.add(f"{FOLDER}/{name}", ())
        found = []
        for name in sorted(name for name in both if f"{FOLDER}/{name}" not in noted):
            if _is_other(runs / name, place):
                found.append(f"{name}: another run has this name there; neither is copied, so run one of them again")
            else:
                known.add(f"{FOLDER}/{name}", ())
        return found


def _is_other(folder: Path, place: Place) -> bool:
    try:
        with place.reading(f"{FOLDER}/{folder.name}{SUFFIX}") as packed, zipfile.ZipFile(packed) as members:
            there = members.getinfo(RECORD).CRC
    except (zipfile.BadZipFile, KeyError, ValueError, Unusable):  # a pull of those who lack it says that it is damaged
        return False
    here = 0
    with (folder / RECORD).open("rb") as file:
        while chunk := file.read(CHUNK):
            here = zlib.crc32(chunk, here)
    return here != there
