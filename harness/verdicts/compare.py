"""Turn two sides' scores into one comparison, paired by case. Unlike sides are refused, and no case is dropped."""

import itertools
import operator
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import msgspec

from harness import stats
from harness.errors import ScorerError
from harness.records.asked import ModelRef
from harness.records.compared import ClassTable, Comparison, Row
from harness.records.estimate import Estimate
from harness.records.in_columns import CaseScores, Rows
from harness.records.record import Record, digest
from harness.records.scored import Scores
from harness.verdicts.compare_corpus import figure_of, with_figure
from harness.verdicts.fates import changed
from harness.verdicts.fingerprint import accepted_differences
from harness.verdicts.paired_rows import paired_rows
from harness.verdicts.short_figures import with_short_figures


class Pairs(Record, frozen=True, kw_only=True):
    """The cases scored on both sides. ``passfail``: each score is 0 or 1 and no case belongs to a group."""

    baseline: Sequence[float]
    candidate: Sequence[float]
    groups: Sequence[str | None]
    passfail: bool

    @property
    def differences(self) -> Sequence[float]:
        """Candidate minus baseline, case by case."""
        return array("d", map(operator.sub, self.candidate, self.baseline))

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
    baseline, candidate = (
        msgspec.structs.replace(side, items=CaseScores.of(side.items)) for side in (baseline, candidate)
    )
    for side in (baseline, candidate):
        _refuse_outside(side)
    figure = figure_of(baseline, candidate)
    comparison = msgspec.structs.replace(pair(baseline, candidate, accepted), figure=figure)
    tables = _class_tables(Rows.of(comparison.rows), baseline, candidate)
    with_classes = msgspec.structs.replace(comparison, baseline_classes=tables[0], candidate_classes=tables[1])
    return over(with_classes, comparison.rows)


def pair(baseline: Scores, candidate: Scores, accepted: Collection[str] = ()) -> Comparison:
    """Pair the two sides by case as ``compare`` does, for any kind of measurement; only rows, no figures yet.

    Raises:
        IncomparableRuns, InputError, ScorerError: as ``compare``, except for the range of scores.
    """
    differences = accepted_differences(baseline, candidate, accepted)
    rows = paired_rows(baseline, candidate)
    comparison = without_figures(baseline.scorer, (baseline.model, candidate.model), rows, baseline.fingerprint)
    return msgspec.structs.replace(comparison, accepted=differences, key=_key(baseline, candidate))


def without_figures(
    scorer: str, models: tuple[ModelRef, ModelRef], rows: Sequence[Row], fingerprint: dict[str, str]
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
        unscored=_unscored(Rows.of(rows)),
        detectable=None,
        fingerprint=fingerprint,
    )


def _key(baseline: Scores, candidate: Scores) -> str:
    """Digest what was compared. A scorer's name can contain a lone surrogate, which JSON refuses."""
    entries = [sorted(side.fingerprint.items()) for side in (baseline, candidate)]
    return digest(ascii((baseline.scorer, entries)))


def over(comparison: Comparison, rows: Iterable[Row]) -> Comparison:
    """Return the comparison of the same two sides over other rows, with every figure computed from those rows."""
    rows = Rows.of(rows)
    pairs = paired(rows)
    by_means = msgspec.structs.replace(
        comparison,
        rows=rows,
        baseline_mean=_side_mean(pairs, pairs.baseline),
        candidate_mean=_side_mean(pairs, pairs.candidate),
        delta=_delta(pairs),
        lost=_with_fate("lost", rows),
        won=_with_fate("won", rows),
        unscored=_unscored(rows),
        detectable=_detectable(pairs),
    )
    by_means = with_short_figures(by_means)
    if comparison.judged is None:
        return with_figure(by_means)
    from harness.verdicts.by_labels import with_corrections  # no gate without a judge loads what labels need

    return with_corrections(by_means)


def paired(rows: Sequence[Row]) -> Pairs:
    """Return the cases that both sides have a score for."""
    held = Rows.of(rows)
    before, after, groups = held.baseline, held.candidate, held.groups
    missing = before.missing | after.missing
    if missing:
        scored = bytearray(b"\1") * len(held)
        for place in missing:
            scored[place] = 0
        sides = [array("d", itertools.compress(side.values, scored)) for side in (before, after)]
        known = tuple(itertools.compress(groups, scored))
    else:
        sides, known = [before.values, after.values], tuple(groups)
    passfail = all(side.count(0) + side.count(1) == len(side) for side in sides)
    return Pairs(
        baseline=sides[0],
        candidate=sides[1],
        groups=known,
        passfail=passfail and all(group is None for group in known),
    )


def scored_cases(comparison: Comparison) -> int:
    """Return how many cases both sides have a score for."""
    return comparison.delta.n if comparison.delta else 0


def belongs(tag: str, name: str) -> bool:
    """Tell whether a tag is of a slice: ``language-de`` is of ``language``."""
    return tag.startswith(f"{name}-") and tag != f"{name}-"


def _refuse_outside(scores: Scores) -> None:
    items = CaseScores.of(scores.items)
    if all(score.value is None or 0 <= score.value <= 1 for score in items.scores.different()):
        return
    for item in items:
        value = item.score.value
        if value is not None and not 0 <= value <= 1:
            raise ScorerError(
                f"{scores.scorer}: the score of case {item.case_id!r} is {value}, outside [0, 1]; "
                "correct the scorer, or make it return None for what it can't score"
            )


def _side_mean(pairs: Pairs, values: Sequence[float]) -> Estimate | None:
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


def _unscored(rows: Rows) -> tuple[str, ...]:
    if rows.unscored.only == [""]:
        return ()
    return tuple(case_id for case_id, why in zip(rows.case_ids, rows.unscored, strict=True) if why)


def _with_fate(fate: Literal["lost", "won"], rows: Rows) -> tuple[str, ...]:
    """Return the ids of the cases with a fate, the largest change first, then by id."""
    by_change: defaultdict[float, list[str]] = defaultdict(list)  # the changes of many cases are alike
    for place, before, now in changed(rows, fate):
        by_change[abs(now - before)].append(rows.case_ids[place])
    return tuple(case_id for change in sorted(by_change, reverse=True) for case_id in sorted(by_change[change]))


def _class_tables(rows: Rows, before: Scores, after: Scores) -> tuple[ClassTable | None, ClassTable | None]:
    """Return each side's table over the cases scored on both, with the same labels.

    None when a score carries no classes.
    """
    held = [CaseScores.of(side.items) for side in (before, after)]
    if not any(score.classes for side in held for score in side.scores.different()):
        return None, None
    scored = {case_id for case_id, why in zip(rows.case_ids, rows.unscored, strict=True) if not why}
    sides = [
        [score.classes for case_id, score in zip(side.case_ids, side.scores, strict=True) if case_id in scored]
        for side in held
    ]
    old, new = ([classes for classes in side if classes is not None] for side in sides)
    if not scored or [len(old), len(new)] != [len(side) for side in sides]:
        return None, None
    from harness.stats.classes import NO_LABEL, class_table

    # ``class_table`` itself adds the row for answers without a label.
    labels = sorted({label for classes in (*old, *new) for label in classes} - {NO_LABEL})
    return class_table(old, labels), class_table(new, labels)
