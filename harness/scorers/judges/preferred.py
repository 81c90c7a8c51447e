"""The scores of two sides from what a judge prefers, asked in both orders."""

from typing import Literal

from harness.records.scored import Score

Preference = Literal["baseline", "candidate", "tie"]
TIE = 0.5


def pair_scores(straight: float, swapped: float) -> tuple[Score, Score]:
    """Return both sides' scores, given the score of answer A when that was the baseline's and when the candidate's.

    A side wins only if it wins both orders, and then by the smaller of its margins; orders that disagree are a tie.

    >>> [score.value for score in pair_scores(1.0, 0.25)]
    [0.75, 0.25]
    """
    orders = (1 - straight, swapped)
    first, second = map(_preferred, orders)
    if first != second:
        reason = f"the two orders disagree: {first} and, swapped, {second}"
        return both(Score(value=TIE, reason=reason, category="flipped on swap"))
    return outcome(min(orders, key=lambda candidate: abs(candidate - TIE)), "in both orders")


def outcome(candidate: float, why: str) -> tuple[Score, Score]:
    """Return both sides' scores where the candidate's is known."""
    if candidate == TIE:
        return both(Score(value=TIE, reason=f"tie: {why}", category="tie"))
    winner = "candidate" if candidate > TIE else "baseline"
    highest = max(candidate, 1 - candidate)
    won = Score(value=highest, reason=f"preferred: {why}", category="preferred")
    lost = Score(value=1 - highest, reason=f"{winner} preferred: {why}", category="not preferred")
    return (won, lost) if winner == "baseline" else (lost, won)


def both(score: Score) -> tuple[Score, Score]:
    """Return the same score for both sides."""
    return score, score


def _preferred(candidate: float) -> Preference:
    return "tie" if candidate == TIE else "candidate" if candidate > TIE else "baseline"
