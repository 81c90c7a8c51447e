"""Ask a teacher until enough rows are taken, the seeds are used up, or the budget is: round by round, in one order."""

from collections.abc import Sequence

import msgspec

from harness.asking.spending import Named, Spending
from harness.config.prices import Prices
from harness.errors import ConfigError
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.budget import money_in_words
from harness.records.generated import Ended, Rejected
from harness.records.record import Record
from harness.teacher.config import TeacherConfig
from harness.teacher.journal import Journal
from harness.teacher.request import Planned
from harness.teacher.sift import Sifter, Taken
from harness.text.figures import count
from harness.untuned.asking import BaseModel

AT_ONCE = 128
"""Requests of one round at most: what a killed process had sent of it counts as paid."""
HOPELESS = 50
"""Rejected answers, without a single row, after which nothing more is asked."""


class Outcome(msgspec.Struct, kw_only=True):
    """What came of all requests in their order. ``failed`` are those that got no answer, with what was said."""

    taken: list[tuple[Planned, Response, Taken]] = msgspec.field(default_factory=list)
    rejected: list[Rejected] = msgspec.field(default_factory=list)
    failed: list[tuple[Planned, str]] = msgspec.field(default_factory=list)
    ended: Ended = "seeds used up"


class Purse(Record, frozen=True, kw_only=True):
    """What is spent, and where it is noted."""

    spending: Spending
    journal: Journal


def spending_of(config: TeacherConfig, prices: Prices) -> Spending:
    """Return what a teacher can be asked under some settings, of which nothing was asked yet."""
    named = Named(whose="the teacher's budget", doing="rows", table="")
    return Spending(config.most, prices, config.leave_out, named)


def make(planned: Sequence[Planned], rows: int, teacher: BaseModel, purse: Purse, sifter: Sifter) -> Outcome:
    """Return what comes of requests, in their order, until ``rows`` rows are taken.

    No more requests are sent in a round than rows are missing, so that none is paid for nothing. What the store
    answers costs nothing. Where each of the first ``HOPELESS`` answers is rejected, asking ends.

    Raises:
        EngineError: no more answers can be had; those that came before are in the store.
    """
    outcome, place = Outcome(), 0
    while place < len(planned) and len(outcome.taken) < rows:
        if not outcome.taken and len(outcome.rejected) >= HOPELESS:
            return outcome
        most = AT_ONCE if outcome.taken else HOPELESS
        now = planned[place : place + min(rows - len(outcome.taken), most)]
        responses = _answered([one.request for one in now], teacher, purse)
        for one in now:
            response = responses.get(one.request.key)
            if response is None:
                outcome.ended = "budget used up"
                return outcome
            _take(one, response, outcome, purse, sifter)
        place += len(now)
    if len(outcome.taken) >= rows:
        outcome.ended = "all wanted"
    return outcome


def refuse_unaffordable(requests: Sequence[Request], spending: Spending) -> None:
    """Refuse a set of which it is sure before anything is sent that it costs more than the budget.

    Raises:
        ConfigError: the budget can't be held, or is too little for one request, or for the prompts alone.
    """
    if not requests or spending.budget is None:
        return
    spending.check(requests[0].model)
    budget = spending.budget
    if not spending.admitted(requests[:1]):
        can_cost = spending.bound(requests[0])
        told = (
            f", and one request can cost {money_in_words(can_cost, budget.currency)}"
            if budget.money is not None
            else ""
        )
        raise ConfigError(f"the teacher's budget is {budget.words}{told}; raise `budget`, or lower max_tokens")
    least = spending.prompts_cost(requests)
    if budget.money is not None and least > budget.money:
        raise ConfigError(
            f"the teacher's budget is {budget.words}, and {count(len(requests), 'request')} for as many rows cost "
            f"about {money_in_words(least, budget.currency)} for their prompts alone; ask for fewer rows, shorten the "
            "template, or raise `budget`"
        )


def _answered(requests: Sequence[Request], teacher: BaseModel, purse: Purse) -> dict[str, Response]:
    """Return the responses that the store or, within the budget, the teacher gives, by key."""
    left, responses = teacher.unanswered(requests)
    missing = {one.key for one in left}
    purse.journal.note_stored(one for one in requests if one.key not in missing)
    found = {one.key: responses[one.key] for one in requests if one.key not in missing}
    while now := left[: purse.spending.admitted(left)]:
        purse.journal.note(now, purse.spending)
        responses = teacher.ask(now)
        for one in now:
            purse.spending.count(one, responses[one.key])
            found[one.key] = responses[one.key]
        left = left[len(now) :]
    return found


def _take(one: Planned, response: Response, outcome: Outcome, purse: Purse, sifter: Sifter) -> None:
    if response.error is not None:
        outcome.failed.append((one, response.error))
        return
    cost = purse.spending.cost_of(one.request, response)
    sifted = sifter.sift(one, response, cost)
    if isinstance(sifted, Rejected):
        outcome.rejected.append(sifted)
    else:
        outcome.taken.append((one, response, sifted))
