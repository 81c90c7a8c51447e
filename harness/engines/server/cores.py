"""How servers divide the cores of a machine, as vLLM wants to be told."""

from collections.abc import Sequence


def share_cores(cores: Sequence[int], servers: int) -> tuple[tuple[int, ...], ...]:
    """Divide the cores among servers, at least one for each; if there are more servers than cores, they share.

    >>> share_cores((0, 1, 2), 2)
    ((0,), (1, 2))
    """
    count = len(cores)
    pieces = (tuple(cores[n * count // servers : (n + 1) * count // servers]) for n in range(servers))
    return tuple(piece or (cores[n * count // servers],) for n, piece in enumerate(pieces))


def for_workers(cores: Sequence[int], workers: int) -> str:
    """Write which cores each of a server's own processes has, as vLLM wants them: one list for each.

    >>> for_workers((0, 1, 2, 3), 2)
    '0-1|2-3'
    """
    return "|".join(map(ranges, share_cores(cores, workers)))


def ranges(numbers: Sequence[int]) -> str:
    """Write core numbers as vLLM wants them: runs as ranges.

    >>> ranges((0, 1, 2, 5))
    '0-2,5'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
