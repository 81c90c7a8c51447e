"""A check of a judge, from what it said to whether it is trusted; and where labels and checks are."""

import datetime as dt
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.judges.decision import decide
from harness.judges.drift import fixed_verdicts
from harness.judges.figures import Asked, measured
from harness.judges.labels import Label, labels_file, read_labels
from harness.records.judged import JudgeCheck
from harness.records.scored import Rubric, TrustLimits
from harness.scorers.judges.scale import criteria_of
from harness.text.figures import count
from harness.text.pages import content_folder


def limits_of(rubric: Rubric) -> TrustLimits:
    """Return what a rubric asks for before its judge is trusted."""
    return TrustLimits() if isinstance(rubric.trust, msgspec.UnsetType) else rubric.trust


def found_labels(judges: Path, rubric: Rubric) -> Path:
    """Return where the labels of a rubric are: in the project's own folder ``judges``, else beside a shipped rubric.

    A rubric of the project's own has no shipped labels, whatever it is called: its words are others.
    """
    own = labels_file(judges, rubric)
    if own.exists() or (judges / f"{rubric.id}.toml").exists():
        return own
    shipped = labels_file(content_folder("judges"), rubric)
    return shipped if shipped.exists() else own


def labels_to_check(path: Path, rubric: Rubric) -> tuple[Label, ...]:
    """Return the labels that a judge is checked against.

    Raises:
        DataError: there are none, or a line can't be read.
        RubricError: a label is of another rubric, or of another version of it.
    """
    labels = read_labels(path, rubric)
    if labels:
        return labels
    raise DataError(
        f"{path}: no labels of {rubric.id!r} are here, and a judge is checked against people's; draw answers of a "
        f"run for people with `harness review build RUN --for-judge {rubric.id}`, take labels over with `harness judge "
        "import`, or write a line of JSON for each answer or pair that people judged: docs/judge-check.md, Labels"
    )


def decided_today(check: JudgeCheck, rubric: Rubric, criterion: str = "") -> JudgeCheck:
    """Return an earlier check, decided by what the rubric asks for now: it may ask for more than it did, or for less.

    ``criterion`` is that of several by which is scored; empty for the mean of all, then each of them must hold. A check
    that was kept has no call that failed.
    """
    outcome, reasons = decide(check, limits_of(rubric), [criterion] if criterion else list(criteria_of(rubric)))
    return msgspec.structs.replace(check, outcome=outcome, reasons=reasons)


def checked(rubric: Rubric, asked: Asked, now: dt.datetime) -> JudgeCheck:
    """Return the check of a judge, decided by the rubric's limits.

    A call that failed is no verdict, and what it would have been is not known: then there are too few labels.
    """
    check = decided_today(measured(rubric, asked, now.astimezone(dt.UTC).isoformat(timespec="seconds")), rubric)
    outcome, reasons = check.outcome, check.reasons
    if failed := asked.failed:
        told = (
            f"{count(len(failed), 'verdict')} could not be had, the first: {failed[0].reason}; run the command again, "
            "and what was answered is not asked again"
        )
        outcome, reasons = "too few labels", (told,)
    return msgspec.structs.replace(check, outcome=outcome, reasons=reasons, fixed=fixed_verdicts(asked.readings))
