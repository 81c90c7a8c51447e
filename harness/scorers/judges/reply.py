"""What a judge replies: the format it must follow, and how a score or a preference is read from it."""

from collections.abc import Mapping

from harness.records.answered import Response
from harness.records.record import Json
from harness.records.scored import Rubric, Score
from harness.scorers.judges.prompt import name_markers
from harness.scorers.judges.said import Allowed, Read, said_object
from harness.scorers.judges.scale import criteria_of, preferences_of, scales_of, value_of
from harness.text.visible import quoted

LONGEST_REASON = 300
"""Characters of what a judge wrote that stand in a score's reason; the store keeps all of it."""


def answer_format(rubric: Rubric) -> dict[str, Json]:
    """Return the ``response_format`` of the OpenAI API that makes the judge give a readable verdict.

    >>> rubric = Rubric(id="tone", version=1, kind="scale", question="", prompt="", levels={"0": "Rude", "1": "Kind"})
    >>> answer_format(rubric)["json_schema"]["schema"]["properties"]
    {'score': {'type': 'integer', 'enum': [0, 1]}}
    """
    allowed: dict[str, Json]
    if rubric.kind == "pairwise":
        name, allowed = "better", {"better": {"type": "string", "enum": [*preferences_of(rubric)]}}
    else:
        scales = scales_of(rubric)
        name = "scores" if criteria_of(rubric) else "score"
        allowed = {key: {"type": "integer", "enum": [*map(int, levels)]} for key, levels in scales.items()}
    schema = {"type": "object", "properties": allowed, "required": [*allowed], "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def read_score(rubric: Rubric, text: str, criterion: str = "", read: Read = None) -> Score:
    """Read a verdict on a scale: its levels become 0 to 1; anything that is not clearly a level is unscored.

    Of a rubric with several criteria it is the score by one, or the mean of all. ``read`` is what the judge had read
    that others wrote; without it, nothing but the JSON alone is a verdict. See ``said_object``.

    >>> rubric = Rubric(id="tone", version=1, kind="scale", question="", prompt="", levels={"0": "Rude", "1": "Kind"})
    >>> read_score(rubric, '{"score": 1}').value
    1.0
    >>> read_score(rubric, "Score: 1").value is None
    True
    """
    scales = scales_of(rubric)
    allowed: Allowed = {key: [*map(int, levels)] for key, levels in scales.items()}
    verdict = said_object(text, allowed, read)
    if verdict is None:
        return unreadable("unreadable verdict", text)
    why = verdict.get("reason")
    words = quoted(name_markers(why), LONGEST_REASON) if isinstance(why, str) else ""
    found = {key: _score(levels, verdict[key], words) for key, levels in scales.items()}
    return found[criterion] if criterion else mean_score(found)


def said_levels(rubric: Rubric, text: str, read: Read = None) -> dict[str, int] | None:
    """Return the level that a verdict gives each criterion, or "score"; None when it is not clearly a verdict.

    ``read`` is as for ``read_score``.
    """
    allowed: Allowed = {key: [*map(int, levels)] for key, levels in scales_of(rubric).items()}
    verdict = said_object(text, allowed, read)
    return None if verdict is None else {key: int(str(verdict[key])) for key in allowed}


def mean_score(found: Mapping[str, Score]) -> Score:
    """Return the mean of the scores by several criteria, a single one as it is; unscored where one of them is.

    >>> low, high = Score(value=0.0, category="level 1"), Score(value=1.0, category="level 5")
    >>> mean_score({"format": high, "tone": low})
    Score(value=0.5, reason='format level 5, tone level 1', category='tone level 1', classes=None, counts=None)
    """
    if len(found) == 1:
        return next(iter(found.values()))
    values = [score.value for score in found.values() if score.value is not None]
    if len(values) < len(found):
        name, missing = next((name, score) for name, score in found.items() if score.value is None)
        return Score(value=None, reason=f"{name}: {missing.reason}", category=missing.category)
    told = {name: f"{name} {score.category}" for name, score in found.items()}
    lowest = min(found, key=lambda name: found[name].value or 0.0)
    return Score(value=sum(values) / len(values), reason=", ".join(told.values()), category=told[lowest])


def read_preference(rubric: Rubric, text: str, read: Read = None) -> float | None:
    """Return the score that a pairwise verdict gives answer A, from 0 to 1; None when it is not clearly a verdict.

    >>> rubric = Rubric(id="nicer", version=1, kind="pairwise", question="", prompt="")
    >>> read_preference(rubric, '{"better": "B"}'), read_preference(rubric, "B")
    (0.0, None)
    """
    preferences = preferences_of(rubric)
    verdict = said_object(text, {"better": [*preferences]}, read)
    return None if verdict is None else preferences[str(verdict["better"])]


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


def _score(levels: Mapping[str, str], level: Json, words: str) -> Score:
    ends = [*map(int, levels)]
    scale = f"of {ends[-1]}" if ends[0] == 1 else f"of {ends[0]} to {ends[-1]}"
    reason = f"level {level} {scale}: {words or levels[str(level)].strip()}"
    return Score(value=value_of(levels, int(str(level))), reason=reason, category=f"level {level}")
