"""A rubric with the models that read it, as a scorer: one judge, or the members of a jury."""

from collections.abc import Callable
from typing import TypeVar, get_args

from harness.errors import ConfigError
from harness.records.asked import ModelRef, Rendering
from harness.records.engine import Contender
from harness.records.record import Record
from harness.records.scored import Rubric
from harness.scorers.judges.judge import Judge, Member, PairJudge
from harness.scorers.judges.jury import Combine
from harness.scorers.judges.ways import way_of
from harness.text.figures import join

J = TypeVar("J", Judge, PairJudge)


class JudgeModel(Record, frozen=True, kw_only=True):
    """A judge as its scorers describe it; ``engine`` is empty and ``max_tokens`` is 0 where it is never asked."""

    model: ModelRef
    engine: str = ""
    max_tokens: int = 0
    rendering: Rendering = Rendering()
    goes_on: bool = True
    """Whether it can be asked to go on from the beginning of an answer."""


class Jury(Record, frozen=True):
    """Which judges read a rubric, by their names, and how their scores are combined; without names, the one judge."""

    models: tuple[str, ...] = ()
    combine: Combine = "mean"

    def __post_init__(self) -> None:
        """Refuse another way to combine."""
        if self.combine not in get_args(Combine):
            raise ConfigError(f"combine={self.combine!r}: a jury's scores are combined by {join(get_args(Combine))}")


ONE = Jury()


def judge_model(judge: Contender, max_tokens: int) -> JudgeModel:
    """Return how scorers describe a judge that is asked for replies of at most so many tokens."""
    return JudgeModel(
        model=judge.model,
        engine=judge.engine.identity,
        max_tokens=max_tokens,
        rendering=judge.rendering,
        goes_on=judge.goes_on,
    )


def made_judge(kind: type[J], rubric: Rubric, jury: Jury, judge_of: Callable[[str], JudgeModel]) -> J:
    """Return a rubric as a scorer; ``judge_of`` returns the judge of a name, "" is that of the settings.

    Raises:
        ConfigError: a member is named twice, or can't be asked for expected levels.
        RubricError: the rubric is of the other kind.
    """
    judges = [judge_of(name) for name in jury.models or ("",)]
    first, *others = members = [
        Member(model=one.model, engine_identity=one.engine, rendering=one.rendering) for one in judges
    ]
    if any(one in members[:place] for place, one in enumerate(members)):
        raise ConfigError(f"models={list(jury.models)}: two of them are one model at one address; name it once")
    if way_of(rubric) == "expected" and not all(one.goes_on for one in judges):
        raise ConfigError(
            f'rubric {rubric.id!r} has score = "expected", which asks a judge to go on from the beginning of its '
            'verdict, and OpenAI\'s API can\'t; write score = "text" or score = "samples" in the rubric, or name a '
            "judge that vLLM serves"
        )
    return kind(
        rubric=rubric,
        model=first.model,
        engine_identity=first.engine_identity,
        max_tokens=judges[0].max_tokens,
        rendering=first.rendering,
        others=tuple(others),
        combine=jury.combine,
    )


def judge_by(rubric: Rubric, jury: Jury, judge_of: Callable[[str], JudgeModel]) -> Judge | PairJudge:
    """Return a rubric of either kind as a scorer, as ``made_judge`` does."""
    if rubric.kind == "pairwise":
        return made_judge(PairJudge, rubric, jury, judge_of)
    return made_judge(Judge, rubric, jury, judge_of)
