"""Verdicts that a judge gave elsewhere, kept in a file: read in place of asking a judge.

What reads other people's files makes these records; ``harness judge check --verdicts`` reads lines of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from harness.errors import DataError
from harness.judges.labels import Label
from harness.records.record import Record
from harness.text.jsonl import load_jsonl


class StoredVerdict(Record, frozen=True, kw_only=True):
    """What a judge said of one labelled answer, or pair.

    ``label`` is the digest of what was read, ``read`` of its label, or the id of the case where only one label has it.
    ``text`` is the judge's raw text, as a rubric's reply is read: of a pair, where the baseline's answer was shown
    first; ``swapped`` is that of the other order, None where it was not asked. ``outcome`` is for pairs whose orders
    were put together before the words were lost; it takes the place of both texts.
    """

    label: str
    text: str = ""
    swapped: str | None = None
    outcome: Literal["baseline", "tie", "candidate", "flipped"] | None = None


def read_verdicts(path: Path) -> tuple[StoredVerdict, ...]:
    """Return the verdicts in a file, in its order.

    Raises:
        DataError: there is no such file, or a line can't be read.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file; verdicts are lines of JSON, see docs/judge-check.md")
    return tuple(verdict for _, verdict in load_jsonl(path, StoredVerdict, DataError))


def verdicts_by_label(labels: Sequence[Label], verdicts: Sequence[StoredVerdict]) -> Mapping[str, StoredVerdict]:
    """Return the verdict on each label by the digest of what was read; labels without one are left out.

    Verdicts on what nobody labelled are left out too.

    Raises:
        DataError: two verdicts are on one label, or one names a case of several labels.
    """
    cases = Counter(label.case_id for label in labels)
    by_name = {label.case_id: label.read for label in labels} | {label.read: label.read for label in labels}
    found: dict[str, StoredVerdict] = {}
    for verdict in verdicts:
        if cases[verdict.label] > 1:
            raise DataError(
                f"the verdict on {verdict.label!r}: {cases[verdict.label]} labels are of this case; name the one by "
                "the digest of what was read"
            )
        read = by_name.get(verdict.label)
        if read is not None and found.setdefault(read, verdict) is not verdict:
            raise DataError(f"two verdicts are on {verdict.label!r}; leave one of them")
    return found
