"""What a judge made of each labelled answer, or pair: its level beside people's, and its own words."""

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from harness.judges.labels import AnswerLabel, Label, PairLabel
from harness.judges.verdicts import StoredVerdict
from harness.records.answered import Response
from harness.records.asked import Case, Request
from harness.records.record import Json, Record
from harness.records.scored import Rubric, Score
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.judges.preferred import pair_scores
from harness.scorers.judges.prompt import FACTS
from harness.scorers.judges.reply import read_preference, read_score
from harness.scorers.judges.said import material_of
from harness.scorers.judges.scale import levels_of, scales_of, value_of

CHOICES = ("baseline", "tie", "candidate")
FAILED = "failed judge call"
"""The category of a score where the call failed, as judges give it: no verdict, and no fault of the judge's."""
FLIPPED = "flipped on swap"
OUTCOMES = {"baseline": 0.0, "tie": 0.5, "flipped": 0.5, "candidate": 1.0}


class Reading(Record, frozen=True, kw_only=True):
    """A label with the judge's verdict.

    ``value`` is the score of the answer, or of the candidate's answer, in [0, 1]; None where the verdict can't be read,
    or where the call ``failed``. ``orders`` is what each order of a pair said of the answer shown first: 1 that it is
    better, -1 that the other one is, 0 a tie; None where that is not known, as of a jury. ``flipped`` is None where one
    order alone was asked. ``words`` are the judge's, a text for each call.
    """

    label: Label
    value: float | None
    reason: str = ""
    failed: bool = False
    orders: tuple[float, float] | None = None
    flipped: bool | None = None
    words: tuple[str, ...] = ()

    @property
    def cluster(self) -> str:
        """What labels that are not independent share: the group of their case, else the case."""
        return self.label.group or f"case {self.label.case_id}"


def scale_of(rubric: Rubric) -> tuple[str, ...]:
    """Return what people and judge choose from, the lowest first; a pair's three choices have that order too.

    Of several criteria it is the finest scale: levels of the others stand where they are nearest on it.
    """
    return (
        CHOICES if rubric.kind == "pairwise" else max((tuple(levels) for levels in scales_of(rubric).values()), key=len)
    )


def place_of(value: float, levels: int) -> int:
    """Return the place of the level that is nearest to a score in [0, 1].

    >>> [place_of(value, 5) for value in (0, 0.25, 0.7, 1)], [place_of(value, 3) for value in (0.25, 0.5, 0.75)]
    ([0, 1, 3, 4], [0, 1, 2])
    """
    return round(value * (levels - 1))


def people_of(label: Label) -> str:
    """Return the level that most people gave, or the answer that they chose."""
    return str(label.level) if isinstance(label, AnswerLabel) else label.choice


def people_place(label: Label, rubric: Rubric) -> int:
    """Return the place of what people said on the scale of a rubric."""
    if not isinstance(label, AnswerLabel):
        return CHOICES.index(label.choice)
    return place_of(value_of(levels_of(rubric, label.criterion), label.level), len(scale_of(rubric)))


def case_of(label: Label) -> Case:
    """Return the case that a label is of, as a judge is shown it."""
    meta: dict[str, Json] = {} if label.facts is None else {FACTS: label.facts}
    return Case(id=label.case_id, messages=label.messages, expected=label.expected, group=label.group, meta=meta)


def answer_of(text: str) -> Response:
    """Return a labelled answer as a judge is shown it."""
    return Response(request_key="", text=text)


def by_criterion(judge: Judge, criterion: str) -> Judge:
    """Return a judge that scores by the criterion of a label."""
    return msgspec.structs.replace(judge, criterion=criterion)


def questions(judge: Judge | PairJudge, label: Label) -> tuple[Request, ...]:
    """Return what a judge is asked about a label: nothing where it needs no judge, as for an empty answer."""
    if isinstance(judge, Judge):
        judge = by_criterion(judge, _of_answer(label).criterion)
        return judge.requests(case_of(label), answer_of(_of_answer(label).answer))
    pair = _of_pair(label)
    return judge.requests(case_of(label), answer_of(pair.baseline), answer_of(pair.candidate))


def reading_of(rubric: Rubric, label: Label, score: Score, said: Sequence[Response]) -> Reading:
    """Return the reading of a label, given its score and the judge's first replies, in the order of ``questions``."""
    texts = tuple(one.said or one.reasoning for one in said)
    flipped, orders = None, None
    if isinstance(label, PairLabel) and score.value is not None:
        flipped = score.category.startswith(FLIPPED)
        read = [_of_first(rubric, label, text) for text in texts]
        orders = None if len(read) != 2 or None in read else (read[0] or 0.0, read[1] or 0.0)
    return Reading(
        label=label,
        value=score.value,
        reason=score.reason,
        failed=score.category == FAILED,
        orders=orders,
        flipped=flipped,
        words=texts,
    )


def stored_readings(
    rubric: Rubric, labels: Sequence[Label], verdicts: Mapping[str, StoredVerdict]
) -> tuple[Reading, ...]:
    """Return the readings of labels that have a stored verdict, each by the digest of what was read."""
    return tuple(
        _stored_pair(rubric, label, verdicts[label.read])
        if isinstance(label, PairLabel)
        else _stored_answer(rubric, label, verdicts[label.read])
        for label in labels
        if label.read in verdicts
    )


def _stored_answer(rubric: Rubric, label: AnswerLabel, verdict: StoredVerdict) -> Reading:
    read = partial(material_of, case_of(label), answer_of(label.answer))
    score = read_score(rubric, verdict.text, label.criterion, read)
    return Reading(label=label, value=score.value, reason=score.reason, words=(verdict.text,))


def _stored_pair(rubric: Rubric, label: PairLabel, verdict: StoredVerdict) -> Reading:
    if verdict.outcome is not None:
        is_flipped = verdict.outcome == "flipped"
        words = tuple(filter(None, (verdict.outcome, verdict.text)))
        return Reading(label=label, value=OUTCOMES[verdict.outcome], flipped=is_flipped, words=words)
    straight = _of_first(rubric, label, verdict.text)
    if verdict.swapped is None:
        return Reading(label=label, value=None if straight is None else (1 - straight) / 2, words=(verdict.text,))
    swapped, words = _of_first(rubric, label, verdict.swapped), (verdict.text, verdict.swapped)
    if straight is None or swapped is None:
        return Reading(label=label, value=None, words=words)
    _, score = pair_scores((1 + straight) / 2, (1 + swapped) / 2)
    flipped = score.category.startswith(FLIPPED)
    return Reading(label=label, value=score.value, orders=(straight, swapped), flipped=flipped, words=words)


def _of_first(rubric: Rubric, label: PairLabel, text: str) -> float | None:
    """Return what a verdict on a pair says of the answer shown first, from -1 to 1; None where it can't be read."""
    read = partial(material_of, case_of(label), answer_of(label.baseline), answer_of(label.candidate))
    better = read_preference(rubric, text, read)
    return None if better is None else 2 * better - 1


def _of_answer(label: Label) -> AnswerLabel:
    if not isinstance(label, AnswerLabel):
        raise TypeError("a rubric with a scale has labels of answers")
    return label


def _of_pair(label: Label) -> PairLabel:
    if not isinstance(label, PairLabel):
        raise TypeError("a pairwise rubric has labels of pairs")
    return label
