"""Statistics of judges: how far one can be trusted, and what is left of its figures when people's labels correct it.

A package of its own, which no gate without a judge loads. Numbers in, numbers out; seeded where chance is used;
intervals are at 95 % where no level is given, over clusters of cases. ``e_process`` of ``harness.stats`` says when
enough pairs have been judged.

Agreement of a judge with people, and of people with one another:
    kappa_estimate, alpha_estimate, level_table

Steadiness:
    swap_consistency, stability, unreadable_rate

Length:
    length_preference, length_controlled

Figures corrected by labels, and which cases to label next:
    corrected_mean, corrected_difference, paired_differences, missing_labels, corrected_p_value, passing_p_value,
    labels_needed, plan_labels, uncertainty_of_difference

Who moved, the judge or what it judges, looked at day by day:
    known_before, who_moved
"""

from harness.stats.judges.agreement import LevelTable, alpha_estimate, kappa_estimate, level_table
from harness.stats.judges.attributed import Anchor, Moved, Seen, known_before, who_moved
from harness.stats.judges.consistency import (
    BothOrders,
    JudgedLengths,
    LengthPreference,
    Stability,
    SwapConsistency,
    length_preference,
    stability,
    swap_consistency,
    unreadable_rate,
)
from harness.stats.judges.corrected import (
    FEWEST_LABELS,
    Judged,
    corrected_difference,
    corrected_mean,
    missing_labels,
    paired_differences,
)
from harness.stats.judges.deciding import corrected_p_value, labels_needed, passing_p_value
from harness.stats.judges.labelling import Doubt, LabelPlan, PlannedStratum, plan_labels, uncertainty_of_difference
from harness.stats.judges.lengths import length_controlled

__all__ = [
    "FEWEST_LABELS",
    "Anchor",
    "BothOrders",
    "Doubt",
    "Judged",
    "JudgedLengths",
    "LabelPlan",
    "LengthPreference",
    "LevelTable",
    "Moved",
    "PlannedStratum",
    "Seen",
    "Stability",
    "SwapConsistency",
    "alpha_estimate",
    "corrected_difference",
    "corrected_mean",
    "corrected_p_value",
    "kappa_estimate",
    "known_before",
    "labels_needed",
    "length_controlled",
    "length_preference",
    "level_table",
    "missing_labels",
    "paired_differences",
    "passing_p_value",
    "plan_labels",
    "stability",
    "swap_consistency",
    "uncertainty_of_difference",
    "unreadable_rate",
    "who_moved",
]
