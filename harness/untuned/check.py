"""The check of ``harness data check --base``: rows are drawn while they are read, and the base model is asked then."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from harness.cases.passable import UsedSuite
from harness.data.checks.problem import Problem
from harness.data.checks.shape.outliers import astonishing
from harness.data.checks.shape.untuned import ANSWERED, FewShot, Share, Untuned, Weighed
from harness.data.drawn import Drawing
from harness.data.row import DataRow
from harness.errors import HarnessError
from harness.records.record import Record
from harness.records.scored import Score, Scorer
from harness.scorers.scoring import describe
from harness.stats.passfail import wilson_interval
from harness.text.figures import count
from harness.untuned.asking import BaseModel
from harness.untuned.cases import id_of
from harness.untuned.fitting import Fit, exact, fit, is_right
from harness.untuned.likely import problem_of, weigh
from harness.untuned.right import Asked, Both, ask
from harness.untuned.saved import save_run


class Wanted(Record, frozen=True, kw_only=True):
    """What is asked: how many rows at most, how many examples, the seed of both draws, and how answers are scored.

    ``scorer`` is one that was named; None takes one of the suites', else the exact text.
    """

    rows: int
    examples: int
    seed: int = 0
    scorer: Scorer | None = None


class BaseCheck:
    """Draws rows while they are read; asks the base model when all were.

    ``labels`` is called then, and says whether the rows' answers are labels.
    """

    def __init__(self, base: BaseModel, used: Sequence[UsedSuite], wanted: Wanted, labels: Callable[[], bool]) -> None:
        self._base, self._used, self._wanted, self._labels = base, used, wanted, labels
        self._drawing = Drawing(wanted.rows, wanted.seed)
        model = base.contender
        self.found = Untuned(model=model.model.name, engine=model.engine.identity, drawn=0, of=0)
        self.untold: tuple[str, ...] = ()

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Draw."""
        yield from self._drawing.see(row)

    def finish(self) -> Iterator[Problem]:
        """Ask, and yield the answers that astonish, and which rows are answered right already.

        What could not be asked is in ``untold``; it is never a score.
        """
        yield from self._drawing.finish()
        rows = self._drawing.rows
        personal = self._drawing.personal
        self._set(drawn=len(rows), of=self._drawing.askable)
        if personal:
            self._note(f"{count(personal, 'drawn row')} left out: with personal data or secrets, which nobody is sent")
        if not rows:
            self._tell("the base model: no row was drawn that asks something and has no personal data")
            return
        try:
            yield from self._weigh(rows)
            yield from self._answer(rows)
        except HarnessError as problem:
            self._tell(f"the base model: {_first_line(problem)}; what was answered is kept: run the command again")

    def _weigh(self, rows: Sequence[DataRow]) -> Iterator[Problem]:
        """Yield the answers that astonish."""
        weights = weigh(rows, self._base)
        self._tell_failed("could not be weighed", weights.unweighed)
        if weights.calls:
            self._note(f"{count(weights.calls, 'row')} whose answer is a call: only texts are weighed")
        if not weights.likely:
            return
        labels = self._labels()
        compared = astonishing(weights.likely, labels=labels)
        median = sorted(one.nats_per_token for one in weights.likely)[len(weights.likely) // 2]
        self._set(weighed=Weighed(rows=compared.rows, median=median, labels=labels, threshold=compared.threshold))
        by_place = {row.place: row for row in rows}
        for one in compared.outliers:
            yield problem_of(one, by_place[one.likely.place], labels=labels)

    def _answer(self, rows: Sequence[DataRow]) -> Iterator[Problem]:
        """Yield which rows are answered right already."""
        wanted = self._wanted
        how = exact(rows, wanted.scorer) if wanted.scorer is not None else fit(rows, self._used)
        self._set(scorer=describe(how.scorer))
        self._tell_scorer(rows, how)
        both = ask(rows, how, self._base, wanted.examples, wanted.seed)
        places = {id_of(row): row.place for row in rows}
        self._tell_unscored(both.plain, places, "as they are")
        right = _share(both.plain.by_case)
        self._set(right=right)
        if right is not None and right.right:
            already = tuple(places[name] for name, score in both.plain.by_case.items() if is_right(score))
            told = f"{right.right:,} of {count(right.rows, 'row')} that were asked are answered right already"
            yield Problem(kind=ANSWERED, places=already, told=told)
        self._compare(both, places)

    def _compare(self, both: Both, places: Mapping[str, str]) -> None:
        """Note what examples in the prompt change, and save the run that shows it."""
        examples = self._wanted.examples
        if both.shown is None or both.comparison is None:
            if examples:
                self._note(f"not asked with examples: no row has {examples} others with its system prompt and tools")
            return
        self._tell_unscored(both.shown, places, "with examples")
        scored = {row.case_id for row in both.comparison.rows if not row.unscored}
        sides = [_share({name: side.by_case[name] for name in scored}) for side in (both.plain, both.shown)]
        if left := len(both.plain.cases) - len(both.shown.cases):
            self._note(f"{count(left, 'row')} without {examples} others for examples, not asked with them")
        if sides[0] is not None and sides[1] is not None and (delta := both.comparison.delta) is not None:
            self._set(few_shot=FewShot(examples=examples, plain=sides[0], shown=sides[1], difference=delta))
        self._set(report=str(save_run(self._base, both.plain, both.shown, both.comparison, examples)))

    def _tell_scorer(self, rows: Sequence[DataRow], how: Fit) -> None:
        if how.suite is not None:
            self._note(f"scored as the suite {how.suite.name} does")
        elif self._used and self._wanted.scorer is None:
            self._note("no suite's scorers fit these rows: scored by their exact text; --scorer names another")
        own = len(rows) - len(how.expected)
        if own:
            self._note(f"{count(own, 'row')} not asked: by the scorer, even their own answer is wrong")

    def _tell_unscored(self, asked: Asked, places: Mapping[str, str], how: str) -> None:
        failed = {places[name]: score.reason for name, score in asked.by_case.items() if score.value is None}
        self._tell_failed(f"got no score, asked {how}", failed)

    def _tell_failed(self, what: str, failed: Mapping[str, str]) -> None:
        if failed:
            place, why = next(iter(failed.items()))
            self._tell(f"the base model: {count(len(failed), 'row')} {what}; the first, {place}: {why}")

    def _tell(self, line: str) -> None:
        self.untold = (*self.untold, line)

    def _note(self, line: str) -> None:
        self._set(notes=(*self.found.notes, line))

    def _set(self, **changed: object) -> None:
        self.found = msgspec.structs.replace(self.found, **changed)


def _share(scores: Mapping[str, Score]) -> Share | None:
    """Return which share of the scored answers is right; None without any."""
    scored = [score for score in scores.values() if score.value is not None]
    if not scored:
        return None
    right = sum(map(is_right, scored))
    low, high = wilson_interval(right, len(scored))
    return Share(right=right, rows=len(scored), low=low, high=high)


def _first_line(problem: HarnessError) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
