"""Cases with a changed context, by which an adapter that answers from memory is caught.

Of each case with passages: as it is; without the passages that hold the answer; with others in their place; and with
another answer in them. All are of one group, so they count as one piece of evidence.
"""

import random
from collections.abc import Sequence

import msgspec

from harness.cases.contradicted import NoOther, contradicted
from harness.cases.holding import CONTEXT, SOURCES, Source, says_any, source_of
from harness.errors import CaseFileError
from harness.records.asked import Case
from harness.records.record import Json, Record
from harness.scorers.contexts.passages import Passage
from harness.scorers.keeps_to_context import MEMORY

ANSWERABLE = "answerable"
KINDS = ("given", "removed", "distractor", "contradicted")
"""What is made of a case, in this order; each has the tag ``context-KIND``."""


class Counterfactuals(Record, frozen=True, kw_only=True):
    """The cases that were made, and of which cases a kind could not be made, each with why."""

    cases: tuple[Case, ...]
    lacking: tuple[str, ...]


def counterfactuals(cases: Sequence[Case], place: str, seed: int = 0) -> Counterfactuals:
    """Return the changed cases of those whose ``meta`` has a ``context`` that holds what they expect.

    ``sources`` in ``meta`` names the passages that hold the answer; without it they are those in which an accepted
    text is found. Chance, by ``seed``, chooses other passages and other answers; the same cases give the same.

    Raises:
        CaseFileError: a context can't be read, ``sources`` names a passage that is not there, or no case has a context
            with its answer; the text starts with ``place``.
    """
    read = [(case, source_of(case, place)) for case in cases]
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
        others = [one for one in sources if one.group != source.group]
        made += [_as_it_is(source), _without(source)]
        for make in (_replaced, _contradicted):
            try:
                made.append(make(source, others, chance))
            except NoOther as problem:
                lacking.append(f"{source.case.id}: {problem}")
    return Counterfactuals(cases=tuple(made), lacking=tuple(lacking))


def _as_it_is(source: Source) -> Case:
    return _case(source, "given", source.passages, source.case.expected, sorted(source.holding))


def _without(source: Source) -> Case:
    return _case(source, "removed", _left(source), None, [])


def _replaced(source: Source, others: Sequence[Source], chance: random.Random) -> Case:
    """Return the case with a passage of another one in the place of each that holds the answer."""
    known = {one.text for one in source.passages}
    strange = [passage for other in others for passage in other.passages if passage.text not in known]
    chance.shuffle(strange)
    drawn = (passage.text for passage in strange if not says_any(source.accepted, passage.text))
    left = {one.id for one in _left(source)}
    passages: list[Passage] = []
    for one in source.passages:
        if one.id in left:
            passages.append(one)
        elif one.id in source.holding:
            text = next(drawn, None)
            if text is None:
                raise NoOther("no case of another group gives it a passage without its answer")
            passages.append(Passage(one.id, text))
    return _case(source, "distractor", passages, None, [])


def _contradicted(source: Source, others: Sequence[Source], chance: random.Random) -> Case:
    found = contradicted(source, others, chance)
    expected: Json = found.accepted[0] if len(found.accepted) == 1 else list(found.accepted)
    holding, memory = sorted(source.holding), list(source.accepted)
    return _case(source, "contradicted", found.passages, expected, holding, memory=memory)


def _left(source: Source) -> tuple[Passage, ...]:
    """Return the passages that don't hold the answer."""
    return tuple(
        one for one in source.passages if one.id not in source.holding and not says_any(source.accepted, one.text)
    )


def _case(
    source: Source, kind: str, passages: Sequence[Passage], expected: Json, holding: Sequence[str], **more: Json
) -> Case:
    case = source.case
    known = {name: value for name, value in case.meta.items() if name != MEMORY}
    context: Json = [{"id": one.id, "text": one.text} for one in passages]
    return msgspec.structs.replace(
        case,
        id=f"{case.id}-{kind}",
        expected=expected,
        tags=(*(tag for tag in case.tags if not tag.startswith("context-")), f"context-{kind}"),
        group=source.group,
        meta={**known, CONTEXT: context, SOURCES: list(holding), ANSWERABLE: expected is not None, **more},
    )
