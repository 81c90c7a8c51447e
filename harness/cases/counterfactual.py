"""Cases with a changed context, by which an adapter that answers from memory is caught.

Of each case with passages: as it is; without the passages that hold the answer; with others in their place; and with
another answer in them. All are of one group, so they count as one piece of evidence.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.cases.other_numbers import Number, another_number, numbers_in, with_number
from harness.errors import CaseFileError
from harness.records.asked import Case
from harness.records.record import Json, Record
from harness.scorers.contexts.passages import Passage, read_passages
from harness.scorers.keeps_to_context import MEMORY

CONTEXT, SOURCES, ANSWERABLE = "context", "sources", "answerable"
KINDS = ("given", "removed", "distractor", "contradicted")
"""What is made of a case, in this order; each has the tag ``context-KIND``."""


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
    lacking = [
        f"{case.id}: no passage holds what it expects, so it is left out"
        for case, source in read
        if source is None and case.expected is not None
    ]
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


ALONE = {"who": "who", "whom": "who", "where": "where", "when": "when"}
VERBS = frozenset(("is", "are", "was", "were", "do", "does", "did", "can", "could", "must", "should", "will", "would"))
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
    found = numbers_in(told[0]) if told else ()
    instead = _with_another_number(source, found[0], chance) if found else _of_another_case(source, others, chance)
    if not told or not instead:
        return None
    new = tuple(dict.fromkeys(instead.values()))
    passages = [Passage(one.id, _put(one.text, instead)) for one in source.passages]
    old = [text for text in source.accepted if not any(_finds(text, one) for one in new)]
    if any(_finds(text, one.text) for text in old for one in passages):
        return None
    expected: Json = new[0] if len(new) == 1 else list(new)
    return _case(source, "contradicted", passages, expected, sorted(source.holding), memory=list(source.accepted))


def _with_another_number(source: _Source, old: Number, chance: random.Random) -> dict[str, str]:
    """Return what each accepted text with this number becomes with another one, in digits or words as it is there."""
    new = another_number(old, chance)
    found = {text: with_number(text, old, new) for text in source.accepted}
    return {text: changed for text, changed in found.items() if changed != text}


def _of_another_case(source: _Source, others: Sequence[_Source], chance: random.Random) -> dict[str, str]:
    """Return what another case expects whose question begins alike and whose answer looks alike, for each text."""
    first = source.accepted[0]
    every = " ".join(one.text for one in source.passages)
    opening = _opening(source.case)
    alike = sorted(
        {
            one
            for one in (other.accepted[0] for other in others if opening and _opening(other.case) == opening)
            if _form(one) == _form(first)
            and not _finds(one, every)
            and not any(_finds(one, text) or _finds(text, one) for text in source.accepted)
        }
    )
    instead = chance.choice(alike) if alike else ""
    return dict.fromkeys(source.accepted, instead) if instead else {}


def _opening(case: Case) -> str:
    """Return how a question begins where that says what kind of thing it asks for; empty where it doesn't.

    Who, whom and where say so, and which, what and how with the next word: "which bus", but not "what is".
    """
    first, second = [*case.messages[-1].text.casefold().split(), "", ""][:2]
    if first in ALONE:
        return ALONE[first]
    return f"{first} {second}" if first in {"which", "what", "how"} and second not in VERBS else ""


def _form(text: str) -> tuple[bool, bool, bool]:
    """Return what two answers must share to take each other's place: a capital, several words, a number."""
    return text[:1].isupper(), len(text.split()) > 1, bool(numbers_in(text))


def _put(text: str, instead: Mapping[str, str]) -> str:
    """Put texts in the place of others, the longest first; one at the start of a sentence keeps its capital."""
    longest_first = sorted(instead, key=len, reverse=True)
    pattern = "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in longest_first)
    by_fold = {old.casefold(): new for old, new in instead.items()}

    def put(match: re.Match[str]) -> str:
        new = by_fold[match[0].casefold()]
        return new[:1].upper() + new[1:] if match[0][:1].isupper() else new

    return re.sub(pattern, put, text, flags=re.IGNORECASE)


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
