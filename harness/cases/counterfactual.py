"""Cases with a changed context, by which an adapter that answers from memory is caught.

Of each case with passages: as it is; without the passages that hold the answer; with others in their place; and with
another answer in them. All are of one group, so they count as one piece of evidence.
"""

import random
import re
from collections.abc import Iterator, Sequence

import msgspec

from harness.errors import CaseFileError
from harness.records.asked import Case
from harness.records.record import Json, Record
from harness.scorers.contexts.passages import Passage, read_passages
from harness.scorers.keeps_to_context import MEMORY

CONTEXT, SOURCES, ANSWERABLE = "context", "sources", "answerable"
KINDS = ("given", "removed", "distractor", "contradicted")
"""What is made of a case, in this order; each has the tag ``context-KIND``."""
_DIGITS = re.compile(r"\d+")


class Counterfactuals(Record, frozen=True, kw_only=True):
    """The cases that were made, and of which cases a kind could not be made, each with why."""

    cases: tuple[Case, ...]
    lacking: tuple[str, ...]


class _Source(msgspec.Struct, frozen=True):
    """A case whose context holds its answer: all passages, the names of those that hold it, the accepted texts."""

    case: Case
    passages: tuple[Passage, ...]
    holding: frozenset[str]
    accepted: tuple[str, ...]


def counterfactuals(cases: Sequence[Case], place: str, seed: int = 0) -> Counterfactuals:
    """Return the changed cases of those whose ``meta`` has a ``context`` that holds what they expect.

    ``sources`` in ``meta`` names the passages that hold the answer; without it they are those in which an accepted
    text is found. Chance, by ``seed``, chooses other passages and other answers; the same cases give the same.

    Raises:
        CaseFileError: a context can't be read, ``sources`` names a passage that is not there, or no case has a context
            with its answer; the text starts with ``place``.
    """
    read = [(case, _source(case, place)) for case in cases]
    sources = [source for _, source in read if source is not None]
    if not sources:
        raise CaseFileError(
            f"{place}: no case has passages in `{CONTEXT}` of its `meta` that hold an `expected` text, so there is "
            "nothing to change"
        )
    lacking = [f"{case.id}: no passage holds what it expects, so it is left out" for case, source in read if not source]
    made: list[Case] = []
    for source in sources:
        chance = random.Random(f"{seed} {source.case.id}")  # noqa: S311 - to draw, not to hide
        others = [one for one in sources if _group(one.case) != _group(source.case)]
        made += [_as_it_is(source), _without(source)]
        for kind, one in (
            ("distractor", _replaced(source, others, chance)),
            ("contradicted", _changed(source, others, chance)),
        ):
            if one is None:
                lacking.append(f"{source.case.id}: no case of another group gives it a {_LACKING[kind]}")
            else:
                made.append(one)
    return Counterfactuals(cases=tuple(made), lacking=tuple(lacking))


_LACKING = {"distractor": "passage without its answer", "contradicted": "different answer of the same form"}


def _source(case: Case, place: str) -> _Source | None:
    if case.meta.get(CONTEXT) in (None, [], {}):
        return None
    try:
        passages = read_passages(case.meta[CONTEXT])
    except ValueError as problem:
        raise CaseFileError(f"{place}: case {case.id!r}: `{CONTEXT}` can't be read: {problem}") from problem
    accepted = tuple(text for text in _listed(case.expected) if isinstance(text, str) and text.strip())
    named = {str(name).strip().casefold() for name in _listed(case.meta.get(SOURCES))}
    if unknown := named - {one.id.casefold() for one in passages}:
        raise CaseFileError(
            f"{place}: case {case.id!r}: `{SOURCES}` names {min(unknown)!r}, which is not in its context"
        )
    holding = {one.id for one in passages if any(_finds(text, one.text) for text in accepted)}
    if named:
        holding = {one.id for one in passages if one.id.casefold() in named}
    return _Source(case, passages, frozenset(holding), accepted) if holding and accepted else None


def _as_it_is(source: _Source) -> Case:
    return _case(source, "given", source.passages, source.case.expected, sorted(source.holding))


def _without(source: _Source) -> Case:
    left = [one for one in source.passages if one.id not in source.holding and not _answers(source, one)]
    return _case(source, "removed", left, None, [])


def _replaced(source: _Source, others: Sequence[_Source], chance: random.Random) -> Case | None:
    """Return the case with a passage of another one in the place of each that holds the answer."""
    strange = [passage for other in others for passage in other.passages if not _answers(source, passage)]
    wanted = sum(one.id in source.holding for one in source.passages)
    if len(strange) < wanted:
        return None
    drawn = iter(chance.sample(strange, wanted))
    passages = [
        Passage(one.id, next(drawn).text) if one.id in source.holding else one
        for one in source.passages
        if one.id in source.holding or not _answers(source, one)
    ]
    return _case(source, "distractor", passages, None, [])


def _changed(source: _Source, others: Sequence[_Source], chance: random.Random) -> Case | None:
    """Return the case with another answer in its context: another number, or what another case expects."""
    told = [text for text in source.accepted if any(_finds(text, one.text) for one in source.passages)]
    if not told:
        return None
    instead = _other_answer(source, told[0], others, chance)
    if instead is None:
        return None
    longest_first = sorted(source.accepted, key=len, reverse=True)
    passages = [Passage(one.id, _put(one.text, longest_first, instead)) for one in source.passages]
    return _case(source, "contradicted", passages, instead, sorted(source.holding), memory=list(source.accepted))


def _other_answer(source: _Source, text: str, others: Sequence[_Source], chance: random.Random) -> str | None:
    if found := list(_DIGITS.finditer(text)):
        place = found[0]
        return text[: place.start()] + _other_number(place[0], chance) + text[place.end() :]
    known = {one.casefold() for one in source.accepted}
    every = " ".join(one.text for one in source.passages)
    alike = sorted(
        {
            other.accepted[0]
            for other in others
            if _form(other.accepted[0]) == _form(text)
            and other.accepted[0].casefold() not in known
            and not _finds(other.accepted[0], every)
            and not any(_finds(one, other.accepted[0]) or _finds(other.accepted[0], one) for one in source.accepted)
        }
    )
    return chance.choice(alike) if alike else None


def _other_number(digits: str, chance: random.Random) -> str:
    """Return another number of as many digits, which begins with no zero unless the first one does."""
    low = 10 ** (len(digits) - 1) if len(digits) > 1 and digits[0] != "0" else 0
    number = int(digits)
    drawn = number
    while drawn == number:
        drawn = chance.randrange(max(low, number // 2), min(10 ** len(digits), 2 * number + 3))
    return str(drawn).zfill(len(digits))


def _form(text: str) -> tuple[bool, bool, bool]:
    """Return what two answers must share to take each other's place: a capital, one word or several, and digits."""
    return text[:1].isupper(), len(text.split()) > 1, any(map(str.isdigit, text))


def _put(text: str, accepted: Sequence[str], instead: str) -> str:
    pattern = "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in accepted)
    return re.sub(pattern, lambda _: instead, text, flags=re.IGNORECASE)


def _answers(source: _Source, passage: Passage) -> bool:
    return any(_finds(text, passage.text) for text in source.accepted)


def _finds(text: str, where: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", where, re.IGNORECASE) is not None


def _case(
    source: _Source, kind: str, passages: Sequence[Passage], expected: Json, holding: Sequence[str], **more: Json
) -> Case:
    case = source.case
    known = {name: value for name, value in case.meta.items() if name != MEMORY}
    context: Json = [{"id": one.id, "text": one.text} for one in passages]
    return msgspec.structs.replace(
        case,
        id=f"{case.id}-{kind}",
        expected=expected,
        tags=(*(tag for tag in case.tags if not tag.startswith("context-")), f"context-{kind}"),
        group=_group(case),
        meta={**known, CONTEXT: context, SOURCES: list(holding), ANSWERABLE: expected is not None, **more},
    )


def _group(case: Case) -> str:
    return case.group or case.id


def _listed(value: Json) -> Iterator[Json]:
    yield from () if value is None else value if isinstance(value, list) else (value,)
