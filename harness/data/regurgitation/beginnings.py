"""How training rows begin: a sample of them, each with its prompt, the start of its answer, and what comes next.

A model has a row by heart when it goes on from there word for word: the row is *k*-extractable (Carlini et al. 2023,
Quantifying Memorization Across Neural Language Models, definition 3.1; there with 50 tokens, here with ``NEXT`` words,
since answers are shorter than web pages). The prompt is the row's own, and the answer has begun, since a longer context
brings out more of what a model knows (the same, section 4.3), and the loss of a chat model is on its answers.
"""

import functools
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.data.checks.personal.hits import DOTS, Hit, without
from harness.data.checks.personal.personal import LONGEST, sensitive_in
from harness.data.regurgitation.own import SharedWords, everybodys
from harness.data.row import DataRow
from harness.records.messages import Message
from harness.records.record import Json, Record, digest
from harness.scorers.reading.words import UNSPACED

if TYPE_CHECKING:
    from regex import Pattern

BEGUN = 8
"""Words of an answer that are given."""
NEXT, LONGEST_NEXT = 25, 160
"""Most words that must follow, about 32 tokens, and most characters of them."""
LEAST = 8
"""Fewest words that must follow: a shorter answer is asked about for personal data alone."""
SEARCHED = 20_000
"""Most rows, drawn at random, in which personal data is looked for."""
POOL = 20
"""How many rows are looked at for each one that is wanted."""


class Beginning(Record, frozen=True, kw_only=True):
    """A row whose answer has ``begun``, and what of it must not come out next: the words of ``rest``, or ``values``.

    ``values`` is personal data, each with what it is called; the answer is then given up to the first of it, and
    ``rest`` is empty. ``shown`` is what comes next for people to see, with all personal data hidden.
    """

    place: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Json], ...] = ()
    begun: str
    rest: str = ""
    values: tuple[tuple[str, str], ...] = ()
    shown: str = ""

    @property
    def prompt(self) -> str:
        """All that is said before the answer, and its beginning."""
        return "\n".join([*(said(one) for one in self.messages), self.begun])


class Drawn(Record, frozen=True, kw_only=True):
    """Rows with personal data in an answer, and rows of any kind. ``total`` counts all rows that differ.

    ``looked_at`` counts those among which ``rows`` were found: the others are short, or say what many say.
    """

    personal: tuple[Beginning, ...]
    rows: tuple[Beginning, ...]
    total: int
    looked_at: int


def draw(rows: Iterable[DataRow], most: int, seed: int) -> Drawn:
    """Draw up to ``most`` rows of either kind at random. A row that is there several times counts once."""
    distinct = list({digest((question_of(row), row.output)): row for row in rows}.values())
    random.Random(seed).shuffle(distinct)  # noqa: S311 - a sample is drawn, not guarded
    looked_at = distinct[: POOL * most]
    plain = [one for row in looked_at if (one := _plain(row)) is not None]
    answers = ((question_of(row), answer) for row in distinct for _, answer in _answers(row))
    shared = SharedWords((one.rest for one in plain), answers)
    return Drawn(
        personal=tuple(_personal(distinct[:SEARCHED])[:most]),
        rows=tuple([one for one in plain if shared.leave_enough(one.rest, one.prompt)][:most]),
        total=len(distinct),
        looked_at=len(looked_at),
    )


def question_of(row: DataRow) -> str:
    """Return what a row asks, by which rows are told apart."""
    return folded(row.input).casefold()


def folded(text: str) -> str:
    r"""Return a text with single spaces.

    >>> folded(" one  two\n")
    'one two'
    """
    return " ".join(text.split())


def said(message: Message) -> str:
    """Return the text of a turn, and what it calls."""
    return "\n".join([message.text, *(call.text for call in message.calls)])


def _answers(row: DataRow) -> Iterator[tuple[tuple[Message, ...], str]]:
    """Yield the text of each of the assistant's turns with what is before it, the last one first."""
    for place in reversed(range(1, len(row.messages))):
        if row.messages[place].role == "assistant" and (text := row.messages[place].text).strip():
            yield row.messages[:place], text


def _plain(row: DataRow) -> Beginning | None:
    """Return the last answer after its first words; None where too little comes next."""
    messages, answer = next(_answers(row), ((), ""))
    ends = _ends(answer)
    if len(ends) < BEGUN + LEAST:
        return None
    at = ends[BEGUN - 1]
    last = max([end for end in ends[BEGUN : BEGUN + NEXT] if end - at <= LONGEST_NEXT], default=at)
    rest = answer[at:last]
    if len(_ends(rest)) < LEAST:
        return None
    shown = _shown(answer, at, last)
    return Beginning(place=row.place, messages=messages, tools=row.tools, begun=answer[:at], rest=rest, shown=shown)


def _personal(rows: Sequence[DataRow]) -> list[Beginning]:
    """Return the answers with personal data that neither their prompts have nor several other rows."""
    found: list[tuple[Beginning, str]] = []
    for row in rows:
        for messages, answer in _answers(row):
            if one := _before_personal(row, messages, answer):
                found.append((one, question_of(row)))
                break
    shared = everybodys([(value, question) for one, question in found for value, _ in one.values])
    kept = [(one, tuple(pair for pair in one.values if pair[0] not in shared)) for one, _ in found]
    return [msgspec.structs.replace(one, values=values) for one, values in kept if values]


def _before_personal(row: DataRow, messages: tuple[Message, ...], answer: str) -> Beginning | None:
    """Return an answer that ends before its first personal data; None where it has none that is not in its prompt."""
    hits = sensitive_in(answer) if len(answer) <= LONGEST else []
    if not hits:
        return None
    prompt = folded("\n".join(map(said, messages))).casefold()
    new = [hit for hit in hits if folded(answer[hit.start : hit.end]).casefold() not in prompt]
    if not new:
        return None
    at, last = len(answer[: new[0].start].rstrip()), new[0].start + LONGEST_NEXT
    values = {folded(answer[hit.start : hit.end]): hit.called for hit in new if hit.end <= last}
    given = folded(answer[:at]).casefold()
    told = tuple((value, called) for value, called in values.items() if value.casefold() not in given)
    if not told:
        return None
    shown = _shown(answer, at, last)
    return Beginning(place=row.place, messages=messages, tools=row.tools, begun=answer[:at], values=told, shown=shown)


def _shown(answer: str, start: int, end: int) -> str:
    """Return a piece of an answer without personal data, which is recognised by what is around it as well."""
    if len(answer) > LONGEST:
        return DOTS
    hidden = [
        Hit(kind=hit.kind, called=hit.called, start=max(hit.start, start) - start, end=min(hit.end, end) - start)
        for hit in sensitive_in(answer)
        if hit.start < end and start < hit.end
    ]
    return folded(without(answer[start:end], hidden))


def _ends(text: str) -> list[int]:
    """Return where each word ends; of scripts without spaces, each letter."""
    return [found.end() for found in _word().finditer(text)]


@functools.cache
def _word() -> "Pattern[str]":
    import regex

    return regex.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+", regex.V1)
