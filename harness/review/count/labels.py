"""What people preferred in reviews, as labels of a pairwise judge; see ``harness/judges/labels.py``."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import get_args

from harness.errors import ReviewError
from harness.judges.labels import PairLabel
from harness.records.asked import Case, Side
from harness.records.saved import Answer
from harness.records.scored import Rubric
from harness.review.count.tally import by_case, majority
from harness.review.count.unblind import CastVote, SeenCase, answers_of
from harness.review.packets.folder import Opened
from harness.review.packets.records import SeenAnswer
from harness.scorers.judges.prompt import facts_to_show


def labels_of(
    rubric: Rubric, reviews: Sequence[Opened], votes: Sequence[CastVote], answers: Iterable[Answer]
) -> tuple[PairLabel, ...]:
    """Return one label for each case that has votes: its answers as reviewers read them, and the case as it was asked.

    ``answers`` are those of the run.

    Raises:
        ReviewError: the run has not the answers that reviewers read.
    """
    shown = {case_id: seen for review in reviews for case_id, seen in answers_of(review).items()}
    cast = by_case(votes)
    asked = _asked(shown, {case_id: each[0] for case_id, each in cast.items()}, answers)
    return tuple(
        PairLabel(
            rubric=rubric.id,
            version=rubric.version,
            case_id=case_id,
            messages=asked[case_id].messages,
            expected=asked[case_id].expected,
            baseline=shown[case_id].baseline.said,
            candidate=shown[case_id].candidate.said,
            choice=majority(each),
            votes=dict(sorted(Counter(str(vote.preferred) for vote in each).items())),
            by={vote.reviewer: vote.preferred for vote in each},
            group=each[0].case.group,
            drawn=each[0].case.draw,
            facts=facts_to_show(rubric, asked[case_id]),
        )
        for case_id, each in cast.items()
    )


def _asked(shown: dict[str, SeenCase], voted: dict[str, CastVote], answers: Iterable[Answer]) -> dict[str, Case]:
    """Return each case as it was asked, where both its answers are those that reviewers read."""
    found: dict[tuple[str, Side], Case] = {}
    for one in answers:
        vote = voted.get(one.case.id)
        if vote is None or vote.case.requests.get(one.side, one.response.request_key) != one.response.request_key:
            continue
        seen = shown[one.case.id]
        if _is_shown(one, seen.baseline if one.side == "baseline" else seen.candidate):
            found.setdefault((one.case.id, one.side), one.case)
    for case_id in voted:
        for side in get_args(Side):
            if (case_id, side) not in found:
                raise ReviewError(
                    f"the run doesn't hold what reviewers read as the {side}'s answer to case {case_id!r}; was it made "
                    "anew since? --run names the run that was reviewed"
                )
    return {case_id: found[case_id, "candidate"] for case_id in voted}


def _is_shown(answer: Answer, seen: SeenAnswer) -> bool:
    """Tell whether an answer is the one that was shown, less what was cut from its start and white space at its end.

    Packets of version 0.1 have calls as lines of the text.
    """
    response = answer.response
    said = (response.text.rstrip(), SeenAnswer(text=response.text.rstrip(), calls=response.tool_calls).said)
    return said[0].endswith(seen.text) if seen.calls == response.tool_calls else said[1].endswith(seen.text)
