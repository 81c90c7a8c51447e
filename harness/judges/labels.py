"""People's labels, which a judge is checked against and corrected by: ``judges/<rubric>.labels.jsonl``.

A line holds what was read and what people said of it, so that a judge can be asked about the very same.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

from harness.errors import DataError, RubricError
from harness.records.messages import Message
from harness.records.record import Json, Record, digest
from harness.records.scored import Rubric
from harness.scorers.judges.scale import criteria_of, known_criterion, levels_of
from harness.text.atomic import locked_folder, write_durably
from harness.text.jsonl import load_jsonl

Preferred = Literal["baseline", "tie", "candidate"]
MOST_VOTES = 1000
"""The most votes that one label can have: every two of them are compared."""


class AnswerLabel(Record, frozen=True, kw_only=True):
    """The level that people gave an answer, by a rubric with a scale. ``votes`` counts the people who said each level.

    Without ``votes``, one person said it; ``by`` has who said what, where that is known. ``criterion`` names that of a
    rubric with several. An answer is its text, and a line for each call. ``group`` is that of the case. ``drawn`` is
    the id of the draw in which chance chose the answer among those of a run; empty where a person chose it, then it can
    check a judge and correct nothing. ``has_texts`` is False where a set of labels came without messages and answers:
    then ``case_id`` alone says what was read, and only stored verdicts can be checked by it. ``facts`` are those of the
    case's ``meta``, for a rubric that shows them.
    """

    rubric: str
    version: int
    case_id: str
    messages: tuple[Message, ...]
    answer: str
    level: int
    expected: Json = None
    criterion: str = ""
    votes: dict[str, int] = msgspec.field(default_factory=dict)
    by: dict[str, str] = msgspec.field(default_factory=dict)
    group: str | None = None
    drawn: str = ""
    has_texts: bool = True
    facts: Json = None

    @property
    def read(self) -> str:
        """Digest of the case and what was read: labels of the same are labels of one answer."""
        return _digest(self, (self.case_id, self.messages, self.expected, self.answer, self.criterion))


class PairLabel(Record, frozen=True, kw_only=True):
    """One pair as people saw it, in a fixed order, with the choice of most of them; ``votes`` counts all choices.

    The other fields are those of ``AnswerLabel``.
    """

    rubric: str
    version: int
    case_id: str
    messages: tuple[Message, ...]
    baseline: str
    candidate: str
    choice: Preferred
    expected: Json = None
    votes: dict[str, int] = msgspec.field(default_factory=dict)
    by: dict[str, str] = msgspec.field(default_factory=dict)
    group: str | None = None
    drawn: str = ""
    has_texts: bool = True
    facts: Json = None

    @property
    def read(self) -> str:
        """Digest of the case and what was read: labels of the same are labels of one pair."""
        return _digest(self, (self.case_id, self.messages, self.expected, self.baseline, self.candidate))


Label = AnswerLabel | PairLabel


def labels_file(judges: Path, rubric: Rubric) -> Path:
    """Return where the labels of a rubric are, in a folder of rubrics."""
    return judges / f"{rubric.id}.labels.jsonl"


def kind_of_labels(rubric: Rubric) -> type[Label]:
    """Return the record of a rubric's labels."""
    return AnswerLabel if rubric.kind == "scale" else PairLabel


def read_labels(path: Path, rubric: Rubric) -> tuple[Label, ...]:
    """Return the labels in a file, in its order; nothing where there is no such file.

    Raises:
        DataError: a line can't be read, or two lines label the same.
        RubricError: a label is of another rubric, or of another version of it.
    """
    if not path.exists():
        return ()
    found: list[Label] = []
    first: dict[str, int] = {}
    for line, label in load_jsonl(path, kind_of_labels(rubric), DataError):
        where = f"{path}:{line}"
        if label.rubric != rubric.id:
            raise RubricError(f"{where}: `rubric` is {label.rubric!r}, but these are labels of {rubric.id!r}")
        if label.version != rubric.version:
            raise RubricError(
                f"{where}: `version` is {label.version}, but {rubric.id!r} is at version {rubric.version}: its words "
                "have changed since; have these answers labelled again, or take the line out"
            )
        if isinstance(label, AnswerLabel):
            _check_level(label, rubric, where)
        _check_votes(label, rubric, where)
        if (known := first.setdefault(label.read, line)) != line:
            raise DataError(f"{where}: the same is labelled in line {known}; leave one of them")
        found.append(label)
    return tuple(found)


def add_labels(path: Path, rubric: Rubric, labels: Sequence[Label]) -> int:
    """Add labels to a file, and return how many are of something new in it; what is there already gets the new label.

    What chance chose once stays drawn. The file's folder is made if needed.

    Raises:
        DataError, RubricError: the file holds something else.
        StoreError: it can't be written.
    """
    with locked_folder(path.parent):
        known = read_labels(path, rubric)
        merged = {label.read: label for label in known}
        for label in labels:
            before = merged.get(label.read)
            drawn = label.drawn or (before.drawn if before else "")
            merged[label.read] = msgspec.structs.replace(label, drawn=drawn)
        write_durably(path, b"".join(msgspec.json.encode(label) + b"\n" for label in merged.values()))
    return len(merged) - len(known)


def _digest(label: Label, read: tuple[object, ...]) -> str:
    return digest(read if label.facts is None else (*read, label.facts))


def _check_level(label: AnswerLabel, rubric: Rubric, where: str) -> None:
    criteria = criteria_of(rubric)
    if criteria and not label.criterion:
        raise RubricError(f"{where}: `criterion` is missing; the criteria of {rubric.id!r} are {', '.join(criteria)}")
    try:
        levels = levels_of(rubric, known_criterion(rubric, label.criterion))
    except RubricError as problem:
        raise RubricError(f"{where}: {problem}") from problem
    if str(label.level) not in levels:
        raise RubricError(f"{where}: `level` is {label.level}; the levels are {', '.join(levels)}")


def _check_votes(label: Label, rubric: Rubric, where: str) -> None:
    known = levels_of(rubric, label.criterion) if isinstance(label, AnswerLabel) else get_args(Preferred)
    if strangers := [vote for vote, times in label.votes.items() if vote not in known or times < 1]:
        raise RubricError(
            f"{where}: `votes` has {strangers[0]!r}: {label.votes[strangers[0]]}; it counts the people who said each "
            f"of {', '.join(known)}, from 1"
        )
    if (votes := sum(label.votes.values())) > MOST_VOTES:
        raise RubricError(f"{where}: `votes` counts {votes:,} people; it can be {MOST_VOTES:,} at most")
    said = str(label.level) if isinstance(label, AnswerLabel) else label.choice
    if label.votes and not _is_among(said, label.votes):
        raise RubricError(
            f"{where}: `{'level' if isinstance(label, AnswerLabel) else 'choice'}` is {said!r}, but `votes` says "
            "otherwise: write what most people said, or between their votes, or take `votes` out"
        )


def _is_among(said: str, votes: Mapping[str, int]) -> bool:
    """Tell whether somebody said it, or it is between what people said, as a tie is between two choices."""
    if said in votes:
        return True
    if said in get_args(Preferred):
        return said == "tie" and len(votes) > 1
    levels = [int(level) for level in votes]
    return min(levels) < int(said) < max(levels)
