"""Which answers become rows: one after the other, each by all checks, and against the rows that were taken before."""

from collections.abc import Mapping, Sequence

from harness.data.alike.frame import without_frames
from harness.data.alike.likeness import NearIndex, grams_of, worded
from harness.data.checks.personal.personal import masked, sensitive_in
from harness.data.checks.structure import Structure
from harness.data.leaks.compared import CaseGuard
from harness.data.row import DataRow
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.generated import Rejected
from harness.records.record import Record
from harness.scorers.reading.reasoning import with_reasoning_apart
from harness.teacher.config import TeacherConfig
from harness.teacher.reply import Made, Misread, made_of
from harness.teacher.request import Planned
from harness.teacher.selfcheck import Failed, SelfCheck
from harness.text.figures import join

ALWAYS = ("format", "answer", "personal data", "case", "near")
"""The checks of every row, in their order but for the suite's scorers, which come before "case"."""


class Taken(Record, frozen=True, kw_only=True):
    """A row that was taken, and what it passed."""

    made: Made
    checks: tuple[str, ...]


class Sifter:
    """Takes answers in the order of their requests; the same order gives the same rows. ``suites`` are protected."""

    def __init__(
        self, config: TeacherConfig, system: str, check: SelfCheck, suites: Mapping[str, Sequence[Case]]
    ) -> None:
        self._config, self._system, self._check = config, system, check
        self._guard = CaseGuard(suites)
        asked = [(f"{name}/{case.id}", case.messages[-1].text) for name, cases in suites.items() for case in cases]
        self._case_names = [name for name, _ in asked]
        self._cases = NearIndex(config.near, ())
        for _, text in asked:
            self._cases.add(self._grams(text))
        self._rows = NearIndex(config.near, ())
        self._row_names: list[str] = []
        self._structure = Structure()

    def sift(self, planned: Planned, response: Response, cost: float | None) -> Taken | Rejected:
        """Take the row of an answered request, or say why it is none."""
        if self._config.reasoning is not None:
            response = with_reasoning_apart(response)
        made = None
        try:
            self._check.refuse_failed(planned.seed.case, response)
            made = made_of(planned, response, self._config.reply, self._system, self._config.output)
            passed = self._passed(made)
        except Misread as problem:
            return _rejected(planned, response, made, Failed("format", str(problem)), cost)
        except Failed as problem:
            return _rejected(planned, response, made, problem, cost)
        self._rows.add(self._whole(made.row))
        self._row_names.append(made.id)
        return Taken(made=made, checks=passed)

    def _passed(self, made: Made) -> tuple[str, ...]:
        """Return what a row passed.

        Raises:
            Failed: it did not pass something.
        """
        self._check.refuse_failed(made.case, made.answer)
        if (problem := next(self._structure.see(made.row), None)) is not None:
            raise Failed("format", problem.told)
        if kinds := sorted({hit.kind for text in _texts(made.row) for hit in sensitive_in(text)}):
            raise Failed("personal data", f"it holds {join(kinds)}")
        scorers = self._check.passed(made.case, made.answer)
        if (leak := self._guard.leak(made.row)) is not None:
            raise Failed("case", f"the case {leak.suite}/{leak.case} is in it ({leak.how})")
        self._refuse_near(made.row)
        return (*ALWAYS, *scorers)

    def _refuse_near(self, row: DataRow) -> None:
        near = max(self._cases.near(self._grams(row.input)), key=lambda one: one.similarity, default=None)
        if near is not None:
            raise Failed("near", f"its question is {near.similarity:.2f} like the case {self._case_names[near.place]}")
        near = max(self._rows.near(self._whole(row)), key=lambda one: one.similarity, default=None)
        if near is not None:
            raise Failed("near", f"it is {near.similarity:.2f} like the row {self._row_names[near.place]}")

    def _grams(self, text: str) -> frozenset[str]:
        return grams_of(without_frames(worded(text), self._guard.frames))

    def _whole(self, row: DataRow) -> frozenset[str]:
        """Return the grams of question and answer: two answers to one question can be different rows."""
        return self._grams(row.input) | grams_of(worded(row.output))


def _texts(row: DataRow) -> list[str]:
    return [text for one in row.messages for text in (one.text, *(call.arguments for call in one.calls))]


def _rejected(planned: Planned, response: Response, made: Made | None, problem: Failed, cost: float | None) -> Rejected:
    """Return what is kept of a rejected answer, personal data hidden."""
    asked, answered = (made.row.input, made.row.output) if made else (planned.seed.text, response.said)
    return Rejected(
        row=made.id if made else "",
        seed=planned.seed.id,
        variant=planned.variant,
        check=problem.check,
        why=masked(problem.why),
        input=masked(asked),
        output=masked(answered),
        request=planned.request.key,
        cost=cost,
    )
