"""From a tallied review to labels of a pairwise rubric: what must be true of both before a label is written."""

from pathlib import Path

from harness.errors import NoSuchModel, ReviewError, RubricError
from harness.judges.draws import draws_file, read_draws
from harness.judges.labels import PairLabel, labels_file, read_labels
from harness.records.scored import Rubric
from harness.review.count.labels import labels_of
from harness.review.packets.folder import Opened
from harness.review.session import Findings
from harness.runs.folder import read_answers
from harness.runs.names import find_run


def review_labels(
    rubric: Rubric, judges: Path, findings: Findings, runs: Path, run: str | None
) -> tuple[PairLabel, ...]:
    """Return what reviewers preferred as labels of a rubric, one for each case with votes; nothing is written.

    ``judges`` is the folder of rubrics, ``runs`` that of runs; ``run`` names the run that was reviewed where it is not
    among them.

    Raises:
        RubricError: the rubric has a scale, or there are labels of another version of it.
        ReviewError: the run is not here, or has other answers, or the cases were drawn for another rubric or version.
    """
    if rubric.kind != "pairwise":
        raise RubricError(f"--to-labels {rubric.id}: people chose between two answers, but this rubric has a scale")
    read_labels(labels_file(judges, rubric), rubric)
    for review in findings.reviews:
        _refuse_other_draw(review, rubric, draws_file(judges, rubric))
    name = run or findings.reviews[0].key.run
    try:
        folder = find_run(runs, name)
    except NoSuchModel as problem:
        raise ReviewError(f"--to-labels {rubric.id}: {problem}; labels hold what the run was asked") from problem
    return labels_of(rubric, findings.reviews, findings.unblinded.votes, read_answers(folder))


def _refuse_other_draw(review: Opened, rubric: Rubric, path: Path) -> None:
    """Refuse a review whose cases were drawn for labels of something else, since nobody could weigh them."""
    draws = {draw.id: draw for draw in read_draws(path)}
    for case in review.key.cases:
        if not case.draw:
            continue
        known = draws[case.draw].cases.get(case.case_id) if case.draw in draws else None
        if known is None or not known.chosen:
            raise ReviewError(
                f"{review.folder}: was built for a draw that is not in {path}; tally it for the rubric it was built "
                "for, or restore that file, which belongs under version control"
            )
        if known.version != rubric.version:
            raise ReviewError(
                f"{review.folder}: was built for version {known.version} of {rubric.id!r}, which is at version "
                f"{rubric.version} now: reviewers were asked in other words; build a new review"
            )
