"""What went wrong with a wrong answer, whatever the scorer: a cause that explains more than the scorer's symptom.

The rules prefer no label to a wrong one; docs/failures.md says how often each is wrong.
"""

import re
from collections.abc import Iterator

import msgspec

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import RIGHT
from harness.records.record import Json
from harness.records.scored import Score
from harness.scorers.failures.copying import is_copy
from harness.scorers.failures.language import is_wrong_language
from harness.scorers.failures.refusal import declines, is_refusal
from harness.scorers.reading.outcome import BROKEN_INSTRUCTIONS
from harness.scorers.reading.reasoning import without_reasoning

EMPTY = "empty"
REASONED = "cut off while thinking"
LOOP = "repetition loop"
COPIED = "copied the prompt"
REFUSED = "refused"
WRONG_LANGUAGE = "wrong language"
CUT_OFF = "cut off at max_tokens"

LOOP_READ = 3000
"""Characters at the end of an answer in which a loop is looked for."""
LOOP_TIMES = 3.75
"""A loop repeats its unit at least this often: four times, where one can lack what separates it from the others ..."""
LOOP_LENGTH = 60
"""... and over at least this many characters; a unit without a letter or digit also over half of the answer."""
LOOP_SIGN = 20
"""The last characters of a loop, which are in it again one unit earlier."""
LOOP_TRIED = 8
"""How many places where they are found again are tried as the start of a unit."""
_NUMBERING = re.compile(r"^[ \t]*(?:\d{1,4}[.):]|[-*•])[ \t]+", re.MULTILINE)


def with_cause(case: Case, response: Response, score: Score) -> Score:
    """Return a score with the category that the failure analysis counts.

    For a wrong answer it is the cause, where one is found; a right answer has none. A case that gives instructions says
    itself in which language to answer and what to repeat, so there these two are no causes. Where given texts were
    weighed and nothing was generated, there is no cause to look for.
    """
    if score.value is None:
        return score
    cause = "" if score.value >= RIGHT or response.likelihoods else failure_of(case, response)
    if score.category in BROKEN_INSTRUCTIONS and cause in {COPIED, WRONG_LANGUAGE}:
        cause = ""
    category = "" if score.value >= RIGHT else cause or score.category
    return score if category == score.category else msgspec.structs.replace(score, category=category)


def failure_of(case: Case, response: Response) -> str:
    """Name what went wrong with a wrong answer, or nothing when only its scorer can tell.

    Reasoning that is part of the answer's text is not judged: it can be in another language, or quote the prompt.
    Nor is the text of an answer that calls tools: what it calls is the answer, and only its scorer can read that.
    """
    text = without_reasoning(response.text)
    if not text and not response.tool_calls:
        return _without_answer(response)
    said = "" if response.tool_calls else _cause_in(case, text)
    return said or (CUT_OFF if response.finish_reason == "length" else "")


def _cause_in(case: Case, text: str) -> str:
    """Name what is wrong with a text, without its reasoning."""
    if is_loop(text):
        return LOOP
    expected = "\n".join(map(without_reasoning, _texts(case.expected)))
    if is_copy(case, expected, text):
        return COPIED
    if is_refusal(text) and not declines(expected):
        return REFUSED
    if is_wrong_language(case, expected, text):
        return WRONG_LANGUAGE
    return ""


def _without_answer(response: Response) -> str:
    """Name why an answer is white space, or nothing but reasoning."""
    if response.finish_reason != "length":
        return EMPTY
    if is_loop(response.text):
        return LOOP
    return REASONED if response.reasoned or response.text.strip() else EMPTY


def is_loop(text: str) -> bool:
    """Tell whether an answer ends in the same words or characters again and again.

    Letters' case, white space and the numbers of list entries don't count, nor does punctuation after the last round.

    >>> is_loop("Sure. " + "I can do that. " * 5), is_loop("Row, row, row your boat. Row, row, row your boat.")
    (True, False)
    """
    tail = " ".join(_NUMBERING.sub("", text[-LOOP_READ:]).casefold().split())
    trimmed = tail.rstrip(".,;:!?…-\"'`)]}> ")
    return any(_repeats(end, unit) for end in dict.fromkeys((tail, trimmed)) for unit in _units(end))


def _units(tail: str) -> Iterator[str]:
    """Yield what can be repeated at the end of a text, the shortest first."""
    if len(tail) < LOOP_LENGTH:
        return
    sign, end = tail[-LOOP_SIGN:], len(tail) - 1
    for _ in range(LOOP_TRIED):
        place = tail.rfind(sign, 0, end)
        if place < 0:
            return
        yield tail[place + len(sign) :]
        end = place + len(sign) - 1


def _repeats(tail: str, unit: str) -> bool:
    period = len(unit)
    start = len(tail) - period
    while start >= period and tail.startswith(unit, start - period):
        start -= period
    while start > 0 and tail[start - 1] == tail[start - 1 + period]:
        start -= 1
    length = len(tail) - start
    speaks = any(letter.isalnum() for letter in unit)
    return length >= max(LOOP_LENGTH, LOOP_TIMES * period) and (speaks or 2 * length >= len(tail))


def _texts(value: Json) -> Iterator[str]:
    """Yield the strings of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
