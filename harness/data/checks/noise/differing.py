"""Where two versions of a text differ."""

from harness.data.checks.noise.markup import Span


def differing(one: str, other: str) -> tuple[Span, Span]:
    """Return the piece of each text in which the two differ: all between what they begin with and what they end with.

    >>> differing("a cafÃ© here", "a café here")
    ((5, 7), (5, 6))
    """
    shorter = min(len(one), len(other))
    first = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    rest = next(
        (number for number in range(shorter - first) if one[-1 - number] != other[-1 - number]), shorter - first
    )
    return (first, len(one) - rest), (first, len(other) - rest)
