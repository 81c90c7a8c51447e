"""Which scorers can score rows: those by which a row's own answer is right, one of them telling it from another's."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.asking.cases import Suite
from harness.cases.passable import ALL_RIGHT, UsedSuite, single_scorer
from harness.data.row import DataRow
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import UNREADABLE, Json, Record
from harness.records.scored import Score, Scorer
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.likelihood import reads_likelihoods
from harness.scorers.matching import exact_match
from harness.scorers.number import NumberEquals
from harness.scorers.overlap import Overlap
from harness.scorers.quantities import Quantity
from harness.scorers.reading.numbers import last_number
from harness.scorers.repeats import OverRepeats
from harness.scorers.scoring import describe, score_one
from harness.untuned.cases import case_of, id_of

FIT = 0.9
"""Share of the rows whose own answer a scorer of a suite must find right."""
APART = 0.5
"""Share of other rows' answers that a scorer must find wrong, to tell right answers from wrong ones."""

Form = Mapping[str, Json]
"""What each row expects, by the id of its case."""


class Fit(Record, frozen=True, kw_only=True):
    """How rows are scored: what each expects, by the id of its case, and the scorer.

    ``suite`` is the one whose scorer it is; None where none fits.
    """

    expected: dict[str, Json]
    scorer: Scorer
    suite: Suite | None = None


class AllOf(Record, frozen=True, kw_only=True):
    """A scorer: right where each of several scorers says so; else what the first that doesn't says."""

    scorers: tuple[Scorer, ...]

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        scores = [score_one(scorer, case, response) for scorer in self.scorers]
        unscored = next((score for score in scores if score.value is None), None)
        return unscored or min(scores, key=lambda score: score.value or 0)

    def __repr__(self) -> str:
        """Name all of them."""
        return " and ".join(map(describe, self.scorers))


def fit(rows: Sequence[DataRow], used: Sequence[UsedSuite]) -> Fit:
    """Return how rows are scored: by the first suite with scorers that fit, else by the exact text of their answers."""
    for one in used:
        if one.suite.continuations:
            continue
        scorers = list(
            {describe(scorer): scorer for scorer in map(right_or_wrong, one.scorers) if scorer is not None}.values()
        )
        for form in _forms(rows, scorers):
            if found := _fit_of(rows, form, scorers):
                return msgspec.structs.replace(found, suite=one.suite)
    return exact(rows, exact_match())


def exact(rows: Sequence[DataRow], scorer: Scorer) -> Fit:
    """Return how rows are scored by a scorer that was named: each expects its own text, or the last number in it."""
    pairs = [(case_of(row, _text(row, scorer)), answer_of(row)) for row in rows if not row.messages[-1].calls]
    right = _right(scorer, pairs)
    return Fit(expected={case.id: case.expected for case, _ in pairs if case.id in right}, scorer=scorer)


def is_right(score: Score) -> bool:
    """Tell whether an answer is all right."""
    return score.value is not None and score.value >= ALL_RIGHT


def right_or_wrong(scorer: object) -> Scorer | None:
    """Return the scorer of single answers that is right or wrong; None for judges, quantities and degrees."""
    single = single_scorer(scorer)
    if isinstance(single, Judge | PairJudge | Quantity | OverRepeats | Overlap) or reads_likelihoods(single):
        return None
    return single if callable(single) else None


def _forms(rows: Sequence[DataRow], scorers: Sequence[Scorer]) -> Iterator[Form]:
    """Yield the forms in which a suite can expect the rows' answers: calls, JSON, a field of it, texts."""
    yield {id_of(row): _calls(row) for row in rows if row.messages[-1].calls}
    values = {id_of(row): _value(row.output) for row in rows}
    objects = {name: value for name, value in values.items() if isinstance(value, dict | list)}
    yield objects
    for field in dict.fromkeys(str(name) for one in scorers if (name := getattr(one, "field", None))):
        yield {name: value[field] for name, value in objects.items() if isinstance(value, dict) and field in value}
    yield {id_of(row): row.output.strip() for row in rows}
    for scorer in scorers:
        if isinstance(scorer, NumberEquals):
            yield {id_of(row): _text(row, scorer) for row in rows}


def _fit_of(rows: Sequence[DataRow], form: Form, scorers: Sequence[Scorer]) -> Fit | None:
    pairs = [(case_of(row, form[id_of(row)]), answer_of(row)) for row in rows if id_of(row) in form]
    if not pairs or len(pairs) < FIT * len(rows):
        return None
    right = {number: _right(scorer, pairs) for number, scorer in enumerate(scorers)}
    kept = [number for number in right if len(right[number]) >= FIT * len(rows)]
    if not any(_tells_apart(scorers[number], pairs) for number in kept):
        return None
    ids = set[str].intersection(*(right[number] for number in kept))
    chosen = tuple(scorers[number] for number in kept)
    return Fit(
        expected={name: value for name, value in form.items() if name in ids},
        scorer=chosen[0] if len(chosen) == 1 else AllOf(scorers=chosen),
    )


def _right(scorer: Scorer, pairs: Sequence[tuple[Case, Response]]) -> set[str]:
    """Return the cases whose answer is right; not those of which the scorer can't read what they expect."""
    return {case.id for case, answer in pairs if _is_right(scorer, case, answer)}


def _is_right(scorer: Scorer, case: Case, answer: Response) -> bool:
    try:
        return is_right(score_one(scorer, case, answer))
    except ScorerError:
        return False


def _tells_apart(scorer: Scorer, pairs: Sequence[tuple[Case, Response]]) -> bool:
    """Tell whether a scorer finds most of the different answers of other rows wrong."""
    others = [
        (case, other)
        for (case, answer), (_, other) in zip(pairs, [*pairs[1:], *pairs[:1]], strict=True)
        if not answer.says_the_same(other)
    ]
    wrong = len(others) - len(_right(scorer, others))
    return bool(others) and wrong >= APART * len(others)


def answer_of(row: DataRow) -> Response:
    """Return a row's own answer as if the model had given it."""
    last = row.messages[-1]
    return Response(request_key="", text=last.text, tool_calls=last.calls, finish_reason="stop")


def _text(row: DataRow, scorer: Scorer) -> str:
    """Return what a row expects by a scorer of texts; by one of numbers the last number in it."""
    number = last_number(row.output, scorer.decimal) if isinstance(scorer, NumberEquals) else None
    return number.written if number else row.output.strip()


def _calls(row: DataRow) -> Json:
    return [{"name": call.name, "arguments": _value(call.arguments)} for call in row.messages[-1].calls]


def _value(text: str) -> Json:
    try:
        value: Json = msgspec.json.decode(text)
    except (*UNREADABLE, UnicodeEncodeError):
        return None
    return value
