"""Statistics of paired scores: numbers in, numbers out; pure, and seeded where chance is used.

Signs: a difference is candidate minus baseline. ``lost`` counts cases that the baseline had right and the candidate
has wrong, ``won`` the reverse. Wrong arguments are a ValueError; thresholds and words belong to verdicts/.

Pass or fail, one cluster per case:
    score_p_value, paired_score_interval, mcnemar_exact, wilson_interval, repeated_flips_p_value

How large one side's share or mean really is:
    exact_interval, share_p_value, mean_p_value, highest_bound, share_interval,
    cases_needed_share

Graded scores, and cases in groups:
    paired_mean_interval, mean_interval
    all_flips, count_clusters, design_effect, effective_clusters, effective_counts, effective_sd, mostly_equal

Either:
    margin_p_value, guaranteed_margin_p_value, drop_p_value, fewest_cases,
    guaranteed_fewest_cases

Figures of all answers, from counts that are added up:
    corpus_figure, corpus_bootstrap

Quantities without an upper end, such as seconds:
    paired_figures, fewest_clusters

What a number of cases can show:
    minimum_detectable_effect, noise_floor, cases_needed, cases_needed_passfail, cases_needed_like, cases_needed_as_in
    guaranteed_cases_needed, guaranteed_cases_needed_passfail, guaranteed_cases_needed_like

Several tests at once, and tests while the answers come in:
    holm, e_process

A part of the cases, asked in random order, and what all of them would say:
    looks, errors_at_looks, standard_errors, betting_p_value, drawn_chance, worst_flips, mean_needed

Several candidates against one baseline:
    joint_of, simultaneous_intervals, each_error_rate, behind_best, winner_of, winners_interval

Where losses concentrate:
    concentrations

Several readers of the same cases:
    cohen_kappa, weighted_kappa, krippendorff_alpha

Before and now, two independent samples:
    Counted, Averaged, averaged; share_change, mean_change, change_of, order_change, shape_change, mix_change,
    classifier_change, told_apart (by_size, by_kind); two_samples for all of them together

A part of a suite, drawn by strata, and what it says of the whole:
    draw_units; Part, part_difference, part_mean, part_margin_p_value, part_drop_p_value, part_spread, smallest_drop

Figures over days:
    panel, control_chart, scored_chart, classifier_score, limits_for, Watched; average_run_length, width_for

What a judge is worth is in ``harness.stats.judges``.
"""

from harness.stats.agreement import cohen_kappa, krippendorff_alpha, weighted_kappa
from harness.stats.betting import betting_p_value
from harness.stats.binomial import exact_interval, share_p_value
from harness.stats.bootstrap import CorpusFigures, corpus_bootstrap
from harness.stats.classifier import classifier_change, classifier_score
from harness.stats.clusters import (
    all_flips,
    count_clusters,
    design_effect,
    effective_clusters,
    effective_counts,
    mostly_equal,
)
from harness.stats.concentration import Concentration, Flips, concentrations
from harness.stats.corpus import CorpusFigure, corpus_figure
from harness.stats.corrections import holm
from harness.stats.distributions import mix_change, order_change, shape_change
from harness.stats.drops import (
    drop_p_value,
    fewest_cases,
    guaranteed_fewest_cases,
    guaranteed_margin_p_value,
    margin_p_value,
)
from harness.stats.ewma import Watched, control_chart, limits_for, panel, scored_chart
from harness.stats.flips import repeated_flips_p_value
from harness.stats.group_sequential import errors_at_looks, looks, standard_errors
from harness.stats.held_out import by_kind, by_size, told_apart
from harness.stats.independent import change_of, mean_change, share_change
from harness.stats.joint import Joint, joint_of
from harness.stats.means import mean_interval, paired_mean_interval
from harness.stats.part import (
    Part,
    Scope,
    of_all,
    of_suite,
    part_difference,
    part_drop_p_value,
    part_margin_p_value,
    part_mean,
    part_spread,
    smallest_drop,
)
from harness.stats.passfail import (
    mcnemar_exact,
    paired_score_interval,
    score_p_value,
    wilson_interval,
)
from harness.stats.pilots import cases_needed_as_in
from harness.stats.power import (
    cases_needed,
    cases_needed_like,
    cases_needed_passfail,
    guaranteed_cases_needed,
    guaranteed_cases_needed_like,
    guaranteed_cases_needed_passfail,
    minimum_detectable_effect,
    noise_floor,
)
from harness.stats.ratios import PairedFigures, fewest_clusters, paired_figures
from harness.stats.run_lengths import average_run_length, width_for
from harness.stats.shares import cases_needed_share, highest_bound, mean_p_value, share_interval
from harness.stats.simultaneous import behind_best, each_error_rate, simultaneous_intervals
from harness.stats.skewed import effective_sd
from harness.stats.stopping import EProcess, e_process
from harness.stats.strata import draw_units
from harness.stats.summed import Averaged, Counted, averaged
from harness.stats.two_sample import two_samples
from harness.stats.unasked import drawn_chance, mean_needed, worst_flips
from harness.stats.winners import winner_of, winners_interval

__all__ = [
    "Averaged",
    "Concentration",
    "CorpusFigure",
    "CorpusFigures",
    "Counted",
    "EProcess",
    "Flips",
    "Joint",
    "PairedFigures",
    "Part",
    "Scope",
    "Watched",
    "all_flips",
    "average_run_length",
    "averaged",
    "behind_best",
    "betting_p_value",
    "by_kind",
    "by_size",
    "cases_needed",
    "cases_needed_as_in",
    "cases_needed_like",
    "cases_needed_passfail",
    "cases_needed_share",
    "change_of",
    "classifier_change",
    "classifier_score",
    "cohen_kappa",
    "concentrations",
    "control_chart",
    "corpus_bootstrap",
    "corpus_figure",
    "count_clusters",
    "design_effect",
    "draw_units",
    "drawn_chance",
    "drop_p_value",
    "e_process",
    "each_error_rate",
    "effective_clusters",
    "effective_counts",
    "effective_sd",
    "errors_at_looks",
    "exact_interval",
    "fewest_cases",
    "fewest_clusters",
    "guaranteed_cases_needed",
    "guaranteed_cases_needed_like",
    "guaranteed_cases_needed_passfail",
    "guaranteed_fewest_cases",
    "guaranteed_margin_p_value",
    "highest_bound",
    "holm",
    "joint_of",
    "krippendorff_alpha",
    "limits_for",
    "looks",
    "margin_p_value",
    "mcnemar_exact",
    "mean_change",
    "mean_interval",
    "mean_needed",
    "mean_p_value",
    "minimum_detectable_effect",
    "mix_change",
    "mostly_equal",
    "noise_floor",
    "of_all",
    "of_suite",
    "order_change",
    "paired_figures",
    "paired_mean_interval",
    "paired_score_interval",
    "panel",
    "part_difference",
    "part_drop_p_value",
    "part_margin_p_value",
    "part_mean",
    "part_spread",
    "repeated_flips_p_value",
    "score_p_value",
    "scored_chart",
    "shape_change",
    "share_change",
    "share_interval",
    "share_p_value",
    "simultaneous_intervals",
    "smallest_drop",
    "standard_errors",
    "told_apart",
    "two_samples",
    "weighted_kappa",
    "width_for",
    "wilson_interval",
    "winner_of",
    "winners_interval",
    "worst_flips",
]
