"""Whether a scorer can score what a suite asks; what can't be scored must not become a wrong score."""

from harness.asking.cases import Suite
from harness.errors import ScorerError
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.likelihood import HOW_TO_ASK, reads_likelihoods
from harness.scorers.quantities import Quantity
from harness.scorers.reading.wording import Called
from harness.scorers.repeats import OverRepeats
from harness.scorers.scoring import describe


def refuse_unfit(suite: Suite, scorer: object) -> None:
    """Refuse a scorer of the catalogue, a judge or a quantity that reads something else than the suite asks for.

    A plain function can read both.

    Raises:
        ScorerError: it reads answers where none are generated, or likelihoods where none are asked for; or it needs
            more repeats than there are.
    """
    inner = scorer.scorer if isinstance(scorer, OverRepeats) else scorer
    reads = reads_likelihoods(inner)
    if reads and not suite.continuations:
        raise ScorerError(
            f"{describe(inner)} reads how likely given texts are, but none are asked about; use {HOW_TO_ASK}"
        )
    if suite.continuations and not reads and isinstance(inner, Called | Judge | PairJudge | Quantity):
        raise ScorerError(
            f"{describe(inner)} reads answers, but with continuations= nothing is generated; use chooses() or "
            "nats_per_token(), or leave continuations= out of the mark"
        )
    if reads and isinstance(inner, Quantity) and any(len(texts) > 1 for texts in suite.continuations.values()):
        raise ScorerError(
            f'{describe(inner)} needs one text for each case; use continuations="expected", or a function that gives '
            "one"
        )
    if isinstance(scorer, OverRepeats):
        scorer.refuse_too_few(suite.sampling.repeats)
