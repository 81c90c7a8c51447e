"""How unlikely the base model finds the rows' own answers: one pass over each, nothing is generated."""

from collections.abc import Mapping, Sequence

from harness.asking.continuations import with_continuations
from harness.asking.requests import plan_of
from harness.data.checks.problem import Problem
from harness.data.checks.shape.outliers import Likely, Outlier
from harness.data.checks.shape.untuned import ASTONISHING
from harness.data.row import DataRow
from harness.records.answered import Response
from harness.records.record import Record
from harness.scorers.likelihood import nats_per_token
from harness.text.visible import quoted
from harness.untuned.asking import BaseModel
from harness.untuned.cases import id_of, suite_of

SHOWN = 300
"""Characters of a question that are shown with its answer."""


class Weights(Record, frozen=True, kw_only=True):
    """The answers that were weighed, and why others were not, by the place of their row."""

    likely: tuple[Likely, ...]
    unweighed: dict[str, str]
    calls: int
    """Rows whose answer calls functions: only text is weighed."""


def weigh(rows: Sequence[DataRow], base: BaseModel) -> Weights:
    """Ask how likely each row's answer is after its question.

    Raises:
        InputError: the model can't be sent the rows.
        EngineError: no more answers can be had.
    """
    texts = {id_of(row): row for row in rows if row.messages[-1].text.strip() and not row.messages[-1].calls}
    calls = len(rows) - len(texts)
    if not texts:
        return Weights(likely=(), unweighed={}, calls=calls)
    suite = with_continuations(suite_of(tuple(texts.values())), lambda case: texts[case.id].messages[-1].text, "rows")
    base.check([suite])
    plan, requests = plan_of(suite, base.contender)
    responses = base.ask(requests)
    scores = {item.case.id: _score(responses, item.key) for item in plan.items}
    likely = tuple(
        Likely(place=row.place, answer=row.output.strip(), nats_per_token=value)
        for name, row in texts.items()
        if isinstance(value := scores[name], float)
    )
    unweighed = {texts[name].place: told for name, told in scores.items() if isinstance(told, str)}
    return Weights(likely=likely, unweighed=unweighed, calls=calls)


def problem_of(outlier: Outlier, row: DataRow, *, labels: bool) -> Problem:
    """Return an astonishing answer as it is told."""
    likely = outlier.likely
    beside = "where it is the answer elsewhere" if labels else "for the answers of most rows"
    told = (
        f"{quoted(likely.answer)}: {likely.nats_per_token:.1f} nats per token, and {outlier.usual:.1f} {beside} "
        f"({outlier.score:.1f} robust standard deviations)"
    )
    return Problem(kind=ASTONISHING, places=(row.place,), told=told, shown=(row.input[-SHOWN:],))


def _score(responses: Mapping[str, Response], key: str) -> float | str:
    score = nats_per_token().read(responses[key], ())
    return score.reason or "not told" if score.value is None else score.value
