"""Another answer in a case's passages: another number, or what another case expects; nothing says the old one then.

A context that says the old answer too would make a wrong case, so what can't be changed everywhere is refused.
"""

import random
import re
from collections.abc import Mapping, Sequence

import msgspec

from harness.cases.holding import Source, says, says_any
from harness.cases.other_numbers import another_number, in_other_form, is_scaled, numbers_in, with_number
from harness.errors import InputError
from harness.records.asked import Case
from harness.scorers.contexts.passages import Passage
from harness.scorers.reading.words import words

ALONE = {"who": "who", "whom": "who", "where": "where", "when": "when"}
VERBS = frozenset(("is", "are", "was", "were", "do", "does", "did", "can", "could", "must", "should", "will", "would"))
SHORTEST = 4
"""Letters of a word of the old answer, such as a surname, that no passage can have any more."""


class NoOther(InputError):
    """A case gets no other answer; the text says why."""


class Contradiction(msgspec.Struct, frozen=True):
    """Passages with another answer in them, and every text in which that is right."""

    passages: tuple[Passage, ...]
    accepted: tuple[str, ...]


def contradicted(source: Source, others: Sequence[Source], chance: random.Random) -> Contradiction:
    """Return a case's passages with another answer in the place of its own.

    Raises:
        NoOther: there is none, or the old one would remain.
    """
    every = "\n".join(one.text for one in source.passages)
    asked = source.case.messages[-1].text
    if says_any(source.accepted, asked):
        raise NoOther("the question names its answer, so another one would not fit")
    told = next((text for text in source.accepted if says(text, every)), None)
    if told is None:
        raise NoOther("its passages say the answer in other words, so it can't be changed there")
    if numbers_in(told):
        instead, accepted = _other_number(source.accepted, told, every, chance)
    else:
        instead, accepted = _other_name(source, others, every, chance)
    passages = tuple(Passage(one.id, _put(one.text, instead)) for one in source.passages)
    _refuse_old(source.accepted, told, accepted, passages)
    return Contradiction(passages, accepted)


def _other_number(
    texts: Sequence[str], told: str, every: str, chance: random.Random
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return what each accepted text becomes with another number, in digits and in words, and what is accepted then."""
    old = numbers_in(told)[0]
    if old.value == 1 or any(map(is_scaled, texts)):
        raise NoOther("its number is not one that can be changed: one has other meanings, and hundreds are not read")
    new = another_number(old, texts, {one.value for one in numbers_in(every)}, chance)
    if new is None:
        raise NoOther("its passages have every number that could be in the place of its own")
    forms = dict.fromkeys(one for text in texts for one in (text, in_other_form(text)))
    instead = {text: changed for text in forms if (changed := with_number(text, old, new)) != text}
    accepted = (*instead.values(), *map(in_other_form, instead.values()))
    return instead, tuple(dict.fromkeys(accepted))


def _other_name(
    source: Source, others: Sequence[Source], every: str, chance: random.Random
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return what another case expects whose question begins alike and whose answer looks alike."""
    opening, first = _opening(source.case), source.accepted[0]
    alike = {
        other.accepted[0]: other.accepted
        for other in others
        if opening and _opening(other.case) == opening and _form(other.accepted[0]) == _form(first)
    }
    # In an order by chance, so that few of many are compared with the passages.
    for name in chance.sample(sorted(alike), len(alike)):
        accepted = alike[name]
        overlap = any(says(one, text) or says(text, one) for one in accepted for text in source.accepted)
        if not overlap and not says_any(accepted, every):
            return dict.fromkeys(source.accepted, name), accepted
    raise NoOther("no case of another group gives it a different answer of the same form")


def _refuse_old(old: Sequence[str], told: str, new: Sequence[str], passages: Sequence[Passage]) -> None:
    """Refuse passages that say the old answer still: in an accepted text, by its number, or by a word of it."""
    every = "\n".join(one.text for one in passages)
    left = any(says(text, every) for text in old if not any(says(text, one) for one in new))
    if numbers := numbers_in(told):
        left = left or numbers[0].value in {one.value for one in numbers_in(every)}
    else:
        gone = {word for text in old for word in words(text) if len(word) >= SHORTEST}
        kept = {word for text in new for word in words(text)}
        left = left or any(word.startswith(tuple(gone - kept)) for word in words(every) if word not in kept)
    if left:
        raise NoOther("its passages say the old answer, or a part of it, in another place or form")


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
