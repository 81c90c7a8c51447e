"""What a rubric lets its judge say: levels of a scale, of several criteria or of one, or which of two is better."""

import difflib
from collections.abc import Mapping

import msgspec

from harness.errors import RubricError
from harness.records.scored import Criterion, Rubric

MOST_LEVELS = 11
"""As from 0 to 10. People and judges tell no more apart."""
BETTER: Mapping[int, Mapping[str, float]] = {
    3: {"A": 1.0, "B": 0.0, "tie": 0.5},
    5: {"A by far": 1.0, "A": 0.75, "tie": 0.5, "B": 0.25, "B by far": 0.0},
}
"""By the number of verdicts on a pair: each verdict with the score of answer A."""


def criteria_of(rubric: Rubric) -> Mapping[str, Criterion]:
    """Return the criteria of a rubric by name; empty where it has one scale alone."""
    return {} if isinstance(rubric.criteria, msgspec.UnsetType) else rubric.criteria


def scales_of(rubric: Rubric) -> dict[str, dict[str, str]]:
    """Return the texts of the levels, the lowest level first, by the key that a reply has for each.

    >>> scales_of(Rubric(id="tone", version=1, kind="scale", question="", prompt="", levels={"2": "Kind", "1": "Rude"}))
    {'score': {'1': 'Rude', '2': 'Kind'}}
    """
    criteria = criteria_of(rubric)
    if not criteria:
        return {"score": _in_order(rubric.levels)}
    return {name: _in_order(criterion.levels) for name, criterion in criteria.items()}


def levels_of(rubric: Rubric, criterion: str = "") -> dict[str, str]:
    """Return the texts of the levels of a criterion, or of a rubric without criteria, the lowest level first.

    Raises:
        KeyError: it has no such criterion.
    """
    return scales_of(rubric)[criterion or "score"]


def known_criterion(rubric: Rubric, name: str) -> str:
    """Return the name of a criterion as it is given, "" for all of them.

    Raises:
        RubricError: the rubric has no such criterion.
    """
    known = criteria_of(rubric)
    if name and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        told = f"its criteria are {', '.join(known)}" if known else "it has no criteria; leave the name out"
        raise RubricError(f"rubric {rubric.id!r} has no criterion {name!r}; {hint}{told}")
    return name


def value_of(levels: Mapping[str, str], level: float) -> float:
    """Return a level, or a mean of levels, as a score from 0 to 1.

    >>> value_of({"0": "No", "1": "Partly", "2": "Yes"}, 1)
    0.5
    """
    lowest, *_, highest = map(int, levels)
    return (level - lowest) / (highest - lowest)


def preferences_of(rubric: Rubric) -> Mapping[str, float]:
    """Return each verdict that a pairwise rubric allows, with the score of answer A."""
    return BETTER[3 if isinstance(rubric.verdicts, msgspec.UnsetType) else rubric.verdicts]


def calls_of(rubric: Rubric, criterion: str = "") -> tuple[Rubric, ...]:
    """Return the rubric of each call that a judge is asked in, for one criterion or for all ("").

    In one call all criteria are asked, also for one of them, so that the scores by each share the call.
    """
    if rubric.calls != "each":
        return (rubric,)
    asked = {name: one for name, one in criteria_of(rubric).items() if criterion in ("", name)}
    return tuple(msgspec.structs.replace(rubric, criteria={name: one}) for name, one in asked.items())


def reply_of(rubric: Rubric) -> str:
    """Return the form of a reply, as a prompt says it."""
    if rubric.kind == "scale":
        return "{" + ", ".join(f'"{key}": N' for key in scales_of(rubric)) + "}"
    *first, last = (f'{{"better": "{verdict}"}}' for verdict in preferences_of(rubric))
    return f"{', '.join(first)} or {last}"


def criteria_text(rubric: Rubric) -> str:
    """Return all criteria as a judge reads them: the name and the question of each, then its levels."""
    return "\n\n".join(
        f"{name}: {one.question.strip()}\n{levels_text(levels_of(rubric, name))}"
        for name, one in criteria_of(rubric).items()
    )


def levels_text(levels: Mapping[str, str]) -> str:
    """Return the levels of a scale as a judge reads them, one a line."""
    return "\n".join(f"{level}: {text.strip()}" for level, text in levels.items())


def _in_order(levels: Mapping[str, str]) -> dict[str, str]:
    return {level: levels[level] for level in sorted(levels, key=int)}
