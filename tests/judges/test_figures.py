"""The figures of a check, each against a value worked out by hand."""

import msgspec
import pytest

from harness.judges.figures import Asked, measured
from harness.judges.readings import Reading
from harness.judges.told import figure_rows
from harness.records.scored import TrustLimits
from harness.scorers.judges.rubric import named_rubric
from tests.judges.made import COMPLETENESS, HELPFULNESS, paired, rated


def asked_of(labels, values, again=()) -> Asked:
    """Return a judge's values of labels, and those of further askings."""
    first, *others = (
        tuple(Reading(label=label, value=value) for label, value in zip(labels, each, strict=False))
        for each in (values, *again)
    )
    return Asked(judge="j", readings=first, again=tuple(others))


def test_levels_agree_by_the_square_of_their_distance():
    """Of levels 1, 2, 5, 5 by people and 1, 4, 5, 4 by the judge: kappa = 1 - 5 / 22."""
    labels = [rated(number, level) for number, level in enumerate((1, 2, 5, 5))]

    check = measured(COMPLETENESS, asked_of(labels, (0.0, 0.75, 1.0, 0.75)))

    # Squared distances are 0, 4, 0, 1; by chance, the mean of (people - judge)^2 over all 16 pairs is 88 / 16.
    assert check.kappa.mean == pytest.approx(1 - (5 / 4) / (88 / 16))
    assert (check.agreement.mean, check.weighted) == (0.5, True)
    assert [found and found.mean for found in check.by_level] == [1.0, 0.0, None, None, 0.5]
    assert check.table == ((1, 0, 0, 0, 0), (0, 0, 0, 1, 0), (0,) * 5, (0,) * 5, (0, 0, 0, 1, 1))


def test_single_votes_count_each():
    """The judge says candidate twice; of five votes it has three, and of four pairs of votes two agree."""
    labels = [
        msgspec.structs.replace(paired(1, 1, 2), votes={"candidate": 2, "baseline": 1}),
        msgspec.structs.replace(paired(2, 1, 2), votes={"candidate": 1, "tie": 1}),
    ]

    votes = measured(HELPFULNESS, asked_of(labels, (1.0, 1.0))).votes

    assert (votes.judge.mean, votes.judge.n) == (0.6, 5)
    assert (votes.judge_decided.mean, votes.judge_decided.n) == (0.75, 4)
    assert (votes.people.mean, votes.people.n) == (0.25, 4)
    assert votes.people_decided.mean == pytest.approx(1 / 3)


def test_repeated_verdicts_are_the_same_or_not():
    """Three answers, the last of which is never read twice."""
    labels = [rated(number, 3) for number in range(3)]

    check = measured(COMPLETENESS, asked_of(labels, (0.5, 0.5, None), [(0.5, 0.75, 0.5), (0.5, 0.5, 0.5)]))

    assert (check.repeated.mean, check.repeated.n) == (0.5, 2)
    assert (check.unreadable.mean, check.unreadable.n) == (pytest.approx(1 / 3), 3)


def test_a_judge_that_gives_one_level_has_the_kappa_of_chance():
    """And of 20 labels, half of them 1 and half 5, it can have hidden 3.69 others; people's one level tells nothing."""
    labels = [rated(number, 1 + number % 2 * 4) for number in range(20)]

    alike, untold = (
        measured(COMPLETENESS, asked_of(each, [0.0] * 20)).kappa
        for each in (labels, [rated(number, 5) for number in range(20)])
    )

    assert (alike.mean, untold) == (0.0, None)
    assert alike.high == -alike.low == pytest.approx(3.6889 / 20 / 0.5, rel=1e-4)


def test_nothing_measured_is_no_figure():
    """Without any label, and with one."""
    none, one = (measured(HELPFULNESS, asked_of(labels, [1.0])) for labels in ([], [paired(1, 1, 2)]))

    assert (none.labels, none.kappa, none.agreement, none.unreadable, none.flips) == (0, None, None, None, None)
    assert (one.labels, one.kappa, one.agreement.mean) == (1, None, 1.0)
    assert [row.name for row in figure_rows(none, TrustLimits())] == [
        "Cohen's kappa",
        "agreement",
        "unreadable verdicts",
        "the longer answer wins",
    ]
    assert figure_rows(none, TrustLimits())[-1].value == "not known"


def test_labels_that_came_without_texts_say_nothing_of_length():
    """What stands in place of their answers, as the names of models, has a length of its own."""
    pairs = [paired(1, 1, 2, words=(0, 3)), paired(2, 1, 2, words=(0, 3)), paired(3, 1, 2, words=(3, 0))]
    bare = [msgspec.structs.replace(one, has_texts=False, messages=()) for one in pairs]
    rated_bare = [msgspec.structs.replace(rated(n, n, words=n), has_texts=False) for n in (1, 5)]

    known, part, none = (
        measured(HELPFULNESS, asked_of(one, [1.0] * 3)) for one in (pairs, [*pairs[:2], bare[2]], bare)
    )

    assert (known.longer_wins.mean, known.longer_wins.n) == (pytest.approx(2 / 3), 3)
    assert (part.longer_wins.mean, part.longer_wins.n) == (1.0, 2)
    assert (none.longer_wins, none.beyond_people) == (None, None)
    assert measured(COMPLETENESS, asked_of(rated_bare, [0.0, 1.0])).longer_wins is None
    assert none.agreement.mean == 1.0


def test_a_judge_that_knows_only_which_criterion_is_mostly_met_agrees_on_none():
    """It gives one criterion the highest level and the other the lowest: people do so in nine of ten."""
    rubric = named_rubric("support_reply")
    labels = [
        msgspec.structs.replace(
            rated(number, (5 if name == "tone" else 1) if number % 10 else 3), rubric=rubric.id, criterion=name
        )
        for number in range(80)
        for name in ("tone", "format")
    ]

    check = measured(rubric, asked_of(labels, [1.0 if one.criterion == "tone" else 0.0 for one in labels]))

    assert check.kappa.mean > 0.9
    assert {name: one.kappa.mean for name, one in check.criteria.items() if one.kappa} == {"tone": 0.0, "format": 0.0}
    assert {name: one.independent for name, one in check.criteria.items()} == {
        "correctness": 0,
        "completeness": 0,
        "format": 80,
        "tone": 80,
    }
    assert [row.name for row in figure_rows(check, TrustLimits())][1:5] == [
        "- correctness",
        "- completeness",
        "- format",
        "- tone",
    ]
