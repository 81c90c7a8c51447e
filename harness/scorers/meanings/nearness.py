"""How near two texts are by a model of meanings, and when nobody can tell, since it doesn't read their language."""

import math
import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from harness.embedding.embedder import Embedder, match_tokens, tokens_of, vector_of
from harness.embedding.named import MeaningModel
from harness.errors import ScorerError
from harness.records.scored import Score
from harness.scorers.failures.language import language_of

Measure = Literal["cosine", "precision", "recall", "f1"]
"""The cosine of both texts' vectors, or a figure of BERTScore."""
Load = Callable[[MeaningModel], Embedder]
DIGITS = 4
"""Decimals that are kept, so that how a machine adds numbers up moves no score across a threshold."""
LETTERS = 400
"""Characters of a text whose letters are looked at."""


class Near(NamedTuple):
    """How near two texts are, and whether the model read all of the first one."""

    value: float
    is_whole: bool


def near(embedder: Embedder, measure: Measure, answer: str, reference: str) -> Near:
    """Return how near an answer is to a reference, with four decimals.

    Raises:
        ScorerError: the model gave no number.
    """
    if measure == "cosine":
        vector, is_whole = vector_of(embedder, answer)
        value = float(vector @ vector_of(embedder, reference)[0])
    else:
        read = tokens_of(embedder, answer)
        value, is_whole = getattr(match_tokens(read, tokens_of(embedder, reference)), measure), read.is_whole
    if not math.isfinite(value):
        raise ScorerError("the model of meanings gives no numbers: are its weights damaged?")
    return Near(round(value, DIGITS), is_whole)


def other_language(model: MeaningModel, text: str) -> str | None:
    """Name the language, or the script, of a text that an English model doesn't read; None where nothing speaks for it.

    Too short to tell counts as English, unless most of its letters are not Latin ones.
    """
    if not model.is_english:
        return None
    letters = [letter for letter in text[:LETTERS] if letter.isalpha()]
    if 2 * sum(_is_latin(letter) for letter in letters) < len(letters):
        return language_of(text) or "another script"
    code = language_of(text)
    return None if code == "en" else code


def not_read(model: MeaningModel, what: str, texts: Sequence[str]) -> Score | None:
    """Return the score of a case whose texts are in another language than the model's: none; else None."""
    for text in texts:
        if language := other_language(model, text):
            reason = f"{what} is in another language ({language}), and {model.name} reads English alone"
            return Score(value=None, reason=reason, category="language not read")
    return None


def remarks(model: MeaningModel, answer: str, *, is_whole: bool) -> str:
    """Return what has to be known of a figure: the answer's language, and that it was cut."""
    language = other_language(model, answer)
    cut = "" if is_whole else "; by the start of the answer, which is longer than the model reads"
    return cut + (
        f"; the answer is in another language ({language}), which {model.name} does not read" if language else ""
    )


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")
