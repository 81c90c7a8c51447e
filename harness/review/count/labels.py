"""What people preferred, as labels that a pairwise judge is calibrated with: ``judges/<rubric>.labels.jsonl``."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import DataError, StoreError
from harness.records.asked import Message
from harness.records.record import Record, digest
from harness.review.count.tally import by_case, majority
from harness.review.count.unblind import CastVote, Preferred, answers_of
from harness.review.packets.folder import Opened
from harness.text.atomic import write_durably
from harness.text.jsonl import load_jsonl


class PairLabel(Record, frozen=True, kw_only=True):
    """One pair as people saw it, in a fixed order, with the choice of most of them; ``votes`` counts all choices.

    An answer is its text, and a line for each call.
    """

    case_id: str
    messages: tuple[Message, ...]
    expected: str | None
    baseline: str
    candidate: str
    choice: Preferred
    votes: dict[Preferred, int]

    @property
    def pair(self) -> str:
        """Digest of what was read: labels of the same are labels of one pair."""
        return digest((self.messages, self.baseline, self.candidate))


def labels_of(reviews: Sequence[Opened], votes: Sequence[CastVote]) -> tuple[PairLabel, ...]:
    """Return one label for each case that has votes."""
    shown = {case_id: seen for review in reviews for case_id, seen in answers_of(review).items()}
    return tuple(
        PairLabel(
            case_id=case_id,
            messages=shown[case_id].messages,
            expected=shown[case_id].expected,
            baseline=shown[case_id].baseline.said,
            candidate=shown[case_id].candidate.said,
            choice=majority(cast),
            votes=dict(sorted(Counter(vote.preferred for vote in cast).items())),
        )
        for case_id, cast in by_case(votes).items()
    )


def add_labels(path: Path, labels: Sequence[PairLabel]) -> int:
    """Add labels to a file, and return how many pairs are new in it; a pair that is there already gets the new label.

    Its folder is made if needed.

    Raises:
        DataError: the file holds something else.
        StoreError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{path.parent}: this folder can't be made: {problem.strerror}") from problem
    known = [label for _, label in load_jsonl(path, PairLabel, DataError)] if path.exists() else []
    merged = {label.pair: label for label in (*known, *labels)}
    write_durably(path, b"".join(msgspec.json.encode(label) + b"\n" for label in merged.values()))
    return len(merged) - len({label.pair for label in known})
