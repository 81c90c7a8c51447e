"""From the files of a review to its findings: open, read, unblind, count, decide."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from harness.config.whole import HarnessConfig
from harness.errors import NoSuchModel, ReviewError, StoreError
from harness.records.record import Record
from harness.review.count.judges import JudgeAgreement, judges_against_people
from harness.review.count.stopping import how_far
from harness.review.count.tally import Tally, tally
from harness.review.count.unblind import CastVote, Unblinded, unblind, without
from harness.review.count.verdict import ReviewVerdict, decide_review
from harness.review.packets.folder import Opened, default_key, open_review
from harness.review.votes.ballots import Received, read_ballots
from harness.runs.folder import read_judgements, read_run
from harness.runs.names import find_run
from harness.text.figures import count


class TallyPlan(Record, frozen=True, kw_only=True):
    """What is to be tallied. ``keys`` is empty, or one for each folder. ``run`` is None to look among the runs.

    ``until`` is None where the number of cases was chosen before any vote was seen.
    """

    folders: tuple[Path, ...]
    keys: tuple[Path, ...]
    ballots: tuple[Path, ...]
    leave_out: tuple[str, ...]
    run: str | None
    until: Literal["decided"] | None


class Findings(Record, frozen=True, kw_only=True):
    """Everything that came out of a review."""

    reviews: tuple[Opened, ...]
    unblinded: Unblinded
    left_out: tuple[str, ...]
    tally: Tally
    verdict: ReviewVerdict
    judges: tuple[JudgeAgreement, ...]


def examine(plan: TallyPlan, config: HarnessConfig, root: Path) -> Findings:
    """Return everything that the ballots say. ``root`` is the folder with harness.toml.

    Raises:
        ReviewError: a packet, a key or a ballot is refused; the text names it.
        NoSuchModel: the run that was named is not there.
    """
    reviews = _open(plan)
    ballots = read_ballots(plan.ballots, reviews)
    unblinded = without(unblind(reviews, ballots), plan.leave_out)
    counted = tally(unblinded)
    finished = _finished(ballots, plan.leave_out)
    progress = how_far(unblinded.votes, config.review.min_win_rate) if plan.until else None
    return Findings(
        reviews=reviews,
        unblinded=unblinded,
        left_out=plan.leave_out,
        tally=counted,
        verdict=decide_review(counted, finished, config.review, progress),
        judges=_judges(plan, reviews, unblinded.votes, root / config.runs),
    )


def _open(plan: TallyPlan) -> tuple[Opened, ...]:
    if not plan.folders:
        raise ReviewError(
            "no folder of packets was named; name one, as in `harness review tally review/ ballots/*.json`"
        )
    if plan.keys and len(plan.keys) != len(plan.folders):
        raise ReviewError(
            f"--key: got {count(len(plan.keys), 'key')} for {count(len(plan.folders), 'folder')}; "
            "give one key for each folder"
        )
    keys = plan.keys or tuple(default_key(folder) for folder in plan.folders)
    return tuple(open_review(folder, key) for folder, key in zip(plan.folders, keys, strict=True))


def _finished(ballots: Sequence[Received], left_out: Sequence[str]) -> int:
    """Count the reviewers whose ballots are all finished and count."""
    unfinished = {one.ballot.reviewer for one in ballots if not one.ballot.finished}
    return len({one.ballot.reviewer for one in ballots} - unfinished - set(left_out))


def _judges(
    plan: TallyPlan, reviews: Sequence[Opened], votes: Sequence[CastVote], runs: Path
) -> tuple[JudgeAgreement, ...]:
    """Compare the run's judges with people; if the run or its scores are gone, that is not an error."""
    key = reviews[0].key
    try:
        folder = find_run(runs, plan.run or key.run)
        run = read_run(folder)
    except NoSuchModel:
        if plan.run is not None:
            raise
        return ()
    if run.id != key.run:
        raise ReviewError(f"--run {plan.run}: this is run {run.id!r}, but the review is of run {key.run!r}")
    try:
        return judges_against_people(run, read_judgements(folder), key.suite, votes)
    except StoreError:
        if plan.run is not None:
            raise
        return ()
