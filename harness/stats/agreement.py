"""How far several readers agree, beyond chance."""

from collections import Counter
from collections.abc import Hashable, Sequence


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha for nominal labels; each unit holds the labels that its readers gave, in any order.

    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: alpha = 1 - (n - 1) sum_c!=k o_ck /
    sum_c!=k n_c n_k, where the labels of a unit of m make m (m - 1) ordered pairs that count 1 / (m - 1) each in o.
    Units with fewer than two labels say nothing. None where no two labels differ at all, or no unit has two: agreement
    beyond chance is then undefined.

    The package krippendorff is under the GPL, which this project can't depend on.

    >>> round(krippendorff_alpha(["aa", "bb", "ab", "aa"]), 3)
    0.533
    """
    paired = [unit for unit in units if len(unit) > 1]
    totals = Counter(label for unit in paired for label in unit)
    n = totals.total()
    expected = n * n - sum(count * count for count in totals.values())
    if not expected:
        return None
    observed = sum(
        (len(unit) ** 2 - sum(count * count for count in Counter(unit).values())) / (len(unit) - 1) for unit in paired
    )
    return 1 - (n - 1) * observed / expected
