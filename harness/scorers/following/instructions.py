"""The instructions that a case gives, in the harness's own words or in those of IFEval."""

import difflib
from collections.abc import Mapping
from typing import get_args

import msgspec

from harness.records.record import Json
from harness.scorers.following.casing import Language, Lowercase, Uppercase
from harness.scorers.following.form import Bullets, Highlights, Placeholders, Postscript, Sections, Title
from harness.scorers.following.ifeval import in_our_words
from harness.scorers.following.keywords import (
    CapitalWords,
    ForbiddenWords,
    KeywordCount,
    Keywords,
    LetterCount,
    NoCommas,
)
from harness.scorers.following.lengths import FirstWord, Paragraphs, Sentences, Words
from harness.scorers.following.whole import EndsWith, JsonAnswer, OneOf, Quoted, StartsWith, TwoAnswers
from harness.text.visible import quoted

Instruction = (
    Words
    | Sentences
    | Paragraphs
    | FirstWord
    | Keywords
    | ForbiddenWords
    | KeywordCount
    | LetterCount
    | CapitalWords
    | NoCommas
    | Uppercase
    | Lowercase
    | Language
    | Bullets
    | Highlights
    | Sections
    | Title
    | Placeholders
    | Postscript
    | JsonAnswer
    | OneOf
    | Quoted
    | TwoAnswers
    | StartsWith
    | EndsWith
)
KINDS: tuple[str, ...] = tuple(kind.__struct_config__.tag for kind in get_args(Instruction))
IFEVAL = ("instruction_id_list", "kwargs")
"""The keys of ``meta`` under which a case holds IFEval's own instructions."""


class NoInstructions(ValueError):
    """What a case holds are not instructions; the text says what is wrong, and where."""


def read_instructions(expected: Json) -> tuple[Instruction, ...]:
    """Return the instructions of a list as a case writes them, or of one alone.

    Raises:
        NoInstructions: one is unknown, or lacks something, or there is none.
    """
    given = expected if isinstance(expected, list) else [expected]
    if not given:
        raise NoInstructions("an empty list")
    return tuple(_decoded(place, one) for place, one in enumerate(given))


def read_ifeval(meta: Mapping[str, Json]) -> tuple[Instruction, ...]:
    """Return the instructions of a row of IFEval's file of prompts.

    Raises:
        NoInstructions: one is unknown, or lacks something, or the lists differ in length.
    """
    names, arguments = (meta.get(key) for key in IFEVAL)
    if not isinstance(names, list) or not isinstance(arguments, list) or not 0 < len(names) == len(arguments):
        raise NoInstructions("`instruction_id_list` and `kwargs` must be lists of the same length, not empty")
    try:
        ours = [in_our_words(str(name), _as_object(given)) for name, given in zip(names, arguments, strict=True)]
    except ValueError as problem:
        raise NoInstructions(str(problem)) from None
    return tuple(_decoded(place, one) for place, one in enumerate(ours))


def _decoded(place: int, given: Json) -> Instruction:
    try:
        instruction: Instruction = msgspec.convert(given, Instruction)
    except msgspec.ValidationError as problem:
        kind = given.get("follows") if isinstance(given, dict) else None
        if isinstance(kind, str) and kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(KINDS)}"
            raise NoInstructions(f"number {place + 1} follows {quoted(kind)}, which is unknown; {hint}") from None
        raise NoInstructions(f"number {place + 1}, {quoted(given)}: {problem}") from None
    return instruction


def _as_object(given: Json) -> Mapping[str, Json]:
    if not isinstance(given, dict):
        raise NoInstructions(f"`kwargs` must hold objects, got {quoted(given)}")
    return given
