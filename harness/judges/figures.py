"""The figures of a check: how far a judge agrees with people, how steady it is, what it prefers. Nothing is decided."""

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from harness.judges.labels import AnswerLabel, Label, PairLabel
from harness.judges.readings import Reading, people_place, place_of, scale_of
from harness.records.estimate import Estimate
from harness.records.judged import CriterionCheck, JudgeCheck, VoteAgreement
from harness.records.record import Record
from harness.records.scored import Rubric
from harness.scorers.judges.scale import criteria_of, levels_of
from harness.stats.agreement import Weights, level_distances
from harness.stats.judges import (
    BothOrders,
    JudgedLengths,
    LengthPreference,
    alpha_estimate,
    kappa_estimate,
    length_preference,
    level_table,
    stability,
    swap_consistency,
    unreadable_rate,
)
from harness.stats.judges.figures import UNSEEN
from harness.stats.means import mean_interval

TIE = "tie"


class Asked(Record, frozen=True, kw_only=True):
    """What a judge said: of every label, and of some of them again, each further asking in one tuple."""

    judge: str
    readings: tuple[Reading, ...]
    again: tuple[tuple[Reading, ...], ...] = ()

    @property
    def failed(self) -> tuple[Reading, ...]:
        """Every call that failed, of any asking."""
        return tuple(one for asking in (self.readings, *self.again) for one in asking if one.failed)


class _Read(Record, frozen=True, kw_only=True):
    """A verdict that could be read: people's level, the judge's, and the cluster."""

    reading: Reading
    people: str
    judge: str


def measured(rubric: Rubric, asked: Asked, checked: str = "") -> JudgeCheck:
    """Return all figures of a check, which is not decided yet: its outcome is "too few labels", without reasons.

    Cases of one group are one cluster, and so are labels of one case. Calls that failed are left out everywhere; what
    can't be read counts as such, and nowhere else but in ``agreement_of_all``. ``checked`` is an ISO time in UTC.
    """
    answered = [one for one in asked.readings if not one.failed]
    levels = scale_of(rubric)
    read = [_read(one, rubric, levels) for one in answered if one.value is not None]
    pairs, groups = [(one.people, one.judge) for one in read], [one.reading.cluster for one in read]
    table = level_table(pairs, levels, groups)
    weighted = rubric.kind == "scale"
    kappa = _kappa(pairs, levels, groups, "quadratic" if weighted else "none")
    repeats = [] if not asked.again else _ratings(asked, levels)
    steady = stability([scores for scores, _ in repeats], [cluster for _, cluster in repeats])
    lengths = _lengths(read, weighted=weighted)
    return JudgeCheck(
        rubric=rubric.id,
        version=rubric.version,
        digest=rubric.digest,
        judge=asked.judge,
        labels=len(answered),
        independent=len({one.cluster for one in answered}),
        outcome="too few labels",
        agreement=table.accuracy if table else None,
        agreement_of_all=_agreement_of_all(answered, read),
        by_level=table.by_level if table else (),
        kappa=kappa,
        kappa_decided=None if weighted else _kappa_decided(read),
        weighted=weighted,
        criteria={name: _of_criterion(answered, rubric, name) for name in criteria_of(rubric)},
        votes=_votes(read),
        people=_alpha([one.label for one in answered], answered),
        unreadable=unreadable_rate(sum(one.value is None for one in answered), len(answered)),
        flips=_flips(answered),
        first_place=_first_place(answered),
        repeated=steady.full_agreement if steady else None,
        icc=steady.icc if steady else None,
        longer_wins=lengths.longer_wins,
        beyond_people=lengths.beyond_people,
        levels=levels,
        table=table.confusion if table else (),
        checked=checked,
    )


def _read(reading: Reading, rubric: Rubric, levels: Sequence[str]) -> _Read:
    level = levels[place_of(reading.value or 0.0, len(levels))]
    return _Read(reading=reading, people=levels[people_place(reading.label, rubric)], judge=level)


def _kappa(
    pairs: Sequence[tuple[str, str]], levels: Sequence[str], groups: Sequence[str], weights: Weights
) -> Estimate | None:
    """Return Cohen's kappa; of a judge that gave everything one level it is 0, as that of any guess.

    Its interval then is what so many labels can miss: ``UNSEEN`` verdicts of another level, all right or all wrong. It
    stays None where people gave everything one level.
    """
    found = kappa_estimate(pairs, levels, groups, weights)
    if found is not None or len({people for people, _ in pairs}) < 2:
        return found
    distances, places = level_distances(len(levels), weights), {level: place for place, level in enumerate(levels)}
    apart = fmean(float(distances[places[people], places[judge]]) for people, judge in pairs)
    reach = min(UNSEEN / len(set(groups)) / apart, 1.0)
    return Estimate(mean=0.0, low=-reach, high=reach, n=len(pairs), method="one level for all, and what it can hide")


def _of_criterion(answered: Sequence[Reading], rubric: Rubric, name: str) -> CriterionCheck:
    """Return what was found of one criterion, on its own scale."""
    levels = tuple(levels_of(rubric, name))
    own = [(one, label) for one in answered if isinstance(label := one.label, AnswerLabel) and label.criterion == name]
    pairs = [
        (str(label.level), levels[place_of(one.value, len(levels))], one.cluster)
        for one, label in own
        if one.value is not None
    ]
    groups = [cluster for *_, cluster in pairs]
    return CriterionCheck(
        labels=len(own),
        independent=len({one.cluster for one, _ in own}),
        kappa=_kappa([(people, judge) for people, judge, _ in pairs], levels, groups, "quadratic"),
    )


def _agreement_of_all(answered: Sequence[Reading], read: Sequence[_Read]) -> Estimate | None:
    """Return the agreement with what can't be read as disagreement; None where all can be read."""
    if len(read) == len(answered):
        return None
    unread = [one.cluster for one in answered if one.value is None]
    right = [float(one.people == one.judge) for one in read] + [0.0] * len(unread)
    return mean_interval(right, [*(one.reading.cluster for one in read), *unread])


def _kappa_decided(read: Sequence[_Read]) -> Estimate | None:
    """Return kappa where neither people nor the judge said that it is a tie."""
    decided = [one for one in read if TIE not in (one.people, one.judge)]
    pairs = [(one.people, one.judge) for one in decided]
    return kappa_estimate(pairs, ("baseline", "candidate"), [one.reading.cluster for one in decided])


def _votes(read: Sequence[_Read]) -> VoteAgreement | None:
    """Return how single votes agree, with the judge and with one another; None where nobody's votes are kept."""
    judge = [(vote, one.judge, one.reading.cluster) for one in read for vote in votes_of(one.reading.label)]
    people = [(*pair, one.reading.cluster) for one in read for pair in combinations(votes_of(one.reading.label), 2)]
    if not people:
        return None
    return VoteAgreement(
        judge=_same(judge),
        judge_decided=_same([each for each in judge if TIE not in each[:2]]),
        people=_same(people),
        people_decided=_same([each for each in people if TIE not in each[:2]]),
    )


def votes_of(label: Label) -> tuple[str, ...]:
    """Return each vote that people gave; nothing where they were not kept."""
    return tuple(level for level, times in sorted(label.votes.items()) for _ in range(times))


def _same(pairs: Sequence[tuple[str, str, str]]) -> Estimate | None:
    if not pairs:
        return None
    return mean_interval([float(one == other) for one, other, _ in pairs], [cluster for _, _, cluster in pairs])


def _alpha(labels: Sequence[Label], answered: Sequence[Reading]) -> Estimate | None:
    """Return how far people agree with one another: levels by the square of their distance, choices by name."""
    clusters = [one.cluster for one in answered]
    if any(isinstance(label, AnswerLabel) for label in labels):
        return alpha_estimate([[int(vote) for vote in votes_of(label)] for label in labels], clusters, "interval")
    return alpha_estimate([votes_of(label) for label in labels], clusters)


def _flips(answered: Sequence[Reading]) -> Estimate | None:
    known = [one for one in answered if one.flipped is not None]
    if not known:
        return None
    return mean_interval([float(bool(one.flipped)) for one in known], [one.cluster for one in known])


def _first_place(answered: Sequence[Reading]) -> Estimate | None:
    found = swap_consistency([BothOrders(*one.orders, one.cluster) for one in answered if one.orders is not None])
    return found.first_place if found else None


def _ratings(asked: Asked, levels: Sequence[str]) -> list[tuple[list[float], str]]:
    """Return the levels that each label got each time, where all verdicts on it can be read, and its cluster."""
    askings = (asked.readings, *asked.again)
    said = [{one.label.read: one for one in asking if not one.failed} for asking in askings]
    found = []
    for read, first in said[0].items():
        values = [one.value for asking in said if (one := asking.get(read)) is not None]
        if len(values) > 1 and None not in values:
            found.append(([float(place_of(value or 0.0, len(levels))) for value in values], first.cluster))
    return found


def _lengths(read: Sequence[_Read], *, weighted: bool) -> LengthPreference:
    """Return what is known of a preference for length: nothing of labels that came without texts."""
    known = [one for one in read if one.reading.label.has_texts]
    return length_preference(_of_answers(known) if weighted else _of_pairs(known))


def _of_pairs(read: Sequence[_Read]) -> list[JudgedLengths]:
    signs = {"baseline": -1.0, TIE: 0.0, "candidate": 1.0}
    return [
        JudgedLengths(
            judge=signs[one.judge],
            longer_by=len(label.candidate) - len(label.baseline),
            people=signs[one.people],
            group=one.reading.cluster,
        )
        for one in read
        if isinstance(label := one.reading.label, PairLabel)
    ]


def _of_answers(read: Sequence[_Read]) -> list[JudgedLengths]:
    """Return pairs of answers on a scale: each of the shorter half with one of the longer half, in order of length.

    So each answer is in one pair, and the lengths of a pair are far apart; a higher level is a win.
    """
    found = sorted(
        ((len(label.answer), label.read, one) for one in read if isinstance(label := one.reading.label, AnswerLabel)),
        key=lambda each: each[:2],
    )
    half = len(found) // 2
    return [
        JudgedLengths(
            judge=int(longer.judge) - int(shorter.judge),
            longer_by=more - less,
            people=int(longer.people) - int(shorter.people),
            group=shorter.reading.cluster,
        )
        for (less, _, shorter), (more, _, longer) in zip(found[:half], found[len(found) - half :], strict=True)
    ]
