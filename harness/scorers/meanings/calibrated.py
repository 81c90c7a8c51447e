"""Whether a threshold of similarity was checked against people's labels; one that was not can decide nothing.

The figures are in a file beside the suite. Which scorer they are of is part of it, with its threshold and its model.
"""

from collections.abc import Iterable
from pathlib import Path

from harness.errors import InputError, ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import RIGHT
from harness.records.record import Record
from harness.records.scored import Scorer
from harness.scorers.scoring import describe, score_one
from harness.text.toml import load_toml

LEAST_LABELS = 50
"""Labelled answers that it takes."""
LEAST_KAPPA = 0.6
"""Agreement beyond chance from which on a threshold is trusted: "substantial" in Landis and Koch 1977, Biometrics."""
UNCHECKED = "was never checked against people's labels (calibration=)"


class Calibration(Record, frozen=True, kw_only=True):
    """How far a scorer agreed with people who said of answers whether they are right.

    ``kappa`` is Cohen's, from -1 to 1. An answer is right by the scorer whose score is at least 0.5.
    """

    scorer: str
    labels: int
    agreement: float
    kappa: float

    def __post_init__(self) -> None:
        """Refuse figures that can't be."""
        if self.labels < 0 or not 0 <= self.agreement <= 1 or not -1 <= self.kappa <= 1:
            raise ValueError("needs labels >= 0, an agreement from 0 to 1, and a kappa from -1 to 1")

    @property
    def in_toml(self) -> str:
        """The file's text."""
        text = self.scorer.replace("\\", "\\\\").replace('"', '\\"')
        return (
            f'scorer = "{text}"\nlabels = {self.labels}\nagreement = {self.agreement:.4f}\nkappa = {self.kappa:.4f}\n'
        )


def doubt_in(path: Path | str | None, scorer: str) -> str:
    """Return why a scorer, written as the call that makes it, is not to be trusted; empty where it is.

    Raises:
        InputError: the file can't be read, or is of another scorer.
    """
    if path is None:
        return UNCHECKED
    found = load_toml(Path(path), Calibration, InputError)
    if found.scorer != scorer:
        raise InputError(f"{path}: `scorer` is {found.scorer}, but the suite has {scorer}; check that one")
    if found.labels < LEAST_LABELS:
        return f"was checked against {found.labels} labels, fewer than {LEAST_LABELS}"
    if found.kappa < LEAST_KAPPA:
        return f"agrees with people's labels at a kappa of {found.kappa:.2f}, less than {LEAST_KAPPA}"
    return ""


def calibrate(scorer: Scorer, labelled: Iterable[tuple[Case, Response, bool]]) -> Calibration:
    """Return how far a scorer agrees with people: a case, an answer to it, and whether people call it right, each.

    Answers without a score are left out.

    Raises:
        ScorerError: no answer has a score, or all labels and all scores are the same, which shows nothing.
    """
    from sklearn.metrics import cohen_kappa_score

    scored = [(score_one(scorer, case, response).value, right) for case, response, right in labelled]
    pairs = [(value >= RIGHT, right) for value, right in scored if value is not None]
    if len({one for pair in pairs for one in pair}) < 2:
        raise ScorerError(f"{describe(scorer)}: nothing to calibrate with: it takes right answers and wrong ones")
    ours, theirs = zip(*pairs, strict=True)
    return Calibration(
        scorer=describe(scorer),
        labels=len(pairs),
        agreement=sum(one == other for one, other in pairs) / len(pairs),
        kappa=float(cohen_kappa_score(ours, theirs)),
    )
