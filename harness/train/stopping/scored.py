"""Ask the model that is trained the drawn cases, and score its answers by the gates' own scorers and metrics."""

from collections.abc import Mapping, Sequence

from harness.asking.requests import Planned, plan_of
from harness.errors import TrainingError
from harness.records.answered import Response
from harness.records.asked import ModelRef, Rendering, Request
from harness.records.engine import Contender, Engine
from harness.records.scored import CaseScore, Scores
from harness.scorers.repeats import OverRepeats, fold_items
from harness.scorers.scoring import describe, score_one
from harness.text.visible import for_terminal
from harness.train.stopping.part import StopGate, StopPart
from harness.verdicts.compare import compare

LIVE = ModelRef(base="base", base_digest="", template_digest="", adapter="live", adapter_digest="")
"""An adapter, so that no suite gives it the base model's own prompt."""


def score_gates(part: StopPart, engine: Engine, rendering: Rendering) -> dict[str, float]:
    """Return the score of each gate, from 0 to 1, by what it is called; each request is asked once.

    A gate's score is what its thresholds are held against: the mean, or a figure of all answers such as macro F1.

    Raises:
        TrainingError: a case was not answered, or a gate scored none of its cases.
        ScorerError: a scorer broke.
    """
    contender = Contender(model=LIVE, engine=engine, rendering=rendering)
    planned = [(gate, *plan_of(gate.suite, contender)) for gate in part.gates]
    wanted: dict[str, Request] = {one.key: one for _, _, requests in planned for one in requests}
    answers = {one.request_key: one for one in engine.generate(list(wanted.values()))}
    named = zip(_names(part.gates), planned, strict=True)
    return {name: _score(gate, plan.items, answers) for name, (gate, plan, _) in named}


def _names(gates: Sequence[StopGate]) -> list[str]:
    """Return what each gate is called: its test's name, with the scorer where a test has several gates."""
    names = [gate.name for gate in gates]
    several = [gate.name if names.count(gate.name) == 1 else f"{gate.name}: {describe(gate.scorer)}" for gate in gates]
    return [
        name if several.index(name) == place else f"{name} ({several[:place].count(name) + 1})"
        for place, name in enumerate(several)
    ]


def _score(gate: StopGate, planned: Sequence[Planned], answers: Mapping[str, Response]) -> float:
    responses = [gate.suite.read(_answered(one, answers)) for one in planned]
    single = gate.scorer.scorer if isinstance(gate.scorer, OverRepeats) else gate.scorer
    items = tuple(
        CaseScore(
            case_id=one.case.id,
            group=one.case.group,
            repeat=one.repeat,
            request_key=one.key,
            score=score_one(single, one.case, response),  # type: ignore[arg-type]  # judges are refused
        )
        for one, response in zip(planned, responses, strict=True)
    )
    if isinstance(gate.scorer, OverRepeats):
        items = fold_items(gate.scorer, items, responses)
    side = Scores(scorer=describe(gate.scorer), model=LIVE, fingerprint={}, items=items)
    mean = compare(side, side).candidate_mean
    if mean is None:
        why = next((one.score.reason for one in items if one.score.reason), "no reason given")
        raise TrainingError(
            f"{gate.name}: no drawn case could be scored, so no checkpoint can be chosen by it: "
            f"{for_terminal(why)}; correct the suite, or leave this test out of [stop_by] tests"
        )
    return mean.mean


def _answered(planned: Planned, answers: Mapping[str, Response]) -> Response:
    """Return an answer; a failed one is never a score, and would make this checkpoint unlike the others."""
    response = answers.get(planned.key)
    if response is None or response.error is not None:
        why = response.error if response is not None else "nothing came back"
        raise TrainingError(f"case {planned.case.id!r} was not answered, so no checkpoint can be chosen by it: {why}")
    return response
