"""Several tests at once: p values adjusted so that each can be read against the one error rate of all."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the p values adjusted so that any false alarm among them is as rare as one alone would be.

    Holm (1979), Scandinavian J. Statistics 6:65: of m values in ascending order, the i-th becomes
    max_{j <= i} min(1, (m - j + 1) p_j). Valid however the tests depend on each other.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    _check(p_values)
    adjusted, worst = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(_ascending(p_values)):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = worst
    return tuple(adjusted)


def _ascending(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=p_values.__getitem__)


def _check(p_values: Sequence[float]) -> None:
    for p_value in p_values:
        if not 0 <= p_value <= 1:
            raise ValueError(f"p values must be in [0, 1], got {p_value}")
