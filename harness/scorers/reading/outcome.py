"""Turn what a scorer found into a score, with the symptom that the failure analysis counts.

``failures/causes.py`` replaces the symptom by a cause where it finds one: an empty answer is not called invalid JSON.
"""

from typing import Literal

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
]


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
