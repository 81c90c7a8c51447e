"""Warn once for each test whose judge reads what an exact scorer decides: when tests are collected, or when they run.

Which rubric a test uses is known before it runs where its own text says so, ``judge("correctness")``. That is a hint
for this warning, and decides nothing.
"""

import ast
import inspect
import textwrap

import msgspec
import pytest

from harness.config.located import own_judges
from harness.errors import HarnessError, InputError, RubricError
from harness.gating.marks import JUDGING, mark_of, suite_of
from harness.gating.pointing import usage_error
from harness.gating.stash import GIVEN_RUN
from harness.records.scored import Rubric
from harness.scorers.exact import exact_scorer
from harness.scorers.judges.rubric import named_rubric

WARNED = pytest.StashKey[set[tuple[str, str]]]()
"""The test, without its parameters, and the rubric of each warning so far."""


class NeedlessJudge(UserWarning):
    """A judge reads answers of which an exact scorer could tell whether they are right."""


def warn_at_collection(session: pytest.Session) -> None:
    """Warn of each test whose text names such a rubric; those with filters of their own warn when they run.

    Raises:
        UsageError: the filters make an error of the warning.
    """
    for item in session.items:
        if mark_of(item) and item.get_closest_marker("filterwarnings") is None:
            for name in rubrics_named(item):
                try:
                    warn_of(item, named_rubric(name, own_judges(item.path.parent)))
                except (RubricError, OSError):
                    continue  # the test says so when it runs
                except NeedlessJudge as problem:
                    raise usage_error(InputError(str(problem)), f"{item.nodeid}: {problem}") from problem


def warn_of(item: pytest.Item, rubric: Rubric) -> None:
    """Warn, once for a test and a rubric, where the expected answers of all its cases are labels, numbers or JSON.

    Not in a session that asks nobody, nor of a rubric with several criteria: others can be more than right or wrong.
    """
    warned = item.config.stash.setdefault(WARNED, set())
    key = (item.nodeid.partition("[")[0], rubric.id)
    reads_more = not isinstance(rubric.criteria, msgspec.UnsetType)
    if not rubric.uses_expected or reads_more or key in warned or GIVEN_RUN in item.config.stash:
        return
    try:
        cases = suite_of(item).cases
    except (HarnessError, OSError):
        return  # wrong input is told where the run is opened
    instead = exact_scorer([case.expected for case in cases])
    if instead is not None:
        warned.add(key)
        item.warn(
            NeedlessJudge(
                f"rubric {rubric.id!r} needs no judge here: all {len(cases)} expected answers are {instead} exactly, "
                "at no cost; see docs/judges.md"
            )
        )


def rubrics_named(item: pytest.Item) -> tuple[str, ...]:
    """Return the rubrics that the text of a test names, in its order; none where the test takes no judge."""
    text = text_of(item)
    named = (called_rubric(node) for node in ast.walk(text)) if text is not None else ()
    return tuple(dict.fromkeys(name for name in named if name))


def text_of(item: pytest.Item) -> ast.Module | None:
    """Return the parsed text of a test; None where it takes no judge, or its text is not known."""
    if not isinstance(item, pytest.Function) or not JUDGING & set(item.fixturenames):
        return None
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(item.function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


def called_rubric(node: ast.AST) -> str:
    """Return the rubric in ``judge("name")`` or ``prefer("name")``; empty for anything else."""
    match node:
        case ast.Call(func=ast.Name(id=called), args=[ast.Constant(value=str(name)), *_]) if called in JUDGING:
            return name
    return ""
