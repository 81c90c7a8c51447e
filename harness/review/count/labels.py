"""What people preferred in reviews, as labels of a pairwise judge; see ``harness/judges/labels.py``."""

from collections import Counter
from collections.abc import Sequence

from harness.judges.labels import PairLabel
from harness.records.scored import Rubric
from harness.review.count.tally import by_case, majority
from harness.review.count.unblind import CastVote, answers_of
from harness.review.packets.folder import Opened


def labels_of(rubric: Rubric, reviews: Sequence[Opened], votes: Sequence[CastVote]) -> tuple[PairLabel, ...]:
    """Return one label for each case that has votes."""
    shown = {case_id: seen for review in reviews for case_id, seen in answers_of(review).items()}
    return tuple(
        PairLabel(
            rubric=rubric.id,
            version=rubric.version,
            case_id=case_id,
            messages=shown[case_id].messages,
            expected=shown[case_id].expected,
            baseline=shown[case_id].baseline.said,
            candidate=shown[case_id].candidate.said,
            choice=majority(cast),
            votes=dict(sorted(Counter(vote.preferred for vote in cast).items())),
            group=cast[0].case.group,
        )
        for case_id, cast in by_case(votes).items()
    )
