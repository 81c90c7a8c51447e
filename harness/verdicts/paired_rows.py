"""Two sides' scores as rows: one for each case, repeats averaged, and what is missing said. No case is dropped."""

import operator
import statistics
from collections.abc import Mapping, Sequence

from harness.errors import IncomparableRuns, ScorerError
from harness.records.compared import Row
from harness.records.in_columns import CaseScores, Rows, all_different
from harness.records.scored import CaseScore, Score, Scores
from harness.verdicts.compare_corpus import counts_of

ByCase = Mapping[str, tuple[CaseScore, ...]]
"""The scores of one side: by case id, in the order of the file, then by repeat."""


def paired_rows(baseline: Scores, candidate: Scores) -> Rows:
    """Return a row for each case of either side.

    Raises:
        IncomparableRuns: a case is in different groups.
        ScorerError: a case has two scores for the same repeat.
    """
    before, after = CaseScores.of(baseline.items), CaseScores.of(candidate.items)
    if before.share_cases(after) and all_different(before.case_ids):
        return _of_same_cases(before, after)
    return _rows(_by_case(baseline), _by_case(candidate))


def _of_same_cases(before: CaseScores, after: CaseScores) -> Rows:
    """Return the rows of cases that both sides answered once, in the same order: column by column."""
    rows = Rows()
    rows.case_ids, rows.groups, rows.tags = before.case_ids, before.groups, before.tags
    for side, numbers in ((before, rows.baseline), (after, rows.candidate)):
        for value in side.scores.each(operator.attrgetter("value")):
            numbers.add(value)
    for old, new in zip(before.scores.each(_lacking), after.scores.each(_lacking), strict=True):
        rows.unscored.add(_why_unscored(old, new) if old or new else "")
        rows.labels.add(None)
    if any(score.counts for side in (before, after) for score in side.scores.different()):
        for old_counts, new_counts in zip(before.scores.each(_sums), after.scores.each(_sums), strict=True):
            rows.counts.add((old_counts, new_counts) if old_counts or new_counts else None)
    else:
        for _ in range(len(before)):
            rows.counts.add(None)
    return rows


def _lacking(score: Score) -> str:
    """Return why an answer has no score, or nothing."""
    return "" if score.value is not None else score.reason or "no reason given"


def _sums(score: Score) -> tuple[int, ...]:
    return score.counts.sums if score.counts is not None else ()


def _why_unscored(old: str, new: str) -> str:
    """Return what both sides lack in one text."""
    if old == new and old:
        return f"both sides: {old}"
    return "; ".join(f"{side}: {gap}" for side, gap in (("baseline", old), ("candidate", new)) if gap)


def _by_case(scores: Scores) -> ByCase:
    found: dict[str, tuple[CaseScore, ...]] = {}
    for item in scores.items:
        others = found.get(item.case_id, ())
        if any(item.repeat == other.repeat for other in others):
            raise ScorerError(
                f"{scores.scorer}: case {item.case_id!r} has two scores for repeat {item.repeat}; "
                "score each answer once, and give each case its own id"
            )
        found[item.case_id] = (*others, item)
    return found


def _rows(before: ByCase, after: ByCase) -> Rows:
    repeats = frozenset(item.repeat for side in (before, after) for answers in side.values() for item in answers)
    return Rows.of(_row(case_id, before, after, repeats) for case_id in {**before, **after})


def _row(case_id: str, before: ByCase, after: ByCase, repeats: frozenset[int]) -> Row:
    old, new = before.get(case_id, ()), after.get(case_id, ())
    unscored = _why_unscored(_gap(old, repeats), _gap(new, repeats))
    if not (old and new):
        unscored = f"only the {'baseline' if old else 'candidate'} answered"
    return Row(
        case_id=case_id,
        group=_group(case_id, [*old, *new]),
        tags=(old or new)[0].tags,
        baseline=_mean(old, repeats),
        candidate=_mean(new, repeats),
        unscored=unscored,
        counts=counts_of(old, new, len(repeats)),
    )


def _gap(answers: Sequence[CaseScore], repeats: frozenset[int]) -> str:
    """Return why a side has no score for a case, or nothing."""
    for item in answers:
        if item.score.value is None:
            return _lacking(item.score)
    missing = len(repeats) - len(answers)
    return f"{missing} of {len(repeats)} repeats missing" if missing else ""


def _mean(answers: Sequence[CaseScore], repeats: frozenset[int]) -> float | None:
    values = [item.score.value for item in answers if item.score.value is not None]
    if not values or len(values) != len(repeats):
        return None
    return values[0] if len(values) == 1 else statistics.fmean(values)


def _group(case_id: str, items: Sequence[CaseScore]) -> str | None:
    groups = list(dict.fromkeys(item.group for item in items))
    if len(groups) > 1:
        raise IncomparableRuns(
            f"case {case_id!r} is in group {groups[0]!r} and in group {groups[1]!r}; "
            "ask both sides with the same case file"
        )
    return groups[0]
