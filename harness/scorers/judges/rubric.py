"""Read judges/*.toml, and refuse a rubric that can't be given to a judge."""

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateError, TemplateSyntaxError, meta

from harness.errors import RubricError
from harness.records.asked import Case, Message
from harness.records.scored import Rubric
from harness.scorers.judges.prompt import LEVELS, NEEDED, answer_names, environment_of_prompts, fill_prompt
from harness.text.pages import content_folder
from harness.text.templates import template_errors
from harness.text.toml import load_toml

_REPLY = {"scale": '{"score": N}', "pairwise": '{"better": "A"}, {"better": "B"} or {"better": "tie"}'}
_TRIAL = Case(id="any", messages=(Message(role="user", content="Hello"),), expected="Hi")


def load_rubric(path: Path) -> Rubric:
    """Return the rubric in ``path``, a file like ``judges/correctness.toml``.

    Raises:
        RubricError: the file can't be read, a key is wrong, or the prompt can't be rendered.
    """
    rubric = load_toml(path, Rubric, RubricError)
    for key, problem in _problems(rubric, path.stem):
        raise RubricError(f"{path}: `{key}` {problem}")
    try:
        fill_prompt(rubric, _TRIAL, {name: {"": "Hi"} for name in answer_names(rubric)})
    except RubricError as problem:
        raise RubricError(f"{path}: {problem}") from problem
    return rubric


def _problems(rubric: Rubric, stem: str) -> Iterator[tuple[str, str]]:
    """Yield each key that is wrong, with the end of a sentence that says why and what to do."""
    if rubric.id != stem:
        yield "id", f"is {rubric.id!r}, but the file is called {stem!r}; make them the same"
    if rubric.version < 1:
        yield "version", f"is {rubric.version}; count from 1"
    if not rubric.question.strip():
        yield "question", "is empty; write what the judge must decide, in one sentence"
    yield from _level_problems(rubric)
    yield from _prompt_problems(rubric)


def _level_problems(rubric: Rubric) -> Iterator[tuple[str, str]]:
    if rubric.kind == "pairwise":
        if rubric.levels:
            yield "levels", 'belong to a scale; remove them, or set kind = "scale"'
        return
    for level in LEVELS:
        if not rubric.levels.get(level, "").strip():
            yield "levels", f"has no text for level {level}; a scale needs a text for each of the levels 1 to 5"
    for level in sorted(rubric.levels.keys() - set(LEVELS)):
        yield "levels", f"has a level {level!r}; a scale has the levels 1 to 5 and no other"


def _prompt_problems(rubric: Rubric) -> Iterator[tuple[str, str]]:
    try:
        with template_errors():
            used = meta.find_undeclared_variables(environment_of_prompts().parse(rubric.prompt))
    except TemplateError as problem:
        place = f" (line {problem.lineno} of the prompt)" if isinstance(problem, TemplateSyntaxError) else ""
        yield "prompt", f"is not a valid template: {problem.message}{place}"
        return
    known = (*NEEDED[rubric.kind], "conversation", "expected")
    for name in sorted(used - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known variables: {', '.join(known)}"
        yield "prompt", f"uses the unknown variable `{name}`; {hint}"
    for name in NEEDED[rubric.kind]:
        if name not in used:
            yield "prompt", f"never shows `{name}`, so the judge would not see it; add {{{{ {name} }}}}"
    if rubric.uses_expected != ("expected" in used):
        yield (
            "uses_expected",
            (
                "is true, but the prompt never shows {{ expected }}; add it, or set uses_expected = false"
                if rubric.uses_expected
                else "is false, but the prompt shows {{ expected }}; set uses_expected = true"
            ),
        )
    if _key_of_reply(rubric) not in rubric.prompt:
        yield "prompt", f"never says how to reply; add: Reply with JSON only: {_REPLY[rubric.kind]}"


def _key_of_reply(rubric: Rubric) -> str:
    return '"score"' if rubric.kind == "scale" else '"better"'


def named_rubric(name: str, own: Path | None = None) -> Rubric:
    """Return the rubric ``name``: the one in ``own``, where that folder has it, else the one that is shipped.

    ``own`` is the folder ``judges`` of the people whose suite it is; None where they have none.

    Raises:
        RubricError: neither has it, or it is wrong.
    """
    shipped, file = content_folder("judges"), f"{name}.toml"
    if own is not None and os.path.lexists(own / file):
        return load_rubric(own / file)
    if own is not None and not (shipped / file).exists():
        known = ", ".join(sorted({path.stem for folder in (own, shipped) for path in folder.glob("*.toml")}))
        raise RubricError(f"judges/{file}: no such file; the rubrics are {known}")
    return load_rubric(shipped / file)
