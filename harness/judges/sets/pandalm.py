"""PandaLM's test set (Wang and others 2023, arXiv:2306.05087): pairs of answers, three people each, and judges.

Files of labels have ``idx``, ``instruction``, ``input``, ``response1``, ``response2`` and ``annotator1`` to
``annotator3``: 0 for a tie, 1 or 2. Files of a judge have ``idx`` and one key ``..._result``. The first response is the
baseline.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import DataError
from harness.judges.labels import PairLabel, Preferred
from harness.judges.sets.taken import Rows, Taken, most, refuse_wrong_kind, rows_in, text_in
from harness.judges.verdicts import StoredVerdict
from harness.records.messages import Message
from harness.records.record import Json, digest
from harness.records.scored import Rubric

PEOPLE = ("annotator1", "annotator2", "annotator3")
CHOICES: Mapping[str, Preferred] = {"0": "tie", "1": "baseline", "2": "candidate"}
REPLIES = {"0": "tie", "Tie": "tie", "1": "A", "2": "B"}
RESULT = "_result"


def from_pandalm(files: Sequence[Path], rubric: Rubric) -> Taken:
    """Return a label for each pair, with what each of the three said, and the verdicts of each judge's file.

    A judge's result is kept as the reply of one order; what is none of its three words is kept as it is, unreadable.

    Raises:
        DataError: a file can't be read, a row is wrong, or no file has labels.
        RubricError: the rubric has a scale.
    """
    refuse_wrong_kind(rubric, "pairwise", "PandaLM's labels")
    labels: dict[str, PairLabel] = {}
    judged: dict[str, Rows] = {}
    for file in files:
        rows = rows_in(file)
        if all(PEOPLE[0] in row for _, row in rows):
            labels |= {text_in(row, "idx", place): _label(rubric, row, place) for place, row in rows}
        else:
            judged[file.stem] = rows
    if not labels:
        raise DataError(f"{', '.join(map(str, files))}: no file has people's labels; PandaLM's is testset-v1.json")
    return Taken(
        labels=tuple(labels.values()),
        verdicts={name: tuple(_verdict(labels, row, place) for place, row in rows) for name, rows in judged.items()},
    )


def _label(rubric: Rubric, row: dict[str, Json], place: str) -> PairLabel:
    by: dict[str, str] = {name: _choice(text_in(row, name, place), name, place) for name in PEOPLE}
    asked = (text_in(row, "instruction", place), text_in(row, "input", place))
    votes = dict(sorted(Counter(by.values()).items()))
    return PairLabel(
        rubric=rubric.id,
        version=rubric.version,
        case_id=f"pandalm-{text_in(row, 'idx', place)}",
        messages=(Message(role="user", content="\n\n".join(filter(None, asked))),),
        baseline=text_in(row, "response1", place),
        candidate=text_in(row, "response2", place),
        choice=most(votes),
        votes=votes,
        by=by,
        group=f"instruction {digest(asked)[:12]}",
    )


def _choice(said: str, name: str, place: str) -> Preferred:
    if said not in CHOICES:
        raise DataError(f"{place}: `{name}` is {said!r}; it can be 0 for a tie, 1 or 2")
    return CHOICES[said]


def _verdict(labels: Mapping[str, PairLabel], row: dict[str, Json], place: str) -> StoredVerdict:
    key = next((key for key in row if key.endswith(RESULT)), None)
    if key is None:
        raise DataError(f"{place}: has neither people's labels ({PEOPLE[0]}, ...) nor a judge's `...{RESULT}`")
    name, said = text_in(row, "idx", place), text_in(row, key, place)
    label = labels.get(name)
    better = REPLIES.get(said)
    return StoredVerdict(
        label=label.read if label else f"pandalm-{name}",
        text=f'{{"better": "{better}"}}' if better else said,
    )
