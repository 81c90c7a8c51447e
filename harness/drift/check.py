"""The check of ``harness drift`` in order: what was logged against what was released, question by question."""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress

import msgspec

from harness.cases.expecting import Answered, scorers_in
from harness.cases.passable import UsedSuite
from harness.config.prices import Prices
from harness.config.release import DriftConfig
from harness.drift.answers import compare_answers, lengths_of, present, quantities_of, traits_of
from harness.drift.charts import charts_of
from harness.drift.decided import Limits, summary_of
from harness.drift.drawn import Drawn, Window, told_moment
from harness.drift.fitting import label_scorer, without_expected
from harness.drift.found import Asked, Charted, Drift, Figure, Point, Question, Slice, Who, kept, worst
from harness.drift.inputs import compare_inputs
from harness.drift.judged import Judged
from harness.drift.masking import masked_answer, masked_text
from harness.drift.released import Released
from harness.drift.slices import worse_slices
from harness.drift.sources import Cluster, clusters_in, inputs_of, slices_of_cases, slices_of_logs
from harness.logs.part import NO_ANSWER
from harness.records.answered import Response
from harness.records.estimate import Estimate
from harness.records.logged import Logged
from harness.records.record import digest
from harness.stats.summed import Counted, Summary
from harness.stats.two_sample import Worse

NO_REQUEST = "no request is in the window"
JudgeBoth = Callable[[Answered, Answered], Judged]
"""From logged answers and those at release to what judges say of both."""


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared: what was drawn of the logs, the suite as its tests use it, what was released.

    ``reference`` has requests of earlier logs, which take the place of the suite and the training data.
    """

    drawn: Drawn
    used: Sequence[UsedSuite]
    released: Released
    reference: Sequence[Logged] = ()
    prices: Prices = Prices()


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What logs say: two questions, slices that got worse, figures to be drawn over the runs, and notes."""

    questions: tuple[Question, ...]
    slices: tuple[Slice, ...]
    judges: tuple[Who, ...]
    figures: Mapping[str, Summary]
    units: Mapping[str, str]
    worse: Mapping[str, Worse]
    against: Mapping[str, str]
    notes: tuple[str, ...]


def compare_logs(material: Material, settings: DriftConfig, seed: int, cluster: Cluster, judge: JudgeBoth) -> Compared:
    """Return what logs say of inputs and answers; personal data is masked on both sides in the same way."""
    kept, released, used = material.drawn.kept, material.released, material.used
    has_answer = [one.error != NO_ANSWER for one in kept]
    logged = [(one.case, _read(used, one.response)) for one in compress(kept, has_answer)]
    scorers = scorers_in(used)
    limits = Limits(margin=settings.max_input_shift, alpha=_alpha(settings), seed=seed)
    now, *references = inputs_of(kept, used, released, material.reference, label_scorer(scorers))
    clusters = clusters_in((now, *references), cluster, seed)
    inputs = compare_inputs(now, references, limits, clusters)
    traits = traits_of(logged, released.answered, without_expected(scorers, released.answered))
    said = judge(logged, released.answered)
    answers = compare_answers(
        traits,
        lengths_of(logged, released.answered, seed, settings.max_input_shift),
        said.found,
        msgspec.structs.replace(limits, margin=settings.max_answer_drop),
    )
    quantities = quantities_of(kept, material.prices)
    slices = {
        kind: list(compress(names, has_answer))
        for kind, names in slices_of_logs(kept, now.texts, clusters.get(now.source, ())).items()
    }
    if not kept:
        inputs, answers = (msgspec.structs.replace(one, reasons=(NO_REQUEST,)) for one in (inputs, answers))
    return Compared(
        questions=(inputs, answers),
        judges=said.who,
        slices=worse_slices(traits, slices, slices_of_cases(released.answered), settings.max_answer_drop),
        figures={
            **{name_of("inputs", one): told_right(one.change) for one in inputs.figures if one.change},
            **{
                f"answers: {name}": summary_of(values)
                for name in traits.worse
                if (values := present(traits.logged[name]))
            },
            **{f"answers: {name}": summary for name, (_, summary) in quantities.items()},
        },
        units={f"answers: {name}": unit for name, (unit, _) in quantities.items()},
        worse={
            **{name_of("inputs", one): one.worse for one in inputs.figures},
            **{f"answers: {name}": side for name, side in traits.worse.items()},
        },
        against={one.source: digest(sorted(one.texts)) for one in references},
        notes=(*released.notes, *traits.notes),
    )


def about(suite: str, material: Material, now: float, since: float | None, until: float | None) -> Drift:
    """Return what a run is of; its verdict and questions follow."""
    drawn, released = material.drawn, material.released
    return Drift(
        suite=suite,
        time=told_moment(now),
        since=told_moment(since),
        until=told_moment(now if until is None else until),
        first=told_moment(drawn.first),
        last=told_moment(drawn.last),
        requests=drawn.requests,
        unreadable=drawn.unreadable,
        drawn=len(drawn.kept),
        adapter=released.entry.name if released.entry else "",
        release=released.run.name if released.run else "",
        verdict="too little to tell",
        questions=(),
    )


def finished(  # noqa: PLR0913, PLR0917 - each is of another kind
    known: Drift,
    compared: Compared,
    rerun: Question,
    earlier: Sequence[Point],
    window: Window,
    runs_per_false_alarm: int,
) -> tuple[Drift, Point]:
    """Return a run with its verdicts, and its line of the history, which has figures and no word of any request.

    A figure that is beyond its limits, which ``earlier`` runs give, is a drift as well.
    """
    figures = {name: kept(figure) for name, figure in compared.figures.items()}
    point = Point(
        time=known.time,
        since=known.since or known.first,
        until=known.until if window.until is not None or not known.last else known.last,
        model=masked_text(window.model),
        against=dict(compared.against),
        adapter=known.adapter,
        requests=known.requests,
        verdict="too little to tell",
        figures=figures,
    )
    charts = charts_of((*earlier, point), compared.units, runs_per_false_alarm, compared.worse)
    questions = (*(_with_charts(one, charts) for one in compared.questions), rerun)
    verdicts = {one.name: one.verdict for one in questions if one.verdict}
    verdict = worst(list(verdicts.values()))
    drift = msgspec.structs.replace(
        known,
        verdict=verdict,
        questions=questions,
        slices=compared.slices,
        judges=compared.judges,
        charts=charts,
        notes=(*known.notes, *compared.notes),
    )
    return drift, msgspec.structs.replace(point, verdict=verdict, verdicts=verdicts)


def _with_charts(question: Question, charts: Sequence[Charted]) -> Question:
    beyond = [one for one in charts if one.alarm and one.figure.startswith(f"{question.name}: ")]
    if not beyond:
        return question
    told = (f"{one.figure.partition(': ')[2]}: beyond its limits over the runs" for one in beyond)
    kept = question.reasons if question.verdict == "drifted" else ()
    return msgspec.structs.replace(question, verdict="drifted", reasons=(*kept, *told))


def told_right(change: Estimate) -> Counted:
    """Return how often a rule tells right whether a request is a logged one, where chance does half of the time."""
    n = change.n
    return Counted(k=min(max(round((1 + change.mean) / 2 * n), 0), n), n=n)


def name_of(question: Asked, figure: Figure) -> str:
    """Return what a figure is called in the history."""
    of = f" ({figure.against})" if question == "inputs" else ""
    return f"{question}: {figure.name}{of}"


def _alpha(settings: DriftConfig) -> float:
    """Return the rate of false alarms of one of the two questions that logs answer."""
    return 1 / (2 * settings.runs_per_false_alarm)


def _read(used: Sequence[UsedSuite], answer: Response) -> Response:
    return masked_answer(used[0].suite.read(answer) if used else answer)
