"""What judges elsewhere are asked while the sides still answer: by the rubrics that tests will use for sure.

A test's text is a hint: what it names at the top of its body, before any branch, it uses. A wrong hint costs a judge's
time and decides nothing.
"""

import ast
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import pytest

from harness.asking.ahead import Reading
from harness.asking.cases import Suite
from harness.asking.requests import Planned
from harness.config.located import own_judges
from harness.errors import RubricError
from harness.gating.asked import Asked
from harness.gating.marks import JUDGING, mark_of, suite_of
from harness.gating.needless import called_rubric, text_of
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.scored import Rubric
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.judges.rubric import named_rubric

NOT_SURE_TO_RUN = ("skip", "skipif", "xfail")
STRAIGHT = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Assert)
"""Statements behind which the next one runs, unless the test has failed."""
NOT_SURE = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)
OWN = "harness.gating.fixtures"
SAMPLE = 20
"""Cases of a suite from which it is estimated what judging all of them takes."""
CHARACTERS_PER_TOKEN = 4


class Sample(NamedTuple):
    """Requests as a judge could get them, of a few cases, and how many they stand for at most."""

    requests: tuple[Request, ...]
    calls: int


def surely_used(item: pytest.Item) -> Iterator[tuple[Suite, Rubric]]:
    """Yield the suite of a test with each rubric by which it will surely be judged, by the judge of the settings."""
    if not mark_of(item) or any(map(item.get_closest_marker, NOT_SURE_TO_RUN)) or not _has_own_judge(item):
        return
    text = text_of(item)
    body = text.body[0] if text is not None and text.body else None
    for name in dict.fromkeys(_surely_named(body.body) if isinstance(body, ast.FunctionDef) else ()):
        try:
            yield suite_of(item), named_rubric(name, own_judges(item.path.parent))
        except (RubricError, OSError):
            continue  # the test says so when it runs


def readings(judge: Judge | PairJudge, suite: Suite, asked: Asked) -> Iterator[Reading]:
    """Yield what a judge will read of a suite's answers, each with the keys of the requests that are answered first."""
    before, now = asked.plans.items(suite, "baseline"), asked.plans.items(suite, "candidate")
    if isinstance(judge, PairJudge):
        for one, other in zip(before, now, strict=True):
            yield Reading((one.key, other.key), partial(_of_pair, judge, suite, asked, (one, other)))
    else:
        for one in (*before, *now):
            yield Reading((one.key,), partial(_of_answer, judge, suite, asked, one))


def sample_of(judge: Judge | PairJudge, suite: Suite) -> Sample:
    """Return what a judge could be asked of a suite whose answers are all as long as they can be."""
    cases = suite.cases[:: max(len(suite.cases) // SAMPLE, 1)]
    long = "x" * (CHARACTERS_PER_TOKEN * suite.sampling.max_tokens)
    one, other = Response(request_key="", text=long), Response(request_key="", text=f"{long}.")
    asked: list[Request] = []
    for case in cases:
        try:
            asked += judge.requests(case, one, other) if isinstance(judge, PairJudge) else judge.requests(case, one)
        except RubricError:
            continue  # the test says so when it runs
    sides = 1 if isinstance(judge, PairJudge) else 2
    each = len(asked) / max(len(cases), 1)
    return Sample(tuple(asked), round(each * len(suite.cases) * suite.sampling.repeats * sides))


def _of_pair(judge: PairJudge, suite: Suite, asked: Asked, pair: tuple[Planned, Planned]) -> Sequence[Request]:
    before, now = (asked.read(suite, one.key) for one in pair)
    return _noted(asked, judge.requests(pair[0].case, before, now))


def _of_answer(judge: Judge, suite: Suite, asked: Asked, one: Planned) -> Sequence[Request]:
    return _noted(asked, judge.requests(one.case, asked.read(suite, one.key)))


def _noted(asked: Asked, requests: Sequence[Request]) -> Sequence[Request]:
    """Return requests once the run knows of them, so that they are in what it cost though no test may need them."""
    asked.note_judged(requests)
    return requests


def _surely_named(body: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if not isinstance(statement, STRAIGHT):
            return
        nodes = list(ast.walk(statement))
        if any(isinstance(node, NOT_SURE) for node in nodes):
            continue
        for node in nodes:
            if isinstance(node, ast.Call) and not node.keywords and (name := called_rubric(node)):
                yield name


def _has_own_judge(item: pytest.Item) -> bool:
    """Tell whether the test gets the harness's own fixtures, which nobody has put others in place of."""
    if not isinstance(item, pytest.Function):
        return False
    known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - has no other name
    used = JUDGING & set(item.fixturenames)
    return bool(used) and all(known[name][-1].func.__module__ == OWN for name in used)
