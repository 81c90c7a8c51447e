"""The second question: do answers still hold what needs no expected answer?

They are compared with those that the adapter gave at release. How long they took and what they cost depends on where
they were given, so that is only held against earlier runs, by the charts.
"""

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence

import msgspec

from harness.cases.expecting import Answered
from harness.config.prices import Prices
from harness.drift.decided import Found, Limits, question_of, summary_of
from harness.drift.fitting import score_logged
from harness.drift.found import Figure, Question
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.estimate import Estimate
from harness.records.logged import Logged
from harness.records.messages import in_lines
from harness.records.record import UNREADABLE
from harness.records.scored import Scorer
from harness.scorers.failures.causes import is_loop
from harness.scorers.failures.refusal import is_refusal
from harness.scorers.scoring import describe
from harness.stats.held_out import FEWEST, by_size, told_apart
from harness.stats.independent import change_of
from harness.stats.means import mean_interval
from harness.stats.summed import Summary, averaged
from harness.stats.two_sample import Worse
from harness.text.figures import count

MILLION = 1_000_000
UNSCORED = 0.5
"""Share of answers that a scorer can't score from which on it is left out: it needs what the logs don't have."""
Trait = Callable[[Case, Response], float | None]
"""From an answer to a number from 0 to 1; None where it says nothing."""
CUT_OFF = "cut off"
TRAITS: Mapping[str, Trait] = {
    "failed": lambda _, answer: float(answer.error is not None),
    "empty": lambda _, answer: None if answer.error else float(answer.is_empty),
    "refused": lambda _, answer: None if answer.error else float(is_refusal(answer.text)),
    "repetition loop": lambda _, answer: None if answer.error else float(is_loop(answer.text)),
    CUT_OFF: lambda _, answer: None if answer.error else _is_cut_off(answer),
}


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for in answers, each by its name with the change that is worse, and which scorers were left out.

    Values are those of the logged answers and of those at release, None where an answer says nothing.
    """

    worse: Mapping[str, Worse]
    logged: Mapping[str, Sequence[float | None]]
    released: Mapping[str, Sequence[float | None]]
    notes: tuple[str, ...] = ()


def traits_of(logged: Answered, released: Answered, scorers: Sequence[Scorer]) -> Traits:
    """Return all traits of logged answers and of those at release; a scorer that can't score the logs is left out."""
    worse: dict[str, Worse] = dict.fromkeys(TRAITS, "higher")
    traits, notes = dict(TRAITS), []
    if unscored := _unscored(traits[CUT_OFF], logged):
        notes.append(
            f"{CUT_OFF}: left out, since {unscored} of {count(len(logged), 'answer')} don't say why they ended"
        )
        del worse[CUT_OFF], traits[CUT_OFF]
    for scorer in scorers:
        name, trait = describe(scorer), trait_of(scorer)
        if unscored := _unscored(trait, logged):
            notes.append(f"{name}: left out, since {unscored} of {count(len(logged), 'answer')} can't be scored by it")
        else:
            traits[name], worse[name] = trait, "lower"
    sides = [{name: [trait(*one) for one in side] for name, trait in traits.items()} for side in (logged, released)]
    return Traits(worse=worse, logged=sides[0], released=sides[1], notes=tuple(notes))


def compare_answers(traits: Traits, lengths: Found, judged: Sequence[Found], limits: Limits) -> Question:
    """Compare logged answers with those at release; ``judged`` is what judges say of both."""
    found = [
        share_of(name, worse, present(traits.logged[name]), present(traits.released[name]))
        for name, worse in traits.worse.items()
    ]
    return question_of("answers", [*found, lengths, *judged], limits)


def present(values: Sequence[float | None]) -> list[float]:
    """Return the values that are there."""
    return [value for value in values if value is not None]


def trait_of(scorer: Scorer) -> Trait:
    """Return a scorer as a trait of answers; failed calls have none."""
    return lambda case, answer: None if answer.error else score_logged(scorer, case, answer)


def quantities_of(logged: Sequence[Logged], prices: Prices) -> dict[str, tuple[str, Summary]]:
    """Return what answers took, each with its unit, where logs say so: log seconds, tokens and money.

    Seconds are far from normal, and their logarithms are nearly.
    """
    answers = [one for one in logged if not one.error]
    values = {
        "latency": ("log s", [math.log(one.seconds) for one in answers if one.seconds]),
        "answer tokens": ("tokens", [float(one.tokens_out) for one in answers if one.tokens_out is not None]),
        "cost": (prices.currency, [cost for one in answers if (cost := _cost(one, prices)) is not None]),
    }
    return {name: (unit, averaged(some)) for name, (unit, some) in values.items() if some}


def share(values: Sequence[float]) -> Estimate:
    """Return the mean of scores in [0, 1] with its interval."""
    return mean_interval(values, [None] * len(values))


def share_of(name: str, worse: Worse, now: Sequence[float], then: Sequence[float]) -> Found:
    """Return a mean from 0 to 1 of logged answers and of those at release, and how far it changed."""
    enough = min(len(now), len(then)) >= FEWEST
    few = f"{len(now)} logged answers and {len(then)} at release: {FEWEST} of each are needed"
    figure = Figure(
        name=name,
        against="release",
        unit="share",
        worse=worse,
        now=share(now) if now else None,
        reference=share(then) if then else None,
        reason="" if enough else few,
    )
    return figure, change_of(summary_of(then), summary_of(now)) if enough else None


def lengths_of(logged: Answered, released: Answered, seed: int, margin: float) -> Found:
    """Return how well answers can be told from those at release by their length."""
    now, then = ([float(length_of(one)) for _, one in side if not one.error] for side in (logged, released))
    few = f"{len(now)} logged answers and {len(then)} at release: {FEWEST} of each are needed"
    reason = "" if min(len(now), len(then)) >= FEWEST else few
    figure = Figure(
        name="length of answers", against="release", unit="share", worse="higher", margin=margin, reason=reason
    )
    return figure, told_apart(then, now, by_size, seed)


def length_of(answer: Response) -> int:
    """Return the characters of an answer; of JSON those without spaces around it, which tools of logs change.

    >>> length_of(Response(request_key="", text='{"queue": "bug"}'))
    15
    """
    text = answer.text
    if text[:1] in {"{", "["}:
        with contextlib.suppress(*UNREADABLE):
            text = msgspec.json.encode(msgspec.json.decode(text)).decode()
    return len(in_lines(text, answer.tool_calls))


def _unscored(trait: Trait, logged: Answered) -> int:
    """Return how many answers have no score, where these are too many; else 0."""
    answers = [(case, answer) for case, answer in logged if not answer.error]
    missing = sum(trait(case, answer) is None for case, answer in answers)
    return missing if missing > UNSCORED * len(answers) else 0


def _is_cut_off(answer: Response) -> float | None:
    """Return whether an answer ended for its length; None where nothing says why it ended."""
    return float(answer.finish_reason == "length") if answer.finish_reason else None


def _cost(one: Logged, prices: Prices) -> float | None:
    if one.cost is not None:
        return one.cost
    price = prices.models.get(one.model) or prices.models.get(f"openai:{one.model}")
    if price is None or price.input is None or price.output is None or one.tokens_in is None or one.tokens_out is None:
        return None
    return (one.tokens_in * price.input + one.tokens_out * price.output) / MILLION
