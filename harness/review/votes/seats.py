"""The places of a review's server: for each packet in a folder a token, and where its ballot is saved."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import ReviewError, StoreError
from harness.records.record import Record
from harness.review.packets.folder import check_apart
from harness.review.packets.page import read_packet
from harness.review.packets.records import Ballot, Packet
from harness.review.votes.ballots import check_ballot, read_ballot
from harness.text.atomic import locked_at_once
from harness.text.regular import read_regular
from harness.text.unwritten import unwritten

BALLOTS = "ballots"
LOCK = ".lock"


class Desk(Record, frozen=True, kw_only=True):
    """One reviewer's place at the server. Whoever has the token votes in the reviewer's name."""

    packet: Packet
    ballot: Path
    token: str


def open_desks(folder: Path) -> tuple[Desk, ...]:
    """Return a place with a fresh token for each packet in a folder.

    Raises:
        ReviewError: a key or another file that is not a packet is there, or a saved ballot is of another packet.
        StoreError: there is no place for ballots.
    """
    check_apart(folder)
    desks = tuple(_open_desk(page) for page in sorted(folder.glob("*.html")))
    if not desks:
        raise ReviewError(f"{folder}: no packets here; name the folder that `harness review build` wrote")
    try:
        (folder / BALLOTS).mkdir(exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{folder / BALLOTS}: can't be made: {unwritten(problem)}") from problem
    return desks


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep every other server away from a folder with open desks; the system lets go when this process ends.

    Raises:
        ReviewError: another server has it.
        StoreError: the lock can't be made.
    """
    lock = folder / BALLOTS / LOCK
    with ExitStack() as stack:
        try:
            stack.enter_context(locked_at_once(lock))
        except BlockingIOError:
            raise ReviewError(
                f"{folder}: another `harness review serve` serves this folder, and two would overwrite each other's "
                "ballots; use its links, or stop it first"
            ) from None
        except OSError as problem:
            raise StoreError(f"{lock}: can't be locked: {problem.strerror}") from problem
        yield


def saved_ballot(desk: Desk) -> Ballot | None:
    """Return the ballot saved so far; None when there is none yet.

    Raises:
        ReviewError: it was edited, or is of another packet.
        StoreError: it can't be read.
    """
    try:
        data = read_regular(desk.ballot)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise StoreError(f"{desk.ballot}: can't be read: {problem.strerror}") from problem
    ballot = read_ballot(data, str(desk.ballot))
    check_ballot(ballot, desk.packet, str(desk.ballot))
    return ballot


def _open_desk(page: Path) -> Desk:
    try:
        packet = read_packet(read_regular(page), str(page))
    except OSError as problem:
        raise ReviewError(f"{page}: can't be read: {problem.strerror}") from problem
    if packet.reviewer != page.stem:
        raise ReviewError(f"{page}: is the packet of another reviewer; give the file its original name again")
    ballot = page.parent / BALLOTS / f"{page.stem}.ballot.json"
    desk = Desk(packet=packet, ballot=ballot, token=secrets.token_urlsafe(24))
    saved_ballot(desk)
    return desk
