"""People's labels put beside the judge's scores of a comparison: the cases that ``harness.stats.judges`` corrects.

A label counts where chance chose its case and where what was read is what is compared now, to the letter.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from harness.judges.draws import SAME, Draw, DrawnFrom
from harness.judges.labels import AnswerLabel, Label, PairLabel
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import Row
from harness.records.messages import in_lines
from harness.records.record import Record, digest
from harness.records.scored import Rubric
from harness.scorers.judges.prompt import FACTS
from harness.scorers.judges.scale import criteria_of, levels_of, value_of
from harness.stats.judges.corrected import Judged

NOT_DRAWN = "not drawn from"
"""The stratum of cases that no draw knows: new ones, and those that were answered otherwise."""
WORTH = {"baseline": 0.0, "tie": 0.5, "candidate": 1.0}


class PairRead(Record, frozen=True, kw_only=True):
    """What a judge read of one case: both answers, each its text and a line for each call.

    ``alike`` says that reviewers would read the same twice, where something is cut for them; see ``review.toml``.
    """

    case: Case
    baseline: str
    candidate: str
    alike: bool = False

    @property
    def digest(self) -> str:
        """Digest of what was asked, expected, known and answered, in 16 hex digits."""
        facts = self.case.meta.get(FACTS)
        read = (self.case.messages, self.case.expected, self.baseline, self.candidate)
        return digest(read if facts is None else (*read, facts))[:16]

    @property
    def is_same(self) -> bool:
        """Whether both sides answered the same."""
        return self.alike or self.baseline.strip() == self.candidate.strip()


class Told(NamedTuple):
    """What people said by a rubric, and which cases chance had chosen; ``criterion`` is one of several, or empty."""

    rubric: Rubric
    labels: Sequence[Label]
    draws: Sequence[Draw]
    criterion: str = ""


class JudgedSides(NamedTuple):
    """Both sides' scores of the rows that have them, in their order, with what people said."""

    rows: tuple[Row, ...]
    baseline: tuple[Judged, ...]
    candidate: tuple[Judged, ...]

    @property
    def labels(self) -> int:
        """How many cases have a label that somebody gave."""
        return sum(one.people is not None and not one.settled for one in self.candidate)


def pair_read(case: Case, baseline: Response, candidate: Response) -> PairRead:
    """Return what is read of a case; of several repeats, give it the first that both sides answered."""
    return PairRead(
        case=case,
        baseline=in_lines(baseline.text, baseline.tool_calls),
        candidate=in_lines(candidate.text, candidate.tool_calls),
    )


def judged_cases(rows: Sequence[Row], read: Mapping[str, PairRead], told: Told) -> JudgedSides:
    """Return the cases of a comparison that have scores of both sides, as ``corrected_difference`` wants them.

    ``read`` has what was read, by case. The strata are those of the draw that knows most of these cases, the newest of
    several; labels count that chance chose then, or in another draw from the same cases and strata. Other cases are in
    the stratum ``NOT_DRAWN``, where nothing can be corrected. Where several people spoke, their mean counts; where a
    rubric has several criteria and none is named, the mean over all of them, once all have a level.
    """
    scored = _scored(rows, read)
    now = {row.case_id: read[row.case_id].digest for row in scored}
    draws = _together(now, told)
    strata = draws[-1].cases if draws else {}
    labels = _by_case(told, draws)
    sides: tuple[list[Judged], list[Judged]] = ([], [])
    for row in scored:
        pair = read[row.case_id]
        said: tuple[float | None, float | None]
        known = strata[row.case_id].stratum if _known(strata, row.case_id, now) else NOT_DRAWN
        if settled := told.rubric.kind == "pairwise" and (pair.is_same or known == SAME):
            known, said = SAME, (0.5, 0.5)
        else:
            said = (
                (None, None)
                if known == NOT_DRAWN
                else _said(told.rubric, told.criterion, pair, labels.get(row.case_id, ()))
            )
        for side, judge, people in zip(sides, (row.baseline, row.candidate), said, strict=True):
            if judge is not None:
                side.append(Judged(judge, people, row.group, known, settled))
    return JudgedSides(tuple(scored), tuple(sides[0]), tuple(sides[1]))


def same_population(rows: Sequence[Row], read: Mapping[str, PairRead], told: Told) -> list[Draw]:
    """Return the draws from these very cases in the strata of the newest of them, the oldest first."""
    now = {row.case_id: read[row.case_id].digest for row in _scored(rows, read)}
    same = [draw for draw in _of_rubric(told) if {name: one.read for name, one in draw.cases.items()} == now]
    return [draw for draw in same if draw.population == same[-1].population]


def worth_of_pair(label: PairLabel) -> float:
    """Return the candidate's value of a pair in [0, 1]: the mean of all votes, ties half."""
    votes = label.votes or {label.choice: 1}
    return math.fsum(WORTH[choice] * count for choice, count in votes.items()) / sum(votes.values())


def _scored(rows: Sequence[Row], read: Mapping[str, PairRead]) -> list[Row]:
    return [row for row in rows if row.baseline is not None and row.candidate is not None and row.case_id in read]


def _known(cases: Mapping[str, DrawnFrom], case_id: str, now: Mapping[str, str]) -> bool:
    known = cases.get(case_id)
    return known is not None and known.read == now[case_id]


def _together(now: Mapping[str, str], told: Told) -> list[Draw]:
    """Return the draws from the cases that most of these are; several where they were drawn from alike.

    ``now`` has the digest of what is read, by case.
    """
    draws = _of_rubric(told)
    populations = [draw.population for draw in draws]
    fits = Counter[str]()
    for population, draw in zip(populations, draws, strict=True):
        fits[population] = sum(_known(draw.cases, name, now) for name in now)
    best = max(populations[::-1], key=fits.__getitem__, default="")
    return [draw for population, draw in zip(populations, draws, strict=True) if population == best and fits[best]]


def _of_rubric(told: Told) -> list[Draw]:
    mine = (told.rubric.id, told.rubric.version)
    return [draw for draw in told.draws if {(one.rubric, one.version) for one in draw.cases.values()} == {mine}]


def _by_case(told: Told, draws: Sequence[Draw]) -> dict[str, list[Label]]:
    """Return the labels that chance chose, by case."""
    chosen = {(draw.id, name) for draw in draws for name, one in draw.cases.items() if one.chosen}
    found: dict[str, list[Label]] = {}
    for label in told.labels:
        if (label.drawn, label.case_id) in chosen and told.criterion in {"", getattr(label, "criterion", "")}:
            found.setdefault(label.case_id, []).append(label)
    return found


def _said(rubric: Rubric, criterion: str, pair: PairRead, labels: Sequence[Label]) -> tuple[float | None, float | None]:
    """Return what people make of the baseline's and of the candidate's answer."""
    for label in labels:
        if isinstance(label, PairLabel):
            worth = worth_of_pair(label)
            return 1 - worth, worth
    of_answers = [label for label in labels if isinstance(label, AnswerLabel)]
    wanted = {criterion} if criterion else {*criteria_of(rubric)} or {""}
    return _worth_of_answer(rubric, wanted, of_answers, pair.baseline), _worth_of_answer(
        rubric, wanted, of_answers, pair.candidate
    )


def _worth_of_answer(
    rubric: Rubric, criteria: Collection[str], labels: Sequence[AnswerLabel], answer: str
) -> float | None:
    """Return the mean over some criteria; None where one of them has no label."""
    found = {label.criterion: _level(rubric, label) for label in labels if label.answer == answer}
    return math.fsum(found[name] for name in criteria) / len(criteria) if found.keys() >= {*criteria} else None


def _level(rubric: Rubric, label: AnswerLabel) -> float:
    votes, levels = label.votes or {str(label.level): 1}, levels_of(rubric, label.criterion)
    total = math.fsum(value_of(levels, int(level)) * count for level, count in votes.items())
    return total / sum(votes.values())
