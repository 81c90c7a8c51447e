"""How steady a judge is, whatever people say: when it is asked again, in the other order, and of longer answers."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.judges.figures import Figure, figure_estimate
from harness.stats.means import mean_interval, paired_mean_interval

if TYPE_CHECKING:
    from harness.stats.bca import Numbers


class BothOrders(NamedTuple):
    """What a judge said of one pair when it was asked twice, with the answers swapped the second time.

    Each is in [-1, 1]: above 0 where the answer shown first is better, below 0 the second, 0 a tie.
    """

    straight: float
    swapped: float
    group: str | None = None

    @property
    def flipped(self) -> bool:
        """Whether the two orders name different winners; a tie in one order alone is a flip too."""
        return _sign(self.straight) != -_sign(self.swapped)


class SwapConsistency(Record, frozen=True, kw_only=True):
    """``flips`` is the share of pairs whose two orders disagree.

    ``first_place`` is how far the judge prefers what it reads first, in [-1, 1]: the mean of its verdicts for the
    answer shown first. Each answer was first once, so it is 0 for a judge that looks at the answers alone.
    """

    flips: Estimate
    first_place: Estimate


class Stability(Record, frozen=True, kw_only=True):
    """How alike the scores of one answer are that was judged several times.

    ``icc`` is ICC(1), None where all scores are the same; ``reliability`` that of the mean of all scores of an answer.
    ``full_agreement`` is the share of answers that got the same score each time. ``repeats`` is the mean number of
    scores of an answer.
    """

    icc: Estimate | None
    reliability: float | None
    full_agreement: Estimate
    repeats: float


class LengthPreference(Record, frozen=True, kw_only=True):
    """How often the longer answer wins; pairs of one length, and ties, say nothing and are left out.

    ``longer_wins`` is the judge's share, in [0, 1]. ``people`` is that of people, and ``beyond_people`` the judge's
    minus theirs, in [-1, 1], on the pairs that both decided; None without such pairs. Longer answers are often better,
    so only the last one is a fault of the judge.
    """

    longer_wins: Estimate | None
    people: Estimate | None
    beyond_people: Estimate | None


class JudgedLengths(NamedTuple):
    """A pair of answers: who won by the judge and by people, and how much longer the candidate's answer is.

    ``judge`` and ``people`` are above 0 where the candidate won, below 0 where the baseline did, 0 for a tie;
    ``people`` is None where nobody said. ``longer_by`` is in any unit.
    """

    judge: float
    longer_by: float
    people: float | None = None
    group: str | None = None


def swap_consistency(pairs: Sequence[BothOrders]) -> SwapConsistency | None:
    """Return how often a judge contradicts itself when the answers change places; None without any pair."""
    if not pairs:
        return None
    groups = [pair.group for pair in pairs]
    return SwapConsistency(
        flips=mean_interval([float(pair.flipped) for pair in pairs], groups),
        first_place=paired_mean_interval([(pair.straight + pair.swapped) / 2 for pair in pairs], groups),
    )


def stability(ratings: Sequence[Sequence[float]], groups: Sequence[str | None], seed: int = 0) -> Stability | None:
    """Return how alike the scores are that each answer got when it was judged several times.

    ICC(1) and its reliability for a mean of k are Shrout and Fleiss (1979), Psychological Bulletin 86:420, ICC(1, 1)
    and ICC(1, k): with the mean squares between and within answers, (MSB - MSW) / (MSB + (k - 1) MSW), where for
    unequal numbers of scores k = (N - sum k_i^2 / N) / (G - 1). The interval is that of ``figure_estimate``. Answers
    with one score or none say nothing and are not counted. None without any other.
    """
    import numpy as np

    found = [(scores, group) for scores, group in zip(ratings, groups, strict=True) if len(scores) > 1]
    if not found:
        return None
    repeated, own_groups = [scores for scores, _ in found], [group for _, group in found]
    rows = np.array([_sums_of(scores) for scores in repeated])
    if not np.isfinite(rows).all():
        raise ValueError("scores must be finite numbers")
    agree = [len(set(scores)) == 1 for scores in repeated]
    icc = figure_estimate(rows, [not same for same in agree], own_groups, Figure(_icc, _by_chance), seed)
    repeats = math.fsum(map(len, repeated)) / len(repeated)
    return Stability(
        icc=icc,
        reliability=None if icc is None else repeats * icc.mean / (1 + (repeats - 1) * icc.mean),
        full_agreement=mean_interval([float(same) for same in agree], own_groups),
        repeats=repeats,
    )


def length_preference(pairs: Sequence[JudgedLengths]) -> LengthPreference:
    """Return how often the judge, and people, prefer the longer of two answers."""
    told = [pair for pair in pairs if pair.longer_by != 0]
    judged = [pair for pair in told if pair.judge != 0]
    both = [pair for pair in judged if pair.people is not None and pair.people != 0]
    by_judge = [float(_sign(pair.judge) == _sign(pair.longer_by)) for pair in judged]
    of_both = [
        (float(_sign(pair.judge) == _sign(pair.longer_by)), float(_sign(pair.people or 0) == _sign(pair.longer_by)))
        for pair in both
    ]
    groups = [pair.group for pair in both]
    return LengthPreference(
        longer_wins=mean_interval(by_judge, [pair.group for pair in judged]) if judged else None,
        people=mean_interval([people for _, people in of_both], groups) if both else None,
        beyond_people=paired_mean_interval([judge - people for judge, people in of_both], groups) if both else None,
    )


def unreadable_rate(unreadable: int, verdicts: int) -> Estimate | None:
    """Return the share of verdicts that could not be read, with Wilson's interval at 95 %; None without a verdict."""
    if not 0 <= unreadable <= verdicts:
        raise ValueError(f"needs 0 <= unreadable <= verdicts, got {unreadable} of {verdicts}")
    if not verdicts:
        return None
    values = [1.0] * unreadable + [0.0] * (verdicts - unreadable)
    return mean_interval(values, [None] * verdicts)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _sums_of(scores: Sequence[float]) -> tuple[float, ...]:
    """Return 1, k, k^2, the sum, its square over k, and the sum of squares."""
    count, total = len(scores), math.fsum(scores)
    return 1.0, count, count**2, total, total**2 / count, math.fsum(score * score for score in scores)


def _icc(sums: "Numbers") -> "Numbers":
    """Return ICC(1) from sums of what ``_sums_of`` gives; NaN where no two scores differ or all are of one answer."""
    import numpy as np

    answers, scores, squared_counts, total, between, squares = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        within_square = (squares - between) / (scores - answers)
        between_square = (between - total**2 / scores) / (answers - 1)
        count = (scores - squared_counts / scores) / (answers - 1)
        below = between_square + (count - 1) * within_square
        spread = squares - total**2 / scores
        return np.where((answers > 1) & (spread > 1e-9 * squares), (between_square - within_square) / below, np.nan)


def _by_chance(whole: "Numbers") -> "Numbers":
    """Return what an answer adds whose scores are drawn from all scores: the mean number of them, all spread within."""
    import numpy as np

    answers, scores, _, total, _, squares = whole
    count, mean = scores / answers, total / scores
    return np.array([1.0, count, count**2, count * mean, count * mean**2, count * squares / scores])
