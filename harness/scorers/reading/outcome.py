"""Turn what a scorer found into a score, with the symptom that the failure analysis counts.

``failures/causes.py`` replaces the symptom by a cause where it finds one: an empty answer is not called invalid JSON.
"""

from typing import Literal, get_args

from harness.records.scored import Score

Symptom = Literal[
    "invalid JSON",
    "ambiguous JSON",
    "breaks the schema",
    "missing field",
    "wrong field",
    "not in the labels",
    "ambiguous label",
    "wrong label",
    "no number",
    "wrong number",
    "text not found",
    "wrong option",
    "pattern not found",
    "too little overlap",
    "wrong answer",
    "ambiguous code",
    "no YAML",
    "unparseable YAML",
    "no XML",
    "unparseable XML",
    "no CSV",
    "unparseable CSV",
    "rows of different length",
    "no Python",
    "unparseable Python",
    "no SQL",
    "unparseable SQL",
    "no Markdown table",
    "more than a table",
    "no call",
    "missing call",
    "wrong function",
    "missing argument",
    "unexpected argument",
    "wrong value",
    "needless call",
    "not similar",
    "unsupported sentence",
    "no citation",
    "cites what is not there",
    "wrong passage",
    "not from the context",
    "no claim",
    "did not decline",
    "declined needlessly",
]
BrokenInstruction = Literal[
    "too few words",
    "too many words",
    "too few sentences",
    "too many sentences",
    "too few paragraphs",
    "too many paragraphs",
    "empty paragraph",
    "wrong first word",
    "keyword missing",
    "keyword too seldom",
    "keyword too often",
    "forbidden word",
    "letter too seldom",
    "letter too often",
    "too few capital words",
    "too many capital words",
    "has a comma",
    "not in capital letters",
    "not in small letters",
    "wrong language",
    "too few bullets",
    "too many bullets",
    "too few highlights",
    "too many highlights",
    "too few sections",
    "too many sections",
    "title missing",
    "too few placeholders",
    "too many placeholders",
    "postscript missing",
    "not JSON",
    "none of the answers",
    "not quoted",
    "not two answers",
    "wrong start",
    "wrong end",
    "nothing answered",
]
BROKEN_INSTRUCTIONS: frozenset[str] = frozenset(get_args(BrokenInstruction))
"""Symptoms of a case that says itself in which language its answer is, and what of the prompt it repeats."""


class NotReadable(ValueError):
    """An answer, or the part that a reader looks for, can't be read; scorers turn it into a score, with the symptom."""

    symptom: Symptom


def right(classes: tuple[str, str] | None = None) -> Score:
    """Return the score of a right answer."""
    return Score(value=1.0, classes=classes)


def wrong(reason: str, symptom: Symptom, classes: tuple[str, str] | None = None) -> Score:
    """Return the score of a wrong answer."""
    return Score(value=0.0, reason=reason, category=symptom, classes=classes)


def graded(value: float, reason: str) -> Score:
    """Return a score between wrong and right, kept inside [0, 1]; below one half it counts as wrong."""
    value = min(1.0, max(0.0, value))
    return Score(value=value, reason=reason, category="" if value >= 0.5 else "too little overlap")
