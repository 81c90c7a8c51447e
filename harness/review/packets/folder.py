"""The files of a review: packets in a folder for reviewers, the key apart from it; written whole, checked when read."""

import hashlib
from pathlib import Path

import msgspec

from harness.errors import ReviewError, StoreError
from harness.records.record import UNREADABLE, Record
from harness.review.packets import blind
from harness.review.packets.page import packet_html, read_packet
from harness.review.packets.records import Key, KeyPacket, Packet, Review, canonical, sealed_part
from harness.text.atomic import write_durably
from harness.text.regular import read_regular
from harness.text.unwritten import unwritten
from harness.text.visible import for_terminal


class Opened(Record, frozen=True, kw_only=True):
    """A review whose packets and key were checked against each other. ``folder`` is where the packets are."""

    folder: str
    key: Key
    packets: tuple[Packet, ...]


def default_key(folder: Path) -> Path:
    """Return the default place of a review's key: next to the folder of packets, never inside it."""
    folder = folder.absolute()
    return folder.with_name(f"{folder.name}.key.json")


def report_path(folder: Path) -> Path:
    """Return the default place of a review's unblinded report."""
    folder = folder.absolute()
    return folder.with_name(f"{folder.name}.report.html")


def write_review(review: Review, folder: Path, key_file: Path) -> tuple[Path, ...]:
    """Write the packets into a new folder, and the key; return the packets' paths.

    Raises:
        ReviewError: the key would be among the packets, or there is a review already.
        StoreError: a file can't be written.
    """
    refuse_existing(folder, key_file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        key_file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{problem.filename}: can't be made: {unwritten(problem)}") from problem
    pages = [packet_html(packet).encode() for packet in review.packets]
    parts = [
        msgspec.structs.replace(part, page=hashlib.sha256(page).hexdigest())
        for part, page in zip(review.key.packets, pages, strict=True)
    ]
    key = msgspec.structs.replace(review.key, packets=tuple(parts))
    write_durably(key_file, canonical(key) + b"\n")
    key_file.chmod(0o600)
    paths = tuple(packet_path(folder, packet.reviewer) for packet in review.packets)
    for path, page in zip(paths, pages, strict=True):
        write_durably(path, page)
    return paths


def refuse_existing(folder: Path, key_file: Path) -> None:
    """Refuse a place where a review is already, or where the key would be among the packets.

    Raises:
        ReviewError: it is one.
    """
    check_apart(folder, key_file)
    if key_file.exists() or (folder.exists() and any(folder.iterdir())):
        there = key_file if key_file.exists() else folder
        raise ReviewError(f"{there}: already exists; votes could depend on it, so choose another --out or move it away")


def open_review(folder: Path, key_file: Path) -> Opened:
    """Read a review, and refuse it when its key or a packet was changed or belongs to another.

    Raises:
        ReviewError: a file is missing, changed, or of another review, or the key is among the packets.
    """
    check_apart(folder, key_file)
    key = read_key(key_file)
    packets = tuple(_packet_of(packet_path(folder, part.reviewer), part, key, key_file) for part in key.packets)
    return Opened(folder=folder.name, key=key, packets=packets)


def check_apart(folder: Path, *telling: Path) -> None:
    """Refuse what reveals who is who in the folder that goes to reviewers: planned files, and keys of any name.

    Raises:
        ReviewError: there is one.
    """
    for path in telling:
        if path.resolve().is_relative_to(folder.resolve()):
            raise ReviewError(f"{path}: reveals who is who, so it must not be in {folder}, which reviewers get")
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and _looks_like_a_key(path):
            raise ReviewError(
                f"{path}: is a key, in the folder that reviewers get; move it away, "
                "and build a new review if a reviewer saw it"
            )


def read_key(path: Path) -> Key:
    """Return a key as it is in its file.

    Raises:
        ReviewError: it can't be read, or is not a key.
    """
    try:
        return msgspec.json.decode(_content(path, "the key; name it with --key"), type=Key)
    except UNREADABLE as problem:
        raise ReviewError(
            f"{path}: is not a key: {for_terminal(str(problem))}; restore the file that was built"
        ) from problem


def packet_path(folder: Path, reviewer: str) -> Path:
    """Return where a reviewer's packet is."""
    return folder / f"{reviewer}.html"


def _packet_of(path: Path, part: KeyPacket, key: Key, key_file: Path) -> Packet:
    content = _content(path, "a packet of this key")
    packet = read_packet(content, str(path))
    if packet.reviewer != part.reviewer or packet.packet != part.packet:
        raise ReviewError(f"{key_file}: is the key of another review than {path}; name the right one with --key")
    if not blind.is_committed(packet.commitment, bytes.fromhex(key.secret), packet.packet, sealed_part(key)):
        raise ReviewError(
            f"{key_file}: was edited: the commitment in {path} is to another key; restore the file that was built"
        )
    if packet.commitment != part.commitment or hashlib.sha256(content).hexdigest() != part.page:
        raise ReviewError(
            f"{path}: the page is not the one that was built, according to {key_file}; restore both files"
        )
    return packet


def _content(path: Path, what: str) -> bytes:
    try:
        return read_regular(path)
    except FileNotFoundError:
        raise ReviewError(f"{path}: no such file; it should be {what}") from None
    except OSError as problem:
        raise ReviewError(f"{path}: can't be read: {problem.strerror}") from problem


class _KeyLike(msgspec.Struct):
    """What makes a file a key, even one of another version or an edited one."""

    secret: str
    packets: list[msgspec.Raw]


def _looks_like_a_key(path: Path) -> bool:
    try:
        msgspec.json.decode(read_regular(path), type=_KeyLike)
    except (OSError, *UNREADABLE):
        return False
    return True
