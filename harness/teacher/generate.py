"""Make a set of rows: ask, sift, and keep the rows with all that is known of them. After a kill it goes on."""

import fcntl
import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.config.prices import Prices
from harness.data.alike.diverse import most_diverse
from harness.data.beside import rows_digest
from harness.data.convert import make_folder_of, row_as
from harness.data.generated.files import (
    as_lines,
    asked_of,
    provenance_of,
    read_state,
    rejected_of,
    state_of,
    write_state,
)
from harness.errors import DataError, StoreError
from harness.records.answered import Response
from harness.records.engine import Contender
from harness.records.generated import Generated, Provenance
from harness.records.record import Record, digest
from harness.teacher.asking import suite_of
from harness.teacher.journal import Clock, Journal
from harness.teacher.making import Outcome, Purse, make, refuse_unaffordable, spending_of
from harness.teacher.prepared import Prepared
from harness.teacher.request import Planned
from harness.teacher.sift import Taken
from harness.text.atomic import write_durably
from harness.text.unwritten import unwritten
from harness.untuned.asking import BaseModel

FEW = 1000
"""Rows whose order of review is kept at least; more than a tenth can be asked about."""


class Report(Record, frozen=True, kw_only=True):
    """What was made: the state of the set, and the first failed call of those that got no answer; empty for none."""

    state: Generated
    failed: str = ""


def generate(prepared: Prepared, teacher: BaseModel, prices: Prices, now: Clock) -> Report:
    """Make the rows of a set and write them, with the files beside them.

    Raises:
        ConfigError: the teacher can't be asked so, or the budget can't be held.
        DataError: the file is there and is not this set, or no row passed.
        EngineError: no more answers can be had; those that came before are in the store: run again.
        StoreError: a file can't be written.
    """
    output = prepared.output
    _refuse_foreign(output)
    make_folder_of(output)
    with _alone(asked_of(output)):
        planned = prepared.plan(teacher.contender)
        settings = prepared.settings_digest(teacher.contender)
        state = read_state(output)
        if state is not None and state.settings != settings:
            raise DataError(
                f"{output}: made by other settings, seeds, cases or another teacher; name another output, or remove it "
                f"with {state_of(output).name} to make it anew"
            )
        teacher.check([suite_of(planned, prepared.config.sampling_of(0))])
        purse = _purse(prepared, planned, teacher, prices, now)
        sifter, check = prepared.sifter()
        outcome = make(planned, prepared.config.rows, teacher, purse, sifter)
        made = _Made(prepared, teacher.contender, outcome, purse, prices.currency)
        new = made.state(settings, dict(check.unused) if prepared.used else {})
        _write(output, made, new, state)
    return Report(state=read_state(output) or new, failed=outcome.failed[0][1] if outcome.failed else "")


def _purse(prepared: Prepared, planned: list[Planned], teacher: BaseModel, prices: Prices, now: Clock) -> Purse:
    """Return what was spent for the set so far; the first time, refuse what can't be afforded."""
    spending = spending_of(prepared.config, prices)
    journal = Journal(asked_of(prepared.output), now)
    left, responses = teacher.unanswered([one.request for one in planned])
    journal.count(spending, {one.request.key: one.request for one in planned}, responses)
    if journal.is_empty:
        first = {one.request.key for one in planned[: prepared.config.rows]}
        refuse_unaffordable([one for one in left if one.key in first], spending)
    return Purse(spending=spending, journal=journal)


class _Made:
    """The rows of an outcome, and what is kept beside them."""

    def __init__(self, prepared: Prepared, teacher: Contender, outcome: Outcome, purse: Purse, currency: str) -> None:
        self._prepared, self._teacher, self.outcome, self._purse = prepared, teacher, outcome, purse
        self._currency = currency
        rows = [taken.made.row for _, _, taken in outcome.taken]
        self.lines = b"".join(msgspec.json.encode(row_as(row, "chat")) + b"\n" for row in rows)

    def provenance(self) -> Iterator[Provenance]:
        """Yield where each row comes from, in the order of the rows."""
        for planned, response, taken in self.outcome.taken:
            yield self._traced(planned, response, taken)

    def state(self, settings: str, unused: dict[str, int]) -> Generated:
        """Return the state of the set, which nobody has reviewed yet."""
        taken, config = self.outcome.taken, self._prepared.config
        texts = [f"{one.made.row.input}\n{one.made.row.output}" for _, _, one in taken]
        order = most_diverse(texts, max(FEW, len(texts) // 10 + 1), config.seed)
        money = self._purse.spending.money
        return Generated(
            digest=hashlib.sha256(self.lines).hexdigest(),
            settings=settings,
            rows=len(taken),
            wanted=config.rows,
            rejected=dict(Counter(one.check for one in self.outcome.rejected)),
            unanswered=len(self.outcome.failed),
            ended=self.outcome.ended,
            teacher=self._teacher.model.name,
            max_rejected=config.max_rejected,
            order=tuple(taken[place][2].made.id for place in order),
            unused=unused,
            cost=money or None,
            cost_unknown=self._purse.spending.unknown or None,
            currency=self._currency if money else "",
        )

    def _traced(self, planned: Planned, response: Response, taken: Taken) -> Provenance:
        model, cost = self._teacher.model, self._purse.spending.cost_of(planned.request, response)
        return Provenance(
            row=taken.made.id,
            seed=planned.seed.id,
            variant=planned.variant,
            teacher=model.name,
            teacher_digest="" if model.is_hosted else digest(model.weights),
            engine=planned.request.engine,
            template=digest(self._prepared.template),
            sampling=planned.request.sampling,
            request=planned.request.key,
            time=self._purse.journal.time_of(planned.request.key),
            checks=taken.checks,
            tokens_in=response.counted_in,
            tokens_out=response.counted_out,
            cost=cost,
            currency=self._currency if cost is not None else "",
        )


def _write(output: Path, made: _Made, new: Generated, old: Generated | None) -> None:
    """Write all files of a set; one of which people took rows away stays as it is where it would be made so again."""
    if output.exists() and rows_digest(output) not in {new.digest, *([old.digest, old.reviewed] if old else [])}:
        raise DataError(
            f"{output}: changed since a teacher made it, and nothing is overwritten; name another output, or remove it"
        )
    if old is not None and old.digest == new.digest and output.exists():
        write_state(output, msgspec.structs.replace(new, reviewed=old.reviewed))
        return
    write_durably(rejected_of(output), as_lines(made.outcome.rejected))
    if not new.rows:
        why = f"{rejected_of(output)} says why each was rejected"
        told = made.outcome.failed[0][1] if made.outcome.failed else why
        raise DataError(f"{output}: no row was made of the first {len(made.outcome.rejected):,} answers; {told}")
    write_durably(provenance_of(output), as_lines(made.provenance()))
    write_durably(output, made.lines)
    write_state(output, new)


def _refuse_foreign(output: Path) -> None:
    """Refuse a file that no teacher made, before anything is paid."""
    if output.exists() and read_state(output) is None and not asked_of(output).exists():
        raise DataError(f"{output}: is there already, and not made by a teacher; name another output")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the file of what was asked, so that no other process makes the same set.

    Raises:
        StoreError: another one does, or it can't be written.
    """
    try:
        file = path.open("ab")
    except OSError as problem:
        raise StoreError(f"{path}: can't be written: {unwritten(problem)}") from problem
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"{path}: another process makes these rows; wait for it, or stop it") from None
        yield
