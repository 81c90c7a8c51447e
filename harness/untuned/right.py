"""Ask the base model the rows' own questions, as they are and with examples in the prompt, and score both."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.asking.cases import Suite
from harness.asking.requests import plan_of
from harness.data.row import DataRow
from harness.records.answered import Response
from harness.records.asked import Case, Request, Side
from harness.records.compared import Comparison
from harness.records.engine import Contender
from harness.records.messages import Message
from harness.records.record import Record, digest
from harness.records.saved import Answer, Judgement
from harness.records.scored import CaseScore, Score, Scores
from harness.scorers.scoring import describe, score_one
from harness.untuned.asking import BaseModel
from harness.untuned.cases import examples_for, expecting, id_of, suite_of, with_examples
from harness.untuned.fitting import Fit
from harness.verdicts.compare import compare
from harness.verdicts.fingerprint import fingerprint_of_side

PROMPT = "baseline prompt"
"""The entry of a fingerprint in which the sides differ: examples are in the prompt of one of them."""


class Asked(Record, frozen=True, kw_only=True):
    """One way of asking: the suite as it was sent, its contender under the name of the way, answers and scores."""

    side: Side
    suite: Suite
    contender: Contender
    cases: tuple[Case, ...]
    """As the rows are, without examples."""
    requests: tuple[Request, ...]
    responses: tuple[Response, ...]
    scores: Scores

    @property
    def by_case(self) -> dict[str, Score]:
        """The score of each answer."""
        return {item.case_id: item.score for item in self.scores.items}

    def answers(self) -> Iterator[Answer]:
        """Yield every answer as the run folder keeps it."""
        for case, request, response in zip(self.cases, self.requests, self.responses, strict=True):
            yield Answer(side=self.side, case=case, request=request, response=response)

    def judgements(self, comparison: Comparison) -> Iterator[Judgement]:
        """Yield the score of every answer that was compared, as the run folder keeps it."""
        compared = {row.case_id for row in comparison.rows}
        for item in self.scores.items:
            if item.case_id in compared:
                yield Judgement(comparison=comparison.key, scorer=self.scores.scorer, side=self.side, item=item)


class Both(Record, frozen=True, kw_only=True):
    """What was asked in both ways, on the rows that have examples; ``plain`` alone has every row."""

    plain: Asked
    shown: Asked | None
    comparison: Comparison | None


def ask(rows: Sequence[DataRow], fit: Fit, base: BaseModel, examples: int, seed: int) -> Both:
    """Ask the base model each row's question, with no and with ``examples`` other rows in the prompt, and score.

    Rows for which there are too few examples are asked in one way alone. Both ways go out as one stream.

    Raises:
        InputError: the model can't be sent the rows.
        EngineError: no more answers can be had; those that came before are in the store.
        ScorerError: the scorer gives something that is no score.
    """
    suite = expecting(suite_of(rows, fit.suite), fit.expected)
    found = examples_for(rows, examples, seed) if examples else {}
    shown = {id_of(row): found[row.place] for row in rows if row.place in found and id_of(row) in fit.expected}
    plain, few = _plan(suite, {}, base, "baseline"), _plan(suite, shown, base, "candidate") if shown else None
    base.check([plan.sent for plan in (plain, few) if plan])
    responses = base.ask([request for plan in (plain, few) if plan for request in plan.requests])
    first = _scored(plain, responses, fit)
    second = _scored(few, responses, fit) if few else None
    return Both(plain=first, shown=second, comparison=_compared(first, second) if second else None)


class _Plan(Record, frozen=True, kw_only=True):
    side: Side
    suite: Suite
    sent: Suite
    contender: Contender
    requests: tuple[Request, ...]
    prompt: str


def _plan(suite: Suite, examples: Mapping[str, tuple[Message, ...]], base: BaseModel, side: Side) -> _Plan:
    """Return what is asked for the cases that have examples; of all cases where there are none at all."""
    if examples:
        suite = expecting(suite, {case.id: case.expected for case in suite.cases if case.id in examples})
    cases = tuple(
        msgspec.structs.replace(case, messages=with_examples(case.messages, examples.get(case.id, ())))
        for case in suite.cases
    )
    label = "with examples" if examples else "as it is"
    contender = msgspec.structs.replace(
        base.contender,
        model=msgspec.structs.replace(base.contender.model, label=f"{base.contender.model.name} {label}"),
    )
    sent = msgspec.structs.replace(suite, cases=cases)
    return _Plan(
        side=side,
        suite=suite,
        sent=sent,
        contender=contender,
        requests=tuple(plan_of(sent, contender)[1]),
        prompt=digest(examples) if examples else "",
    )


def _scored(plan: _Plan, responses: Mapping[str, Response], fit: Fit) -> Asked:
    read = tuple(plan.suite.read(responses[request.key]) for request in plan.requests)
    items = tuple(
        CaseScore(
            case_id=case.id,
            group=case.group,
            tags=case.tags,
            repeat=0,
            request_key=request.key,
            score=score_one(fit.scorer, case, response),
        )
        for case, request, response in zip(plan.suite.cases, plan.requests, read, strict=True)
    )
    scorer = describe(fit.scorer)
    facts = {**fingerprint_of_side(plan.sent, plan.contender), "scorer": scorer}
    if plan.prompt:
        facts[PROMPT] = f"examples of other rows, {plan.prompt}"
    return Asked(
        side=plan.side,
        suite=plan.suite,
        contender=plan.contender,
        cases=tuple(plan.suite.cases),
        requests=plan.requests,
        responses=read,
        scores=Scores(scorer=scorer, model=plan.contender.model, fingerprint=facts, items=items),
    )


def _compared(plain: Asked, shown: Asked) -> Comparison:
    """Compare both ways on the rows that were asked in both."""
    both = {case.id: case.expected for case in shown.cases}
    facts = fingerprint_of_side(expecting(plain.suite, both), plain.contender)
    before = msgspec.structs.replace(
        plain.scores,
        items=tuple(item for item in plain.scores.items if item.case_id in both),
        fingerprint={**facts, "scorer": plain.scores.scorer},
    )
    return compare(before, shown.scores, (PROMPT,))
