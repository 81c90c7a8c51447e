"""How long each side's answers are, what they took, and how sure the model was of them."""

import math
from array import array
from collections.abc import Sequence

from harness.records.answered import Response

LONGEST = 32
"""Tokens of an answer whose probability as a whole says something; that of a long text is always close to nothing."""


class Taken:
    """One side's answers: their number, and of the usable ones tokens, characters, and seconds where they are known."""

    def __init__(self) -> None:
        self.answers = 0
        self.characters = array("q")
        self.seconds = array("d")
        self._tokens = array("q")

    def add(self, response: Response) -> None:
        """Count one answer."""
        self.answers += 1
        if response.error is not None:
            return
        self.characters.append(len(response.said))
        if response.counted_out is not None:
            self._tokens.append(response.counted_out)
        if response.seconds > 0:
            self.seconds.append(response.seconds)

    @property
    def tokens(self) -> Sequence[int]:
        """Tokens of the answers; none where the server did not count them for every answer."""
        return self._tokens if len(self._tokens) == len(self.characters) else ()


def confidence_of(response: Response) -> float | None:
    """Return the probability that the model gave its answer; None where it is not known.

    Among given texts it is the share of the likeliest one, else the product of the probabilities of all tokens of an
    answer that ended by itself.
    """
    if response.error is not None:
        return None
    if response.likelihoods:
        totals = [one.total for one in response.likelihoods]
        largest = max(totals)
        return 1 / math.fsum(math.exp(total - largest) for total in totals) if math.isfinite(largest) else None
    known = [one.logprob for one in response.logprobs if one.logprob is not None]
    is_whole = len(known) == len(response.logprobs) and response.finish_reason == "stop"
    return math.exp(min(0.0, math.fsum(known))) if is_whole and 0 < len(known) <= LONGEST else None
