"""What a judge replies: the format it must follow, and how a score or a preference is read from it."""

import json
from collections.abc import Mapping
from typing import Literal, cast

from harness.records.asked import Response
from harness.records.record import Json
from harness.records.scored import Rubric, Score
from harness.scorers.judges.prompt import LEVELS, name_markers
from harness.text.visible import quoted

LONGEST_REASON = 300
"""Characters of what a judge wrote that stand in a score's reason; the store keeps all of it."""


def answer_format(rubric: Rubric) -> dict[str, Json]:
    """Return the ``response_format`` of the OpenAI API that makes the judge give a readable verdict.

    >>> rubric = Rubric(id="tone", version=1, kind="scale", question="", prompt="")
    >>> answer_format(rubric)["json_schema"]["schema"]["properties"]
    {'score': {'type': 'integer', 'enum': [1, 2, 3, 4, 5]}}
    """
    key, allowed = {
        "scale": ("score", {"type": "integer", "enum": [int(level) for level in LEVELS]}),
        "pairwise": ("better", {"type": "string", "enum": ["A", "B", "tie"]}),
    }[rubric.kind]
    schema = {"type": "object", "properties": {key: allowed}, "required": [key], "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": key, "strict": True, "schema": schema}}


def read_score(rubric: Rubric, text: str) -> Score:
    """Read a verdict on a scale: levels 1 to 5 become 0 to 1; anything that is not clearly a level is unscored.

    >>> rubric = Rubric(id="tone", version=1, kind="scale", question="", prompt="")
    >>> read_score(rubric, '{"score": 4}').value
    0.75
    >>> read_score(rubric, 'I would say {"score": 4}').value is None
    True
    """
    verdict = _read_object(text)
    level = verdict.get("score")
    if type(level) is not int or str(level) not in LEVELS or not verdict.keys() <= {"score", "reason"}:
        return unreadable("unreadable verdict", text)
    why = verdict.get("reason")
    own_words = rubric.levels.get(str(level), "").strip()
    words = quoted(name_markers(why), LONGEST_REASON) if isinstance(why, str) else own_words
    return Score(value=(level - 1) / 4, reason=f"level {level} of 5: {words}", category=f"level {level}")


def read_preference(text: str) -> Literal["A", "B", "tie"] | None:
    """Read a pairwise verdict; None when it is not clearly one of the three.

    >>> read_preference('{"better": "B"}'), read_preference("B")
    ('B', None)
    """
    verdict = _read_object(text)
    better = verdict.get("better")
    if better not in ("A", "B", "tie") or not verdict.keys() <= {"better", "reason"}:
        return None
    return better


def without_verdict(reply: Response) -> Score | None:
    """Return the score of a reply that can't hold a verdict, with what was said in its stead; None where it can.

    >>> without_verdict(Response(request_key="k", reasoned=True, reasoning="Hm.")).reason
    "the judge reasoned and gave no verdict: 'Hm.'"
    """
    if reply.tool_calls:
        return unreadable("the judge called tools in place of a verdict", reply.said)
    if reply.is_empty and reply.reasoning.strip():
        return unreadable("the judge reasoned and gave no verdict", reply.reasoning)
    return None


def unreadable(what: str, said: str) -> Score:
    """Return no score, with the start of what the judge said."""
    reason = f"{what}: {quoted(name_markers(said), LONGEST_REASON)}"
    return Score(value=None, reason=reason, category="unreadable verdict")


def _read_object(text: str) -> Mapping[str, object]:
    """Return the JSON object that the whole text is; an empty one when it is anything else or repeats a key."""
    try:
        value = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return {}
    # With this hook a tuple is an object, a list an array.
    pairs = cast("tuple[tuple[str, object], ...]", value) if isinstance(value, tuple) else ()
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}
