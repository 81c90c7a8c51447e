"""Simple conditions that a case can meet, whatever was answered: tag, label, language, system, turns, rows, words.

To search one more kind, write one more function from the traits of all cases to ``Met``, and name it in ``SOURCES``.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Literal

from harness.records.asked import Case
from harness.records.record import Json, Record, digest
from harness.scorers.failures.language import language_of
from harness.verdicts.phrases import stretches

Kind = Literal[
    "tag",
    "label",
    "language",
    "system",
    "one turn",
    "turns",
    "longer",
    "shorter",
    "word",
    "phrase",
    "unlike rows",
    "like rows",
]
FEWEST = 5
"""A condition that fewer cases meet is not searched."""
MOST_CONDITIONS = 2_000
"""Of each source only the most frequent conditions are searched."""
MOST_TURNS = 10
READ = 2_000
"""Characters of the user's messages whose words are looked at."""
START = 200
LABEL_LIMIT = 80
LANGUAGES = 3_000
"""With more cases it would take seconds to tell their languages, so the language is no condition then."""
PARTS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Parts of the cases that are at most as long as a limit that is searched, or have at most so similar a row."""
FAR = 0.2
"""Jaccard similarity of character 5-grams below which no training row is near. Of 600 texts of Banking77's test set the
nearest training row has the same label for 1 in 3 below .2, for 7 in 10 from .2 to .5, for 9 in 10 above."""


class Condition(Record, frozen=True, kw_only=True):
    """Something that is true or not of each case. ``field`` names what ``value`` is of, or is what sets it apart."""

    kind: Kind
    value: str = ""
    field: str = ""


class Traits(Record, frozen=True, kw_only=True):
    """What the conditions on one case are read from. ``said`` is the start of the user's messages, each a line."""

    said: str
    length: int
    turns: int
    tags: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    system: tuple[str, str]
    """The start of the system message and its digest; both empty without one."""
    nearest: float | None = None
    """How similar the nearest training row's input is; None where that is not known."""


Met = Iterable[tuple[Condition, Sequence[int]]]
"""Conditions with the places of the cases that meet them."""


def traits_of(case: Case) -> Traits:
    """Return what the conditions on a case are read from."""
    said = [message.text for message in case.messages if message.role == "user"]
    system = "\n".join(message.text for message in case.messages if message.role == "system")
    return Traits(
        said="\n".join(text[:READ] for text in said)[:READ],
        length=sum(map(len, said)),
        turns=len(said),
        tags=case.tags,
        labels=tuple(_labels_in(case.expected)),
        system=(system[:START], digest(ascii(system))[:12]) if system else ("", ""),
    )


def _labels_in(expected: Json) -> Iterator[tuple[str, str]]:
    fields: Mapping[str, Json] = expected if isinstance(expected, dict) else {"": expected}
    for name, value in fields.items():
        if isinstance(value, str | int | float) and len(str(value)) <= LABEL_LIMIT:
            yield name, str(value)


def conditions_of(traits: Sequence[Traits]) -> dict[Condition, tuple[int, ...]]:
    """Return each condition that at least five of these cases meet, but not all, with the places of those cases.

    Of several conditions that the same cases meet only the first is kept, in the order of ``SOURCES``.
    """
    found: dict[Condition, tuple[int, ...]] = {}
    known: set[tuple[int, ...]] = set()
    for source in SOURCES:
        usual = [(condition, places) for condition, places in source(traits) if FEWEST <= len(places) < len(traits)]
        for condition, places in sorted(usual, key=_by_frequency)[:MOST_CONDITIONS]:
            if (same := tuple(places)) not in known:
                known.add(same)
                found[condition] = same
    return found


def _by_frequency(one: tuple[Condition, Sequence[int]]) -> tuple[int, bool, int, str, str]:
    """Sort by the number of cases, the most first; then words before phrases, and long words, which say more."""
    condition, places = one
    return -len(places), condition.kind == "phrase", -len(condition.value), condition.value, condition.field


def _tags(traits: Sequence[Traits]) -> Met:
    return _gathered((Condition(kind="tag", value=tag) for tag in set(one.tags)) for one in traits)


def _labels(traits: Sequence[Traits]) -> Met:
    return _gathered(
        (Condition(kind="label", value=value, field=field) for field, value in one.labels) for one in traits
    )


def _languages(traits: Sequence[Traits]) -> Met:
    if len(traits) > LANGUAGES:
        return ()
    languages = [language_of(one.said) for one in traits]
    return _gathered([Condition(kind="language", value=language)] if language else [] for language in languages)


def _systems(traits: Sequence[Traits]) -> Met:
    return _gathered(
        [Condition(kind="system", value=one.system[0], field=one.system[1])] if one.system[1] else [] for one in traits
    )


def _turns(traits: Sequence[Traits]) -> Met:
    yield Condition(kind="one turn"), [place for place, one in enumerate(traits) if one.turns <= 1]
    for least in range(2, MOST_TURNS + 1):
        found = [place for place, one in enumerate(traits) if one.turns >= least]
        yield Condition(kind="turns", value=str(least)), found


def _lengths(traits: Sequence[Traits]) -> Met:
    lengths = sorted(one.length for one in traits)
    for limit in sorted({lengths[int(part * (len(lengths) - 1))] for part in PARTS} if lengths else ()):
        longer = [place for place, one in enumerate(traits) if one.length > limit]
        shorter = [place for place, one in enumerate(traits) if one.length <= limit]
        yield Condition(kind="longer", value=str(limit)), longer
        yield Condition(kind="shorter", value=str(limit)), shorter


def _rows(traits: Sequence[Traits]) -> Met:
    known = [(place, one.nearest) for place, one in enumerate(traits) if one.nearest is not None]
    ordered = sorted(similar for _, similar in known)
    limits = {round(ordered[int(part * (len(ordered) - 1))], 2) for part in PARTS} | {FAR} if ordered else set()
    for limit in sorted(limits - {0.0}):
        value = f"{limit:.2f}"
        yield Condition(kind="unlike rows", value=value), [place for place, similar in known if similar < limit]
        yield Condition(kind="like rows", value=value), [place for place, similar in known if similar >= limit]


def _said(traits: Sequence[Traits]) -> Met:
    """Yield words, and phrases of two words; only of words that are frequent enough for the phrase to be searched."""
    words: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(traits):
        for word in set(chain.from_iterable(stretches(one.said))):
            words[word].append(place)
    for word, places in words.items():
        yield Condition(kind="word", value=word), places
    frequent = sorted(words, key=lambda word: -len(words[word]))[:MOST_CONDITIONS]
    yield from _phrases(traits, [word for word in frequent if len(words[word]) >= FEWEST])


def _phrases(traits: Sequence[Traits], words: Sequence[str]) -> Met:
    """Yield the phrases of two of these words. A phrase is a number until it is known to be frequent enough."""
    numbers = {word: number for number, word in enumerate(words)}
    heard: list[array[int]] = []
    for one in traits:
        pairs = (
            (numbers.get(first), numbers.get(second))
            for part in stretches(one.said)
            for first, second in pairwise(part)
        )
        heard.append(array("l", {a * len(words) + b for a, b in pairs if a is not None and b is not None}))
    counted = Counter(chain.from_iterable(heard))
    found: dict[int, list[int]] = {phrase: [] for phrase, cases in counted.items() if cases >= FEWEST}
    for place, phrases in enumerate(heard):
        for phrase in phrases:
            if phrase in found:
                found[phrase].append(place)
    for phrase, places in found.items():
        first, second = divmod(phrase, len(words))
        yield Condition(kind="phrase", value=f"{words[first]} {words[second]}"), places


def _gathered(conditions: Iterable[Iterable[Condition]]) -> Met:
    """Return each condition with the places of the cases that meet it, given those of each case."""
    found: defaultdict[Condition, list[int]] = defaultdict(list)
    for place, met in enumerate(conditions):
        for condition in met:
            found[condition].append(place)
    return found.items()


SOURCES: tuple[Callable[[Sequence[Traits]], Met], ...] = (
    _tags,
    _labels,
    _languages,
    _systems,
    _turns,
    _rows,
    _said,
    _lengths,
)
"""What is searched, the plainest first: where two conditions mean the same cases, the first one is shown."""
