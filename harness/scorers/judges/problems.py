"""What is wrong with a rubric: each key with the end of a sentence that says why, and what to do."""

import difflib
import re
from collections.abc import Iterator, Mapping

import msgspec
from jinja2 import TemplateError, TemplateSyntaxError, meta

from harness.records.scored import Rubric
from harness.scorers.judges.prompt import environment_of_prompts, needed_names
from harness.scorers.judges.scale import MOST_LEVELS, criteria_of, reply_of, scales_of
from harness.text.templates import template_errors

REASON = "reason"
"""What a judge may add to its verdict."""
_CRITERION = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LEVEL = re.compile(r"0|[1-9][0-9]?")
_OF_SCALES = ("levels", "criteria", "calls", "score", "samples")
_MATERIAL = {"expected": "the expected answer", "facts": "the facts"}
"""Variables that the key ``uses_...`` turns on."""


def problems_of(rubric: Rubric, stem: str) -> Iterator[tuple[str, str]]:
    """Yield the problems of a rubric in the file ``stem``.toml."""
    if rubric.id != stem:
        yield "id", f"is {rubric.id!r}, but the file is called {stem!r}; make them the same"
    if rubric.version < 1:
        yield "version", f"is {rubric.version}; count from 1"
    if not rubric.question.strip():
        yield "question", "is empty; write what the judge must decide, in one sentence"
    yield from _pair_problems(rubric) if rubric.kind == "pairwise" else _scale_problems(rubric)
    yield from _prompt_problems(rubric)


def _pair_problems(rubric: Rubric) -> Iterator[tuple[str, str]]:
    for key in _OF_SCALES:
        if getattr(rubric, key) not in ({}, msgspec.UNSET):
            belongs = "belongs" if key in {"calls", "score"} else "belong"
            yield key, f'{belongs} to a scale, and this rubric is pairwise; remove `{key}`, or set kind = "scale"'


def _scale_problems(rubric: Rubric) -> Iterator[tuple[str, str]]:
    if rubric.verdicts is not msgspec.UNSET:
        yield "verdicts", 'belongs to pairs, and this rubric has a scale; remove it, or set kind = "pairwise"'
    if rubric.samples is not msgspec.UNSET and rubric.score != "samples":
        yield "samples", 'says how often a judge is asked with score = "samples"; set that, or remove `samples`'
    if rubric.criteria is msgspec.UNSET:
        if rubric.calls is not msgspec.UNSET:
            yield (
                "calls",
                "is how several criteria are asked, and there are none; remove it, or add [criteria.NAME]",
            )
        yield from _level_problems("levels", rubric.levels)
        return
    if rubric.levels:
        yield "levels", "stands beside `criteria`, each of which has levels of its own; remove one of the two"
    if not rubric.criteria:
        yield "criteria", "is empty; add a table [criteria.NAME] for each criterion, or give the rubric [levels]"
    for name, criterion in criteria_of(rubric).items():
        key = f"criteria.{name}"
        if not _CRITERION.fullmatch(name) or name == REASON:
            yield key, f"has a name that can't be used; take letters a to z, figures and _, at most 40, not {REASON!r}"
        if not criterion.question.strip():
            yield f"{key}.question", "is empty; write what the judge must decide, in one sentence"
        yield from _level_problems(f"{key}.levels", criterion.levels)


def _level_problems(key: str, levels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not levels:
        yield key, f'is missing or empty; a scale needs a text for each of its levels, as in [{key}] and 1 = "Wrong."'
        return
    for level, text in levels.items():
        if not _LEVEL.fullmatch(level):
            yield key, f"has a level {level!r}; levels are whole numbers in a row, from 0 or 1"
            return
        if not text.strip():
            yield key, f"has no text for level {level}; say what can be seen in an answer of this level"
    numbers = sorted(map(int, levels))
    if numbers[0] > 1:
        yield key, f"begins at level {numbers[0]}; a scale begins at 0 or 1, so count from there"
    missing = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    if missing:
        yield key, f"has no text for level {missing[0]}, though it goes from {numbers[0]} to {numbers[-1]}; add it"
    if len(numbers) == 1:
        yield key, f"has level {numbers[0]} alone; a scale has two levels or more"
    if len(numbers) > MOST_LEVELS:
        yield key, f"has {len(numbers)} levels; a scale has at most {MOST_LEVELS}, such as 0 to 10"


def _prompt_problems(rubric: Rubric) -> Iterator[tuple[str, str]]:
    try:
        with template_errors():
            used = meta.find_undeclared_variables(environment_of_prompts().parse(rubric.prompt))
    except TemplateError as problem:
        place = f" (line {problem.lineno} of the prompt)" if isinstance(problem, TemplateSyntaxError) else ""
        yield "prompt", f"is not a valid template: {problem.message}{place}"
        return
    needed = needed_names(rubric)
    known = (*needed, "conversation", *_MATERIAL, "reply")
    for name in sorted(used - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known variables: {', '.join(known)}"
        yield "prompt", f"uses the unknown variable `{name}`; {hint}"
    for name in needed:
        if name not in used:
            yield "prompt", f"never shows `{name}`, so the judge would not see it; add {{{{ {name} }}}}"
    for name, what in _MATERIAL.items():
        key, on = f"uses_{name}", getattr(rubric, f"uses_{name}") is True
        if on and name not in used:
            yield key, f"is true, but the prompt never shows {{{{ {name} }}}}; add it, or set {key} = false"
        if not on and name in used:
            yield key, f"is false, but the prompt shows {{{{ {name} }}}}, {what} of each case; set {key} = true"
    if "reply" not in used and (rubric.calls == "each" or not _says_how_to_reply(rubric)):
        yield (
            "prompt",
            f"never says how to reply; add: Reply with JSON only: {{{{ reply }}}} (it is {reply_of(rubric)})",
        )


def _says_how_to_reply(rubric: Rubric) -> bool:
    keys = ["better"] if rubric.kind == "pairwise" else scales_of(rubric)
    return all(f'"{key}"' in rubric.prompt for key in keys)
