"""The context of a case: the passages that its answer is to come from, in a field of the case's ``meta``.

It is a text, a list of texts, which are numbered from 1, an object of names with texts, or a list of objects with
``id`` and ``text``. The case's messages show it to the model; here only what scorers compare with is read.
"""

from collections.abc import Iterator
from typing import NamedTuple

from harness.records.asked import Case
from harness.records.record import Json
from harness.records.scored import Scorer
from harness.scorers.reading.expected import refuse
from harness.scorers.reading.json_values import look_up

SHAPES = 'a text, a list of texts, an object of names with texts, or a list of {"id": ..., "text": ...}'


class Passage(NamedTuple):
    """A part of a context with the name by which an answer cites it."""

    id: str
    text: str


def passages_of(case: Case, scorer: Scorer, field: str) -> tuple[Passage, ...]:
    """Return the passages in a field of a case's ``meta``, none of them blank and no two of one name.

    Raises:
        ScorerError: the case has no such field, or something else in it.
    """
    found = value_in_meta(case, scorer, field)
    try:
        return read_passages(found)
    except ValueError as problem:
        refuse(case, scorer, f"the field `{field}` of `meta` to be {SHAPES}; {problem}", found)


def read_passages(value: Json) -> tuple[Passage, ...]:
    """Return the passages that a value of one of ``SHAPES`` holds, at least one, each with a name of its own.

    Raises:
        ValueError: it has another shape, or two passages share a name.
    """
    passages = tuple(_passages(value))
    names = [passage.id.casefold() for passage in passages]
    if not passages:
        raise ValueError("there is no passage")
    if len(set(names)) < len(names):
        raise ValueError("two passages have the same name")
    return passages


def value_in_meta(case: Case, scorer: Scorer, field: str) -> Json:
    """Return a field of a case's ``meta``.

    Raises:
        ScorerError: the case has no such field.
    """
    try:
        return look_up(case.meta, field)
    except LookupError:
        refuse(case, scorer, f"the field `{field}` in `meta`", case.meta or None)


def _passages(value: Json) -> Iterator[Passage]:
    if isinstance(value, dict):
        yield from (Passage(str(name).strip(), _text(text)) for name, text in value.items())
        return
    for number, one in enumerate(value if isinstance(value, list) else [value], start=1):
        if isinstance(one, dict):
            yield Passage(_name(one.get("id")), _text(one.get("text")))
        else:
            yield Passage(str(number), _text(one))


def _text(value: Json) -> str:
    if not (isinstance(value, str) and value.strip()):
        raise ValueError("a passage is no text, or blank")
    return value


def _name(value: Json) -> str:
    if isinstance(value, bool) or not (isinstance(value, str | int) and str(value).strip()):
        raise ValueError("a passage has no id")
    return str(value).strip()
