"""What people made of an answer: thumbs, scores by their names, and answers that they wrote instead."""

import math
import re
from collections.abc import Mapping

from harness.logs.fields import number, words
from harness.logs.part import SCORES
from harness.records.logged import Feedback, Logged
from harness.records.record import Json

UP = (
    *("up", "thumbs up", "thumbs_up", "thumbs-up", "thumbsup", "thumb_up", "like", "liked", "positive"),
    *("good", "helpful", "correct", "yes", "true", "👍", "+1", "1", "1.0", "upvote", "satisfied", "pass"),
)
DOWN = (
    *("down", "thumbs down", "thumbs_down", "thumbs-down", "thumbsdown", "thumb_down", "dislike", "disliked"),
    *("negative", "bad", "unhelpful", "not helpful", "incorrect", "wrong", "no", "false", "👎", "-1", "-1.0"),
    *("0", "0.0", "downvote", "unsatisfied", "dissatisfied", "fail"),
)
_ABOUT_PEOPLE = re.compile(r"thumb|feedback|user|like|vote|satisf|helpful|human", re.IGNORECASE)
_STARS = re.compile(r"rating|star|score|satisf|csat|nps|quality", re.IGNORECASE)
"""Names of figures on scales: there a 1 can be the worst."""
_CORRECTED = re.compile(r"correct(?:ed|ion)|expected|ideal|gold", re.IGNORECASE)
JUDGES = frozenset({"llm", "code", "eval"})
"""Who else than people gives scores."""


def thumbs_of(value: Json) -> Feedback:
    """Return which way a thumb points; empty for what is none: of stars nobody says where bad begins.

    >>> thumbs_of(True), thumbs_of("thumbs_down"), thumbs_of(-1), thumbs_of(4)
    ('up', 'down', 'down', '')
    """
    said = words(value).strip().lower() if not isinstance(value, bool) else str(value).lower()
    return "up" if said in UP else "down" if said in DOWN else ""


def scored(  # noqa: PLR0913 - what a score is made of
    place: str, name: str, value: Json, *, by: str = "", comment: Json = None, label: Json = None
) -> Logged:
    """Return what one score says of a request. ``by`` is who gave it; ``label`` its value in words.

    Only people's thumbs become feedback, no figures on scales; every score is kept under its name.

    >>> scored("a:1", "user_thumbs", 1).feedback, scored("a:1", "user_rating", 1).feedback
    ('up', '')
    """
    kept = label if value in (None, "") else value
    is_judge = by.strip().lower() in JUDGES
    thumbs: Feedback = ""
    if not is_judge and (_ABOUT_PEOPLE.search(name) or by.strip().lower() in ("human", "annotation")):
        is_figure = number(value) is not None
        thumbs = thumbs_of(label) or ("" if is_figure and _STARS.search(name) else thumbs_of(value))
    corrected = ""
    if not is_judge and isinstance(kept, str) and _CORRECTED.search(name) and not thumbs_of(kept):
        corrected, kept = kept, None
    figure = number(kept)
    shown = kept if figure is None or isinstance(kept, bool) else figure
    keep = shown is not None and not (isinstance(shown, float) and math.isnan(shown))
    return Logged(
        place=place,
        messages=(),
        feedback=thumbs,
        comment="" if is_judge else words(comment),
        corrected=corrected,
        meta={SCORES: {name: shown}} if keep and name else {},
    )


def scores_in(place: str, scores: Mapping[str, Json]) -> list[Logged]:
    """Return what a table of scores by their names says; of several values of one name the last one counts."""
    found = []
    for name, value in scores.items():
        last = value[-1] if isinstance(value, list) and value else value
        if last not in (None, "", []):
            found.append(scored(place, name, last))
    return found
