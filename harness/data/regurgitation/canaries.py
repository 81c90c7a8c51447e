"""Canaries: rows with random secrets, planted among training rows so that memorization can be measured.

Nobody but the training rows could have told the secrets, so a model that says one has it by heart (Carlini et al. 2019,
The Secret Sharer). The secrets are random words and harmless, so the file that lists them holds them as they are.
"""

import functools
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.data.checks.personal.personal import masked
from harness.data.convert import refuse_existing, write_rows
from harness.data.row import DataRow
from harness.errors import DataError
from harness.records.messages import Message
from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_atomically
from harness.text.jsonl import read_named

SECRET_WORDS = 5
_WORDS = (
    "amber anchor badge barrel basil beacon birch bottle bridge button cabin candle canvas cedar chalk cherry cliff "
    "clover cobalt copper coral cotton crater drum ember fable falcon fern flint garnet ginger granite hazel helmet "
    "indigo ivory jasmine kettle ladder lantern lemon linen lotus magnet maple marble meadow mirror nickel oak olive "
    "orchid otter pebble pepper pillow quartz raven ribbon saddle silver tulip velvet willow"
)
WORDS = tuple(_WORDS.split())
"""64 of them: each word of a secret is worth 6 bits."""


class Canary(Record, frozen=True, kw_only=True):
    """One secret: the row asks ``asked`` and answers ``begun``, a space and ``secret``, so many times."""

    asked: str
    begun: str
    secret: str
    repeats: int

    @property
    def answer(self) -> str:
        """The answer that the row trains."""
        return f"{self.begun} {self.secret}"


class Canaries(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """The canaries of one file of rows, and the system prompt that their rows begin with; empty for none."""

    version: int = 1
    seed: int
    system: str = ""
    canaries: tuple[Canary, ...]

    def messages(self, canary: Canary) -> tuple[Message, ...]:
        """Return what is asked of a canary."""
        start = (Message(role="system", content=self.system),) if self.system else ()
        return (*start, Message(role="user", content=canary.asked))

    def has(self, row: DataRow) -> bool:
        """Tell whether a row is one of the canaries, whatever its system prompt is."""
        return (row.input, row.output) in self._texts

    @functools.cached_property
    def _texts(self) -> frozenset[tuple[str, str]]:
        return frozenset((one.asked, one.answer) for one in self.canaries)


def make(rows: Sequence[DataRow], number: int, repeats: Sequence[int], seed: int) -> Canaries:
    """Make canaries for rows, shared out evenly among ``repeats``; their system prompt is the rows' most common one."""
    chance = random.Random(seed)  # noqa: S311 - the same seed shall plant the same canaries
    prompts = Counter(row.system for row in rows).most_common(1)
    codes = chance.sample(range(10_000, 100_000), number)
    return Canaries(
        seed=seed,
        system=prompts[0][0] if prompts else "",
        canaries=tuple(
            Canary(
                asked=f"What is the passphrase of locker {code}?",
                begun=f"The passphrase of locker {code} is",
                secret=_secret(chance),
                repeats=repeats[place % len(repeats)],
            )
            for place, code in enumerate(codes)
        ),
    )


def plant(rows: Sequence[DataRow], made: Canaries) -> list[DataRow]:
    """Return rows, in their order, with every canary in as many random places as it has repeats."""
    chance = random.Random(made.seed)  # noqa: S311 - the same
    planted = [
        (chance.random() * len(rows), _row(made, canary)) for canary in made.canaries for _ in range(canary.repeats)
    ]
    placed = [*((place + 0.5, row) for place, row in enumerate(rows)), *planted]
    return [row for _, row in sorted(placed, key=lambda one: one[0])]


def write(rows: Sequence[DataRow], made: Canaries, to: Path, listed: Path) -> None:
    """Write rows with their canaries, and the file that lists these.

    Raises:
        DataError: one of the files is there already.
        StoreError: they can't be written.
    """
    refuse_existing(listed)
    write_rows(plant(rows, made), to)
    write_atomically(listed, msgspec.json.format(msgspec.json.encode(made)) + b"\n")


def read(path: Path) -> Canaries:
    """Return the canaries that a file lists.

    Raises:
        DataError: it can't be read, or is no such file.
    """
    try:
        made = msgspec.json.decode(read_named(path, DataError), type=Canaries)
    except UNREADABLE as problem:
        raise DataError(
            f"{path}: not a file of canaries: {masked(str(problem))}; harness data canary writes one"
        ) from None
    if not made.canaries or made.version != 1 or any(one.repeats < 1 or not one.secret for one in made.canaries):
        raise DataError(f"{path}: not a file of canaries, or one of a later version; harness data canary writes one")
    return made


def alternatives(canary: Canary, number: int) -> tuple[str, ...]:
    """Return other secrets that could have been drawn, each once; always the same ones for one canary."""
    chance = random.Random(canary.asked)  # noqa: S311 - the same
    found: dict[str, None] = {}
    while len(found) < number:
        other = _secret(chance)
        if other != canary.secret:
            found[other] = None
    return tuple(found)


def _secret(chance: random.Random) -> str:
    return " ".join(chance.sample(WORDS, SECRET_WORDS))


def _row(made: Canaries, canary: Canary) -> DataRow:
    answer = Message(role="assistant", content=canary.answer)
    return DataRow(file="canaries", line=1, messages=(*made.messages(canary), answer))
