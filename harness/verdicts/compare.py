"""Turn two sides' scores into one comparison, paired by case. Unlike sides are refused, and no case is dropped."""

import statistics
from collections.abc import Collection, Mapping, Sequence

import msgspec

from harness import stats
from harness.errors import IncomparableRuns, ScorerError
from harness.records.asked import ModelRef
from harness.records.compared import ClassTable, Comparison, Row
from harness.records.estimate import Estimate
from harness.records.record import Record, digest
from harness.records.scored import CaseScore, Scores
from harness.verdicts.compare_corpus import counts_of, figure_of, with_figure
from harness.verdicts.fates import Fate, fate_of
from harness.verdicts.fingerprint import accepted_differences
from harness.verdicts.short_figures import with_short_figures

ByCase = Mapping[str, tuple[CaseScore, ...]]
"""The scores of one side: by case id, in the order of the file, then by repeat."""


class Pairs(Record, frozen=True, kw_only=True):
    """The cases scored on both sides. ``passfail``: each score is 0 or 1 and no case belongs to a group."""

    baseline: tuple[float, ...]
    candidate: tuple[float, ...]
    groups: tuple[str | None, ...]
    passfail: bool

    @property
    def differences(self) -> tuple[float, ...]:
        """Candidate minus baseline, case by case."""
        return tuple(after - before for before, after in zip(self.baseline, self.candidate, strict=True))

    @property
    def flips(self) -> bool:
        """Whether each case passed or failed on both sides, in groups or not."""
        return stats.all_flips(self.differences)


def compare(baseline: Scores, candidate: Scores, accepted: Collection[str] = ()) -> Comparison:
    """Pair the two sides' scores by case, repeats averaged first.

    A case without a score for every repeat on both sides is unscored: it stays in ``rows`` and counts in ``unscored``,
    but is not part of any figure. ``accepted`` names entries of the fingerprint in which the sides may differ.

    Raises:
        IncomparableRuns: the sides differ in scorer, fingerprint, or a case's group.
        InputError: ``accepted`` names an unknown entry, or one in which no difference can be accepted.
        ScorerError: a score is outside [0, 1], a case has two scores for the same repeat, or only some scores carry
            counts.
    """
    for side in (baseline, candidate):
        _refuse_outside(side)
    figure = figure_of(baseline, candidate)
    comparison = msgspec.structs.replace(pair(baseline, candidate, accepted), figure=figure)
    tables = _class_tables(comparison.rows, baseline, candidate)
    with_classes = msgspec.structs.replace(comparison, baseline_classes=tables[0], candidate_classes=tables[1])
    return over(with_classes, comparison.rows)


def pair(baseline: Scores, candidate: Scores, accepted: Collection[str] = ()) -> Comparison:
    """Pair the two sides by case as ``compare`` does, for any kind of measurement; only rows, no figures yet.

    Raises:
        IncomparableRuns, InputError, ScorerError: as ``compare``, except for the range of scores.
    """
    differences = accepted_differences(baseline, candidate, accepted)
    rows = _rows(_by_case(baseline), _by_case(candidate))
    comparison = without_figures(baseline.scorer, (baseline.model, candidate.model), rows, baseline.fingerprint)
    return msgspec.structs.replace(comparison, accepted=differences, key=_key(baseline, candidate))


def without_figures(
    scorer: str, models: tuple[ModelRef, ModelRef], rows: tuple[Row, ...], fingerprint: dict[str, str]
) -> Comparison:
    """Return a comparison of two models, the baseline first, with its rows but no figures yet."""
    baseline, candidate = models
    return Comparison(
        scorer=scorer,
        baseline=baseline,
        candidate=candidate,
        baseline_mean=None,
        candidate_mean=None,
        delta=None,
        rows=rows,
        lost=(),
        won=(),
        unscored=tuple(row.case_id for row in rows if row.unscored),
        detectable=None,
        fingerprint=fingerprint,
    )


def _key(baseline: Scores, candidate: Scores) -> str:
    """Digest what was compared. A scorer's name can contain a lone surrogate, which JSON refuses."""
    entries = [sorted(side.fingerprint.items()) for side in (baseline, candidate)]
    return digest(ascii((baseline.scorer, entries)))


def over(comparison: Comparison, rows: tuple[Row, ...]) -> Comparison:
    """Return the comparison of the same two sides over other rows, with every figure computed from those rows."""
    pairs = paired(rows)
    by_means = msgspec.structs.replace(
        comparison,
        rows=rows,
        baseline_mean=_side_mean(pairs, pairs.baseline),
        candidate_mean=_side_mean(pairs, pairs.candidate),
        delta=_delta(pairs),
        lost=_with_fate("lost", rows),
        won=_with_fate("won", rows),
        unscored=tuple(row.case_id for row in rows if row.unscored),
        detectable=_detectable(pairs),
    )
    by_means = with_short_figures(by_means)
    if comparison.judged is None:
        return with_figure(by_means)
    from harness.verdicts.by_labels import with_corrections  # no gate without a judge loads what labels need

    return with_corrections(by_means)


def paired(rows: Sequence[Row]) -> Pairs:
    """Return the cases that both sides have a score for."""
    scored = [
        (row.baseline, row.candidate, row.group)
        for row in rows
        if row.baseline is not None and row.candidate is not None
    ]
    return Pairs(
        baseline=tuple(before for before, _, _ in scored),
        candidate=tuple(after for _, after, _ in scored),
        groups=tuple(group for _, _, group in scored),
        passfail=all(before in {0, 1} and after in {0, 1} and group is None for before, after, group in scored),
    )


def scored_cases(comparison: Comparison) -> int:
    """Return how many cases both sides have a score for."""
    return comparison.delta.n if comparison.delta else 0


def belongs(tag: str, name: str) -> bool:
    """Tell whether a tag is of a slice: ``language-de`` is of ``language``."""
    return tag.startswith(f"{name}-") and tag != f"{name}-"


def _refuse_outside(scores: Scores) -> None:
    for item in scores.items:
        value = item.score.value
        if value is not None and not 0 <= value <= 1:
            raise ScorerError(
                f"{scores.scorer}: the score of case {item.case_id!r} is {value}, outside [0, 1]; "
                "correct the scorer, or make it return None for what it can't score"
            )


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


def _rows(before: ByCase, after: ByCase) -> tuple[Row, ...]:
    repeats = frozenset(item.repeat for side in (before, after) for answers in side.values() for item in answers)
    return tuple(_row(case_id, before, after, repeats) for case_id in {**before, **after})


def _row(case_id: str, before: ByCase, after: ByCase, repeats: frozenset[int]) -> Row:
    old, new = before.get(case_id, ()), after.get(case_id, ())
    gaps = {"baseline": _gap(old, repeats), "candidate": _gap(new, repeats)}
    unscored = "; ".join(f"{side}: {gap}" for side, gap in gaps.items() if gap)
    if gaps["baseline"] == gaps["candidate"] and unscored:
        unscored = f"both sides: {gaps['baseline']}"
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
            return item.score.reason or "no reason given"
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


def _side_mean(pairs: Pairs, values: tuple[float, ...]) -> Estimate | None:
    if not values:
        return None
    return stats.mean_interval(values, pairs.groups)


def _delta(pairs: Pairs) -> Estimate | None:
    return stats.paired_mean_interval(pairs.differences, pairs.groups) if pairs.groups else None


def _detectable(pairs: Pairs) -> float | None:
    """Return the minimum detectable effect at the spread seen.

    No spread doesn't mean that every drop would be seen. Where hardly any case differs, the answer is at least the
    change that Tango's interval cannot rule out on as many clusters without any difference. None where no change would
    be found so often, since none is larger than 1.
    """
    sd = stats.effective_sd(pairs.differences, pairs.groups)
    if sd is None:
        return None
    effect = stats.minimum_detectable_effect(len(pairs.groups), sd)
    if stats.mostly_equal(pairs.differences, pairs.groups):
        effect = max(effect, stats.paired_score_interval(0, 0, stats.count_clusters(pairs.groups))[1])
    return effect if effect <= 1 else None


def _with_fate(fate: Fate, rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the ids of the cases with a fate, the largest change first, then by id."""
    found = [
        (-abs(row.candidate - row.baseline), row.case_id)
        for row in rows
        if row.baseline is not None and row.candidate is not None and fate_of(row) == fate
    ]
    return tuple(case_id for _, case_id in sorted(found))


def _class_tables(rows: Sequence[Row], before: Scores, after: Scores) -> tuple[ClassTable | None, ClassTable | None]:
    """Return each side's table over the cases scored on both, with the same labels.

    None when a score carries no classes.
    """
    scored = {row.case_id for row in rows if not row.unscored}
    sides = [[item.score.classes for item in side.items if item.case_id in scored] for side in (before, after)]
    old, new = ([classes for classes in side if classes is not None] for side in sides)
    if not scored or [len(old), len(new)] != [len(side) for side in sides]:
        return None, None
    from harness.stats.classes import NO_LABEL, class_table

    # ``class_table`` itself adds the row for answers without a label.
    labels = sorted({label for classes in (*old, *new) for label in classes} - {NO_LABEL})
    return class_table(old, labels), class_table(new, labels)
