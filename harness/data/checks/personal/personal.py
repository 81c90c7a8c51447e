"""Personal data and secrets in rows, in every turn: found by checksums and patterns, and shown hidden.

``masked`` is for every check that shows a piece of a row: what is shown is written to pages and JSON.
"""

import re
from collections.abc import Callable, Iterator

from harness.data.checks.needed import need
from harness.data.checks.personal.checksums import cards_in, ibans_in
from harness.data.checks.personal.contacts import addresses_in, emails_in, phones_in
from harness.data.checks.personal.hits import DOTS, Hit, without
from harness.data.checks.personal.secrets import secrets_in
from harness.data.checks.problem import Kind, Problem
from harness.data.checks.texts import Texts
from harness.data.row import DataRow

REMEDY = (
    "replace it by a made-up one of the same form (or by its name: harness data clean --mask), or leave the row out; a "
    "model can repeat what it was trained on"
)
KINDS = (
    Kind(name="secret", title="Keys, tokens and passwords", remedy="revoke it, and put a made-up one in its place"),
    Kind(name="card", title="Numbers of payment cards", remedy=REMEDY),
    Kind(name="iban", title="Numbers of bank accounts", remedy=REMEDY),
    Kind(name="e-mail", title="E-mail addresses", remedy=REMEDY),
    Kind(name="phone", title="Telephone numbers", remedy=REMEDY),
    Kind(name="ip", title="Public IP addresses", remedy=REMEDY),
    Kind(name="name", title="Names of people", remedy=REMEDY),
    Kind(name="place", title="Places beside names", remedy=REMEDY),
)
AROUND = 30
"""Characters before and after a piece that are shown with it."""
LONGEST = 200_000
"""Characters. Of a longer text nothing is shown."""

Finder = Callable[[str], Iterator[Hit]]
_NUMBERS = re.compile(r"[0-9][0-9 ()./-]{4,}[0-9]")
"""Where digits are near each other, as in every number that is looked for, but those with letters or colons."""
_ACCOUNT = re.compile(r"[A-Z][A-Z][0-9]{2}[ A-Z0-9]{11}")
SHORTEST_PHONE, SHORTEST_CARD, DOTS_OF_ADDRESS = 7, 12, 3


def sensitive_in(text: str) -> list[Hit]:
    """Return all personal data and secrets that checksums and patterns find in a text, in order; of two the longer."""
    hits = [*secrets_in(text), *emails_in(text)]
    numbers = _NUMBERS.findall(text)
    digits = max((sum(map(str.isdigit, number)) for number in numbers), default=0)
    if digits >= SHORTEST_PHONE:
        hits += phones_in(text)
    if digits >= SHORTEST_CARD:
        hits += cards_in(text)
    if _ACCOUNT.search(text):
        hits += ibans_in(text)
    if text.count(":") >= DOTS_OF_ADDRESS or any(number.count(".") >= DOTS_OF_ADDRESS for number in numbers):
        hits += addresses_in(text)
    hits.sort(key=lambda hit: (hit.start, -hit.end))
    kept: list[Hit] = []
    for hit in hits:
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept


def masked(text: str) -> str:
    """Return a text in which personal data and secrets are hidden; nothing of a text that is too long to look at.

    >>> masked("Write to ada.byron@tidewell.io, please.")
    'Write to ad…io, please.'
    """
    return without(text, sensitive_in(text)) if len(text) <= LONGEST else DOTS


def beginning(text: str, most: int) -> str:
    """Return the first characters of a text, at most so many, personal data and secrets hidden."""
    shown = masked(text).strip()
    return shown if len(shown) <= most else f"{shown[:most]}{DOTS}"


def excerpt(text: str, start: int, end: int, also: tuple[Hit, ...] = ()) -> str:
    """Return a piece of a text with what is around it, in one line, personal data and secrets hidden, and ``also``."""
    if len(text) > LONGEST:
        return DOTS
    hits = [*sensitive_in(text), *also]
    first, last = max(start - AROUND, 0), min(end + AROUND, len(text))
    first = min([first, *(hit.start for hit in hits if hit.start < first < hit.end)])
    last = max([last, *(hit.end for hit in hits if hit.start < last < hit.end)])
    inside = [
        Hit(kind=hit.kind, called=hit.called, start=hit.start - first, end=hit.end - first)
        for hit in hits
        if first <= hit.start and hit.end <= last
    ]
    shown = " ".join(without(text[first:last], inside).split())
    return f"{DOTS if first else ''}{shown}{DOTS if last < len(text) else ''}"


class PersonalData:
    """The check of all kinds above; ``find`` adds what else is looked for, such as ``names.names_in``."""

    def __init__(self, find: Finder = lambda _text: iter(())) -> None:
        need("detect_secrets", "phonenumbers")
        self._find = find
        self._texts = Texts()

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Yield a problem for each kind in a row: where it is first, and how many there are."""
        found: dict[str, list[tuple[Hit, str, str, tuple[Hit, ...]]]] = {}
        for where, text in self._texts.of(row):
            hits = sensitive_in(text)
            more = tuple(hit for hit in self._find(text) if not _covered(hit, hits))
            for hit in (*hits, *more):
                found.setdefault(hit.kind, []).append((hit, where, text, more))
        for kind, hits_of in found.items():
            hit, where, text, more = hits_of[0]
            others = f", and {len(hits_of) - 1} more" if len(hits_of) > 1 else ""
            told = f"{hit.called} in {where}{others}"
            yield Problem(kind=kind, places=(row.place,), told=told, shown=(excerpt(text, hit.start, hit.end, more),))

    def finish(self) -> Iterator[Problem]:
        """Yield nothing: each row is judged by itself."""
        return iter(())


def _covered(hit: Hit, hits: list[Hit]) -> bool:
    return any(hit.start < other.end and other.start < hit.end for other in hits)
