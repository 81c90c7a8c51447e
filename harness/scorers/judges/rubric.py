"""Read judges/*.toml, and refuse a rubric that can't be given to a judge."""

import difflib
import os
from pathlib import Path

from harness.errors import RubricError
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.scored import Rubric
from harness.scorers.judges.problems import problems_of
from harness.scorers.judges.prompt import FACTS, answer_names, fill_prompt
from harness.text.pages import content_folder
from harness.text.toml import load_toml
from harness.text.visible import for_terminal

_TRIAL = Case(id="any", messages=(Message(role="user", content="Hello"),), expected="Hi", meta={FACTS: "Hi"})


def load_rubric(path: Path) -> Rubric:
    """Return the rubric in ``path``, a file like ``judges/correctness.toml``.

    Raises:
        RubricError: the file can't be read, a key is wrong, or the prompt can't be rendered.
    """
    rubric = load_toml(path, Rubric, RubricError)
    for key, problem in problems_of(rubric, path.stem):
        raise RubricError(f"{path}: `{for_terminal(key)}` {problem}")
    try:
        fill_prompt(rubric, _TRIAL, {name: {"": "Hi"} for name in answer_names(rubric)})
    except RubricError as problem:
        raise RubricError(f"{path}: {problem}") from problem
    return rubric


def named_rubric(name: str, own: Path | None = None) -> Rubric:
    """Return the rubric ``name``: the one in ``own``, where that folder has it, else the one that is shipped.

    ``own`` is the folder ``judges`` of the people whose suite it is; None where they have none.

    Raises:
        RubricError: neither has it, or it is wrong.
    """
    shipped, file = content_folder("judges"), f"{name}.toml"
    if own is not None and os.path.lexists(own / file):
        return load_rubric(own / file)
    if not (shipped / file).exists():
        folders = (shipped,) if own is None else (own, shipped)
        known = sorted({path.stem for folder in folders for path in folder.glob("*.toml")})
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? The" if near else "the"
        raise RubricError(f"judges/{file}: no such file; {hint} rubrics are {', '.join(known)}")
    return load_rubric(shipped / file)
