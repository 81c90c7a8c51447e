"""Who moved, the judge or what it judges: people's labels as anchors, which only the judge can move.

The question, the anchors and the two e-processes are those of Li (2026), arXiv:2606.15474, of which the abstract was
read; the tests are derived here from betting e-processes (``moved``), and its guard window is a third one.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from harness.stats.arguments import ALPHA, SAME
from harness.stats.judges.moved import (
    SHARES,
    Span,
    Tally,
    log_bets,
    log_e_values,
    number,
    span_of_mean,
    tally,
)

if TYPE_CHECKING:
    from harness.stats.judges.moved import Logs

Mover = Literal["nobody", "judge", "adapter", "both", "too little"]
WAYS = 4
"""The ways to err that share ``ALPHA``: what judge and answers were like at first, the judge's bets, the answers'."""
THRESHOLD = WAYS / ALPHA
"""An e-value that is enough; by chance alone one is ever reached with probability ``ALPHA / WAYS`` at most."""
HALF = 0.5
"""What people find good is above it."""
SPLITS = 40
"""Pairs of mean verdicts that are refuted one by one."""
STEPS = 100
"""Steps of [0, 1] in which it is measured by how much the answers' rate moved at least."""


class Anchor(NamedTuple):
    """An answer that people judged, and what the judge says of it; both in [0, 1], ``judge`` None if unreadable."""

    people: float
    judge: float | None


class Seen(NamedTuple):
    """One day: anchors drawn at random from all labels and judged again, and the judged values of production answers.

    Anchors of a day are drawn without replacement, and by chance that knows nothing of earlier verdicts.
    """

    anchors: Sequence[Anchor] = ()
    answers: Sequence[float] = ()


class Before(NamedTuple):
    """What a judge was like when it was checked, and the answers' rate at release: each an interval that may miss.

    ``high`` is the mean verdict where people's value is above 1/2, ``low`` where it is not, ``agreed`` the share of the
    same value as people's, in which what can't be read counts as another one.
    """

    high: Span
    low: Span
    agreed: Span
    answers: Span


class Moved(NamedTuple):
    """Who moved, by two e-values; each is enough from ``THRESHOLD`` on, and stays so once it was.

    ``judge_since`` and ``answers_since`` are the days, from 0, on which they were; None where they never were.
    ``by_at_least`` is how far the answers' rate has fallen (below 0) or risen at least; 0 where that is not known.
    ``not_the_judge`` is the e-value against the judge alone having moved the answers' rate so far.
    """

    mover: Mover
    judge: float
    judge_since: int | None
    answers: float
    answers_since: int | None
    by_at_least: float
    not_the_judge: float


def known_before(checked: Sequence[Anchor], released: Sequence[float], margin: float = 0.0) -> Before:
    """Return what is known from a check and a release. ``margin`` is how much the answers' rate may move unnoticed."""
    of_check, of_release = ALPHA / WAYS / 3, ALPHA / WAYS
    rate = span_of_mean(released, of_release)
    return Before(
        high=span_of_mean(_verdicts(checked, high=True), of_check),
        low=span_of_mean(_verdicts(checked, high=False), of_check),
        agreed=span_of_mean(_agreed(checked), of_check),
        answers=Span(max(rate.low - margin, 0.0), min(rate.high + margin, 1.0)),
    )


def who_moved(then: Before, days: Sequence[Seen]) -> Moved:
    """Return who moved since a check and a release, given all days since, the oldest first.

    However often one looks, and whenever a change begins: with the same judge and the same answers, anything but
    "nobody" or "too little" is ever returned with probability ``ALPHA`` at most; and if the judge alone has moved,
    "adapter" or "both" is, at most as often. That holds if the judge's mean verdict on answers that people find good,
    and on those that they don't, moves in production as it does on the labels, and stays where it moved.

    "too little" is also returned where neither e-value is enough; whether that means "nobody" is for who knows how
    many anchors and answers are worth waiting for.
    """
    answers = tally([day.answers for day in days])
    fell, rose = (_one_sided(answers, bound, falls=falls) for bound, falls in _ends(then.answers))
    of_answers = [(one + other) / 2 for one, other in zip(fell, rose, strict=True)]
    answers_since = _first(of_answers)
    of_judge = _of_judge(then, days, len(days) if answers_since is None else answers_since)
    judge_since = _first(of_judge)
    by, against = 0.0, 1.0
    if answers_since is not None:
        by = _least_move(then.answers, answers)
        against = _not_the_judge(then, days[answers_since:], by) if by else 1.0
    return Moved(
        mover=_mover(judge_since is not None, answers_since is not None, against >= THRESHOLD),
        judge=of_judge[-1] if days else 1.0,
        judge_since=judge_since,
        answers=of_answers[-1] if days else 1.0,
        answers_since=answers_since,
        by_at_least=by,
        not_the_judge=against,
    )


def _mover(judge: bool, answers: bool, unexplained: bool) -> Mover:
    if judge:
        return "both" if answers and unexplained else "judge"
    return "adapter" if answers and unexplained else "too little"


def _of_judge(then: Before, days: Sequence[Seen], at: int) -> list[float]:
    """Return the e-values of a judge that moved: half on its mean verdicts, half on how often it agrees.

    Verdicts on answers that people find good and on those that they don't are bet on at the same time, each that they
    fall, rise or stay, so a judge that is stricter, laxer or wrong the other way round is found alike.
    """
    import numpy as np

    high, low = _tallied(days, high=True), _tallied(days, high=False)
    both = _either_way(high, then.high)[:, :, None] + _either_way(low, then.low)[:, None, :]
    agreed = _either_way(tally([_agreed(day.anchors) for day in days]), then.agreed)
    logs = np.concatenate([both.reshape(len(days), agreed.shape[1] ** 2), agreed], axis=1)
    one = np.concatenate([[1 / 3], np.full(2 * len(SHARES), 1 / 3 / len(SHARES))])
    weights = np.concatenate([np.outer(one, one).ravel(), one]) / 2
    return [number(log) for log in log_e_values(logs, weights, at)]


def _either_way(days: Tally, span: Span) -> "Logs":
    """Return bets that a mean stayed, in the first column, fell or rose."""
    import numpy as np

    bets = [log_bets(days, bound, falls=falls) for bound, falls in _ends(span)]
    return np.concatenate([np.zeros((len(days.counts), 1)), *bets], axis=1)


def _one_sided(days: Tally, bound: float, *, falls: bool) -> list[float]:
    """Return the e-values of a mean that is beyond a bound."""
    import numpy as np

    logs = log_bets(days, bound, falls=falls)
    return [number(log) for log in log_e_values(logs, np.full(len(SHARES), 1 / len(SHARES)))]


def _least_move(span: Span, days: Tally) -> float:
    """Return how far a mean has moved at least, below 0 where it fell; 0 where that is not known.

    The largest step by which the bound can be moved so that the e-value is still enough at some time: at the true move
    it ever is with probability ``ALPHA / WAYS / 2`` at most, for each of two directions.
    """

    def fell(step: int) -> bool:
        bound = span.low - step / STEPS
        return bound >= 0 and max(_one_sided(days, bound, falls=True)) >= 2 * THRESHOLD

    def rose(step: int) -> bool:
        bound = span.high + step / STEPS
        return bound <= 1 and max(_one_sided(days, bound, falls=False)) >= 2 * THRESHOLD

    down, up = _last(fell), _last(rose)
    return -down / STEPS if down >= up else up / STEPS


def _last(holds: Callable[[int], bool]) -> int:
    """Return the last step from 0 to ``STEPS`` at which something holds that holds up to it; 0 if nowhere."""
    low, high = 0, STEPS
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _not_the_judge(then: Before, days: Sequence[Seen], by: float) -> float:
    """Return the largest e-value so far against the judge alone having moved the answers' rate by ``by``.

    The rate is w h + (1 - w) l, of the judge's mean verdicts on answers that people find good and on others; w is how
    many are good (Rogan and Gladen 1978, American Journal of Epidemiology 107:71), within the intervals of the three
    others. Where the judge alone has moved, w has not. So one pair of h and l with w h + (1 - w) l moved as far has to
    be true, for one end of w's interval: all are refuted, by the anchors since the answers' change was noticed.
    """
    good = _share_of_good(then)
    if by > 0:
        then, days, by = Before(*(Span(1 - each.high, 1 - each.low) for each in then)), [*map(_turned, days)], -by
    return min(number(_refuted(then, days, by, share)) for share in good)


def _refuted(then: Before, days: Sequence[Seen], by: float, good: float) -> float:
    """Return the logarithm of the largest e-value so far against every pair of means that moved the rate so far."""
    import numpy as np

    most = good * then.high.high + (1 - good) * then.low.high + by
    if most <= SAME:
        return float("inf")
    highs = np.linspace(0.0, 1.0, SPLITS + 1)
    lows = np.clip((most - good * highs) / max(1 - good, SAME), 0.0, 1.0)
    # Between two of these pairs, each mean is at most the larger one of the two, where its e-value is the smallest.
    possible = good * highs[:-1] <= most
    of_high, of_low = _tallied(days, high=True), _tallied(days, high=False)
    one = np.array([_against(of_high, float(bound)) for bound in highs[1:]])
    other = np.array([_against(of_low, float(bound)) for bound in lows[:-1]])
    return float((one + other)[possible].min(axis=0).max())


def _against(days: Tally, bound: float) -> "Logs":
    """Return the logarithms of the e-values, day by day, against a mean verdict of at most ``bound``."""
    import numpy as np

    logs = log_bets(days, bound, falls=False).cumsum(axis=0)
    found: Logs = np.logaddexp(0.0, np.logaddexp.reduce(logs, axis=1) - np.log(logs.shape[1])) - np.log(2)
    return found


def _share_of_good(then: Before) -> tuple[float, float]:
    """Return the ends of the interval of the share of answers at release that people would have found good."""
    low, high = then.high.high - then.low.high, then.high.low - then.low.low
    if min(low, high) <= SAME:
        return 0.0, 1.0
    least, most = (then.answers.low - then.low.high) / low, (then.answers.high - then.low.low) / high
    return min(max(least, 0.0), 1.0), min(max(most, 0.0), 1.0)


def _turned(day: Seen) -> Seen:
    """Return a day with all verdicts turned round, so that what rose falls."""
    anchors = [Anchor(one.people, None if one.judge is None else 1 - one.judge) for one in day.anchors]
    return Seen(anchors, [1 - value for value in day.answers])


def _tallied(days: Sequence[Seen], *, high: bool) -> Tally:
    return tally([_verdicts(day.anchors, high=high) for day in days])


def _verdicts(anchors: Sequence[Anchor], *, high: bool) -> list[float]:
    return [one.judge for one in anchors if one.judge is not None and (one.people > HALF) == high]


def _agreed(anchors: Sequence[Anchor]) -> list[float]:
    return [float(one.judge is not None and abs(one.judge - one.people) < SAME) for one in anchors]


def _ends(span: Span) -> tuple[tuple[float, bool], tuple[float, bool]]:
    """Return both ends of an interval, and whether it is by falling that a mean gets beyond it."""
    return (span.low, True), (span.high, False)


def _first(values: Sequence[float]) -> int | None:
    return next((day for day, value in enumerate(values) if value >= THRESHOLD), None)
