"""Rows as cases of a suite: the question of each, what it expects, and examples that can stand before it."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import LONGEST_ID, Suite
from harness.data.alike.likeness import grams, similarity, told
from harness.data.row import DataRow
from harness.records.asked import Case, Sampling, digest_of_cases
from harness.records.messages import Message
from harness.records.record import Json, digest

NAME = "training rows"
"""What the suite is called where people see it."""
NEAR = 0.7
"""Similarity from which on a row is a copy of another and is no example for it; as for near-duplicates."""
LEAST, MOST = 32, 1024
"""Tokens of the longest answer that the model is let write."""
BYTES_A_TOKEN = 4
"""About; an answer is given twice the room that this comes to."""


def suite_of(rows: Sequence[DataRow], like: Suite | None = None) -> Suite:
    """Return rows as a suite that expects their own answers; drawn as in the suite ``like``, else greedily."""
    cases = tuple(case_of(row, row.output) for row in rows)
    longest = max((len(row.output.encode()) for row in rows), default=0)
    room = min(max(2 * longest // BYTES_A_TOKEN, LEAST), MOST)
    sampling = msgspec.structs.replace(like.sampling, repeats=1) if like else Sampling(max_tokens=room)
    reasoning = like.reasoning if like else None
    return Suite(name=NAME, cases=cases, sampling=sampling, digest=digest_of_cases(cases), reasoning=reasoning)


def case_of(row: DataRow, expected: Json) -> Case:
    """Return a row as a case, which expects something of its answer."""
    tools = row.tools or msgspec.UNSET
    return Case(id=id_of(row), messages=row.messages[:-1], expected=expected, tools=tools)


def id_of(row: DataRow) -> str:
    """Return the place of a row, shortened where it is too long for the id of a case."""
    place = row.place if row.place.isprintable() else ascii(row.place)
    if len(place) <= LONGEST_ID:
        return place
    return f"{digest(place)[:8]}/{Path(place).name}"[-LONGEST_ID:]


def expecting(suite: Suite, expected: Mapping[str, Json]) -> Suite:
    """Return a suite of the cases that are named, by id, with what each expects."""
    cases = tuple(
        msgspec.structs.replace(case, expected=expected[case.id]) for case in suite.cases if case.id in expected
    )
    return msgspec.structs.replace(suite, cases=cases, digest=digest_of_cases(cases))


def examples_for(rows: Sequence[DataRow], number: int, seed: int) -> dict[str, tuple[Message, ...]]:
    """Return turns of ``number`` other rows that can stand before each row's question, by the row's place.

    All rows have one random order, of which each takes the first that share its system prompt and tools, and are not
    the row itself or nearly the same: so most rows have the same examples, as a prompt in use would. A row for which
    there are fewer has none.
    """
    order = list(rows)
    random.Random(seed).shuffle(order)  # noqa: S311 - must be repeatable
    sets = {row.place: grams(row.input) for row in rows}
    found = {}
    for row in rows:
        chosen: list[DataRow] = []
        for other in order:
            if len(chosen) == number:
                break
            if (other.system, other.tools) != (row.system, row.tools) or told(other.input) == told(row.input):
                continue
            if other.place != row.place and similarity(sets[other.place], sets[row.place]) < NEAR:
                chosen.append(other)
        if len(chosen) == number:
            turns = (message for other in chosen for message in other.messages if message.role != "system")
            found[row.place] = tuple(turns)
    return found


def with_examples(messages: Sequence[Message], examples: Sequence[Message]) -> tuple[Message, ...]:
    """Return a conversation with examples after its system prompt."""
    own = 1 if messages and messages[0].role == "system" else 0
    return (*messages[:own], *examples, *messages[own:])
