"""Cases that were lost once and asked again: how likely chance alone loses them again each time."""

import math


def repeated_flips_p_value(lost_again: int, split: int, askings: int) -> float:
    """Return how likely equal sides lose at least ``lost_again`` of ``split`` cases again in each of ``askings``.

    ``split`` counts the cases in which exactly one side was right in each further asking. If the sides are equal, it
    is either side with the same chance each time, whatever the noise and however the cases were chosen by their first
    answers. So each of them is lost again with a chance of 1/2 to the power of ``askings``: an exact conditional sign
    test.

    >>> round(repeated_flips_p_value(2, 2, 2), 4), round(repeated_flips_p_value(2, 3, 2), 4)
    (0.0625, 0.1562)
    """
    if not 0 <= lost_again <= split or askings < 1:
        raise ValueError(f"expected 0 <= lost_again <= split and askings > 0, got {lost_again}, {split}, {askings}")
    chance = 0.5**askings
    return math.fsum(
        math.comb(split, count) * chance**count * (1 - chance) ** (split - count)
        for count in range(lost_again, split + 1)
    )
