"""MT-Bench (Zheng and others 2023, arXiv:2306.05685): votes of people, and GPT-4's, between answers to 80 questions.

Rows have ``question_id``, ``turn``, ``model_a``, ``model_b``, ``winner``, ``judge``. Of a pair, the model that is first
in the alphabet is the baseline. The published votes come with both conversations; subsets without them are read too.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal, NamedTuple

from harness.errors import DataError
from harness.judges.labels import PairLabel, Preferred
from harness.judges.sets.taken import Rows, Taken, most, refuse_wrong_kind, rows_in, text_in
from harness.judges.verdicts import StoredVerdict
from harness.records.messages import Message
from harness.records.record import Json, Record
from harness.records.scored import Rubric
from harness.text.figures import count

PEOPLE = ("expert_", "author_")
WINNERS = ("model_a", "model_b", "tie", "tie (inconsistent)")


class Wanted(Record, frozen=True, kw_only=True):
    """Which votes to take: of experts alone, or of all people; of one turn, or, with None, of both."""

    votes: Literal["expert", "all"] = "all"
    turn: int | None = None


class _Vote(NamedTuple):
    case_id: str
    question: str
    judge: str
    said: Preferred
    flipped: bool
    texts: tuple[tuple[Message, ...], str, str] | None


def from_mtbench(files: Sequence[Path], rubric: Rubric, wanted: Wanted) -> Taken:
    """Return people's votes on each pair as one label, and what each other judge said of it.

    A pair that both models answered in a first turn has texts where its rows have. In a second turn each answer has a
    history of its own, so it has none. "tie (inconsistent)" is a verdict that changed with the order.

    Raises:
        DataError: a file can't be read, or a row is no vote.
        RubricError: the rubric has a scale.
    """
    refuse_wrong_kind(rubric, "pairwise", "MT-Bench's votes")
    votes = [vote for file in files for vote in _votes(rows_in(file), wanted)]
    people = sorted((vote for vote in votes if vote.judge.startswith(PEOPLE)), key=lambda vote: vote.case_id)
    taken = [vote for vote in people if wanted.votes == "all" or vote.judge.startswith("expert_")]
    labels = tuple(_label(rubric, list(cast)) for _, cast in groupby(taken, key=lambda vote: vote.case_id))
    by_case = {label.case_id: label.read for label in labels}
    verdicts: defaultdict[str, list[StoredVerdict]] = defaultdict(list)
    for vote in votes:
        if not vote.judge.startswith(PEOPLE):
            outcome = "flipped" if vote.flipped else vote.said
            verdicts[vote.judge].append(StoredVerdict(label=by_case.get(vote.case_id, vote.case_id), outcome=outcome))
    left = len(people) - len(taken)
    return Taken(
        labels=labels,
        verdicts={judge: tuple(each) for judge, each in verdicts.items()},
        notes=(f"{count(left, 'vote')} of authors left out",) if left else (),
    )


def _votes(rows: Rows, wanted: Wanted) -> list[_Vote]:
    return [_vote(row, place) for place, row in rows if wanted.turn is None or row.get("turn") == wanted.turn]


def _vote(row: dict[str, Json], place: str) -> _Vote:
    models = {key: text_in(row, key, place) for key in ("model_a", "model_b")}
    winner, turn, question = (
        text_in(row, "winner", place),
        text_in(row, "turn", place),
        text_in(row, "question_id", place),
    )
    if winner not in WINNERS:
        raise DataError(f"{place}: `winner` is {winner!r}; it can be {', '.join(WINNERS)}")
    baseline, candidate = sorted(models.values())
    won = models.get(winner)
    said: Preferred = "tie" if won is None else "baseline" if won == baseline else "candidate"
    conversations = [row.get(f"conversation_{key[-1]}") for key in sorted(models, key=models.__getitem__)]
    return _Vote(
        case_id=f"{question} turn {turn}: {baseline}, {candidate}",
        question=f"question {question}",
        judge=text_in(row, "judge", place),
        said=said,
        flipped=winner == "tie (inconsistent)",
        texts=_texts(conversations, place) if turn == "1" and None not in conversations else None,
    )


def _texts(conversations: Sequence[Json], place: str) -> tuple[tuple[Message, ...], str, str]:
    """Return the first question, and both first answers."""
    found = []
    for conversation in conversations:
        if not isinstance(conversation, list) or len(conversation) < 2:
            raise DataError(f"{place}: a conversation must be a list of turns, a question first and then an answer")
        asked, answered = conversation[:2]
        if not isinstance(asked, dict) or not isinstance(answered, dict):
            raise DataError(f"{place}: a turn of a conversation must be an object with `role` and `content`")
        found.append((text_in(asked, "content", place), text_in(answered, "content", place)))
    (question, baseline), (_, candidate) = found
    return (Message(role="user", content=question),), baseline, candidate


def _label(rubric: Rubric, cast: Sequence[_Vote]) -> PairLabel:
    votes: dict[str, int] = dict(sorted(Counter(str(vote.said) for vote in cast).items()))
    messages, baseline, candidate = next((vote.texts for vote in cast if vote.texts), ((), "", ""))
    by: dict[str, str] = {}
    for vote in cast:
        by.setdefault(vote.judge, vote.said)
    return PairLabel(
        rubric=rubric.id,
        version=rubric.version,
        case_id=cast[0].case_id,
        messages=messages,
        baseline=baseline,
        candidate=candidate,
        choice=most(votes),
        votes=votes,
        by=by,
        group=cast[0].question,
        has_texts=bool(messages),
    )
