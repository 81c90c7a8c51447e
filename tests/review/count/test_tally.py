"""Counting votes: against figures computed by hand, mirrored, simulated, and with nothing to count."""

import math
import random
import statistics

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from harness.errors import ReviewError
from harness.review.count.tally import majority, tally, weighted_mean_interval
from harness.review.count.unblind import CastVote, Preferred, Unblinded, preferred_by, unblind, without
from harness.review.packets.blind import draw_sides
from harness.review.packets.records import Ballot, KeyCase, KeyPair, Vote
from harness.review.votes.ballots import Received
from harness.stats import mean_interval
from tests.review.sample import Choose, attentive, cast, flipped, for_side, opened, review_of, vote


def received(*ballots: Ballot):
    """Return ballots as they come from checked files of one review."""
    return [Received(source=f"{one.reviewer}.json", review=0, ballot=one) for one in ballots]


def voted(reviewer: str, number: int, preferred: Preferred, **more: object) -> CastVote:
    """Return one vote by side."""
    case = KeyCase(case_id=f"case-{number}", group=None, stratum="", weight=1.0)
    said = {"baseline": True, "candidate": True}
    nothing = {"reasons": {"baseline": (), "candidate": ()}, "note": "", "both_bad": False, "ships": said}
    return CastVote(**{"reviewer": reviewer, "case": case, "preferred": preferred, **nothing, **more})


def counted(votes, attention=()):
    """Count votes."""
    return tally(Unblinded(votes=tuple(votes), attention=tuple(attention)))


def test_a_tally_equals_the_one_by_hand(tmp_path):
    """Two reviewers, four cases: candidate, candidate; candidate, tie; baseline, candidate; both bad, baseline."""
    review = review_of(tmp_path, 4, reviewers=2)
    order = [case.case_id for case in review.key.cases]
    wanted = [("candidate", "candidate"), ("candidate", "tie"), ("baseline", "candidate"), ("bad", "baseline")]

    def voter(number) -> Choose:
        def choose(pair, _seen) -> Vote:
            choice = wanted[order.index(pair.case_id)][number]
            if choice in {"tie", "bad"}:
                return vote(choice, ship_a=False, ship_b=False)
            ships_a = pair.a == "candidate"
            reasons = {"reasons_b" if ships_a else "reasons_a": ("tone",)}
            return msgspec.structs.replace(for_side(pair, choice), ship_a=ships_a, ship_b=not ships_a, **reasons)

        return choose

    ballots = received(cast(review, 0, voter(0)), cast(review, 1, voter(1)))
    result = tally(unblind([opened(review)], ballots))

    # Values: 1 1 | 1 1/2 | 0 1 | 1/2 0. Mean 5/8; residuals of cases from it: 6/8, 2/8, -2/8, -6/8.
    error = math.sqrt(4 / 3 * (36 + 4 + 4 + 36) / 64) / 8
    assert (result.votes, result.cases, result.reviewers) == (8, 4, 2)
    assert (result.won, result.tied, result.lost, result.both_bad) == (4, 2, 2, 1)
    assert result.win_rate.mean == 5 / 8
    assert result.win_rate.low == pytest.approx(max(0, 5 / 8 - t.ppf(0.975, 3) * error))
    assert result.win_rate.high == 1.0
    assert result.win_rate_low == pytest.approx(5 / 8 - t.ppf(0.95, 3) * error)
    assert (result.cases_won, result.cases_lost) == (2, 1)  # the third case is even
    assert result.sign_test == 1.0
    assert [one.estimate.mean for one in result.shippable] == [0, 6 / 8]
    # Pairs of labels: CC, CT, BC, TB. n = 8, C 4, T 2, B 2: 1 - 7 * (2 + 2 + 2) / (64 - 16 - 4 - 4).
    assert result.alpha == pytest.approx(1 - 7 * 6 / 40)
    assert result.reasons == (("tone", 6, 0),)
    assert result.strata == ()


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["candidate", "baseline", "tie"])), min_size=1, max_size=40)
)
def test_swapping_the_sides_mirrors_the_tally(cast_votes):
    """Wins become losses, the rate one less it, and what doesn't know of sides stays."""
    votes = [voted(f"r{place % 3}", number, preferred) for place, (number, preferred) in enumerate(cast_votes)]
    turned = [
        msgspec.structs.replace(one, preferred=one.preferred if one.preferred == "tie" else flipped(one.preferred))
        for one in votes
    ]

    straight, mirrored = counted(votes), counted(turned)

    assert (straight.won, straight.tied, straight.lost) == (mirrored.lost, mirrored.tied, mirrored.won)
    assert straight.win_rate.mean == pytest.approx(1 - mirrored.win_rate.mean)
    assert straight.win_rate.low == pytest.approx(1 - mirrored.win_rate.high)
    assert straight.sign_test == mirrored.sign_test
    assert straight.alpha == (None if mirrored.alpha is None else pytest.approx(mirrored.alpha))


@given(st.binary(min_size=32, max_size=32), st.integers())
def test_a_packet_with_swapped_sides_and_swapped_votes_tallies_alike(secret, seed):
    """Who stood at A is nothing that a tally can tell."""
    chance = random.Random(f"{secret!r} {seed}")  # noqa: S311 - a test
    wishes = {f"case-{number}": chance.choice(["candidate", "baseline", "tie"]) for number in range(6)}

    results = []
    for key in (secret, secret[::-1] + b"x"):
        sides = draw_sides(key, ["reviewer-1"], wishes)
        votes = []
        for case_id, wish in wishes.items():
            pair = KeyPair(id="0", case_id=case_id, kind="case", a=sides["reviewer-1", case_id])
            choice = for_side(pair, wish) if wish != "tie" else vote("tie")
            votes.append(voted("reviewer-1", int(case_id[-1]), preferred_by(pair, choice)))
        results.append(counted(votes))

    assert results[0] == results[1]


def test_repeated_and_planted_pairs_are_not_tallied(tmp_path):
    """A vote on a repeated pair counts once, however often it was cast."""
    review = review_of(tmp_path, 12, checks=3)

    result = unblind(
        [opened(review)], received(cast(review, 0, attentive(lambda pair, _: for_side(pair, "candidate"))))
    )

    assert len(result.votes) == 12
    assert len(review.packets[0].pairs) == 12 + 3 + 3
    (attention,) = result.attention
    assert (attention.planted, attention.missed, attention.repeated, attention.contradicted) == (3, 0, 3, 0)
    assert not attention.failed


@pytest.mark.parametrize("choice", ["a", "b", "tie"])
def test_who_always_presses_one_key_fails_the_attention_checks(tmp_path, choice):
    """By contradicting themselves, or by missing planted answers."""
    review = review_of(tmp_path, 20, checks=5)

    result = unblind(
        [opened(review)], received(*(cast(review, number, lambda *_: vote(choice)) for number in range(3)))
    )

    assert all(one.failed for one in result.attention)


def test_calling_both_bad_is_not_missing_a_planted_answer(tmp_path):
    """The true answer may be bad too."""
    review = review_of(tmp_path, 12, checks=3)

    (attention,) = unblind([opened(review)], received(cast(review, 0, lambda *_: vote("bad")))).attention

    assert attention.missed == 0


def test_who_failed_counts_until_left_out_by_name(tmp_path):
    """An unknown name is refused."""
    review = review_of(tmp_path, 12, checks=3)
    ballots = received(
        cast(review, 0, lambda *_: vote("a")), cast(review, 1, lambda pair, _: for_side(pair, "baseline"))
    )
    result = unblind([opened(review)], ballots)

    fewer = without(result, ["reviewer-1"])

    assert {one.reviewer for one in result.votes} == {"reviewer-1", "reviewer-2"}
    assert {one.reviewer for one in fewer.votes} == {"reviewer-2"}
    assert fewer.attention == result.attention
    with pytest.raises(
        ReviewError, match="--leave-out ada: there is no ballot of that name; there are reviewer-1, reviewer-2"
    ):
        without(result, ["ada"])


def test_no_votes_make_no_figures():
    """Nothing that could be taken for one."""
    result = counted([])

    assert (result.win_rate, result.win_rate_low, result.alpha) == (None, None, None)
    assert result.sign_test == 1
    assert [one.estimate for one in result.shippable] == [None, None]


def test_what_was_not_said_about_shipping_is_no_yes():
    """The least share counts it as no."""
    unsaid = voted("r", 1, "tie", ships={"baseline": None, "candidate": None})

    _, candidate = counted([voted("r", 0, "tie"), unsaid, voted("r", 2, "tie")]).shippable

    assert (candidate.estimate.mean, candidate.unsaid, candidate.least) == (1.0, 1, pytest.approx(2 / 3))


@pytest.mark.parametrize(
    ("choices", "wins"),
    [("ccb", "candidate"), ("cb", "tie"), ("ct", "tie"), ("ttc", "tie"), ("cbt", "tie"), ("c", "candidate")],
)
def test_the_majority_is_what_most_prefer(choices, wins):
    """Without one, it is a tie."""
    names: dict[str, Preferred] = {"c": "candidate", "b": "baseline", "t": "tie"}

    assert majority([voted(f"r{place}", 0, names[choice]) for place, choice in enumerate(choices)]) == wins


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6)), min_size=1, max_size=30), st.floats(0.1, 9))
def test_equal_weights_change_nothing(values, weight):
    """The interval is then that of the plain mean."""
    numbers, groups = [value for value, _ in values], [str(group) for _, group in values]

    plain, weighted = (
        mean_interval(numbers, groups),
        weighted_mean_interval(numbers, [weight] * len(numbers), groups, 0.95),
    )

    assert (weighted.low, weighted.mean, weighted.high) == pytest.approx((plain.low, plain.mean, plain.high), abs=1e-6)


def test_weights_undo_stratified_drawing():
    """A third each of two languages that are 80 and 20 %: the mean is that of all, and the interval covers it."""
    chance, covered, means = random.Random(1), 0, []  # noqa: S311 - a simulation
    for _ in range(400):
        values = [float(chance.random() < 0.7) for _ in range(40)] + [float(chance.random() < 0.2) for _ in range(40)]
        found = weighted_mean_interval(values, [1.6] * 40 + [0.4] * 40, [None] * 80, 0.95)
        means.append(found.mean)
        covered += found.low <= 0.6 <= found.high

    assert statistics.fmean(means) == pytest.approx(0.6, abs=0.01)
    assert covered >= 0.93 * 400


def test_the_interval_covers_the_known_preference_of_three_reviewers():
    """Cases differ in how much better the candidate is, reviewers in taste; 40 cases, 300 reviews: 92 to 98 %."""
    chance, covered, reviews = random.Random(7), 0, 300  # noqa: S311 - a simulation
    tastes = (-0.1, 0.0, 0.1)
    for _ in range(reviews):
        votes = []
        for number in range(40):
            liking = chance.gauss(0.55, 0.2)
            for reviewer, taste in enumerate(tastes):
                rolled = chance.random()
                share = min(max(liking + taste, 0.02), 0.98)
                preferred: Preferred = (
                    "tie" if rolled < 0.2 else "candidate" if rolled < 0.2 + 0.8 * share else "baseline"
                )
                votes.append(voted(f"r{reviewer}", number, preferred))
        rate = counted(votes).win_rate
        covered += rate.low <= 0.5 + 0.8 * 0.05 <= rate.high

    assert 0.92 * reviews <= covered <= 0.98 * reviews


def test_cases_of_a_group_are_one_cluster():
    """Ten copies of one case show no more than one."""
    votes = [voted("r", number, "candidate" if number % 3 else "baseline") for number in range(30)]
    grouped = [
        msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, group=f"g{number % 3}"))
        for number, one in enumerate(votes)
    ]

    alone, together = counted(votes).win_rate, counted(grouped).win_rate

    assert together.mean == alone.mean
    assert together.high - together.low > alone.high - alone.low


def test_reviews_of_different_models_are_not_added_up(tmp_path):
    """Nor two that share cases."""
    one, two = review_of(tmp_path, 12), review_of(tmp_path, 12)
    models = msgspec.structs.replace(two.key, candidate=two.key.baseline)

    with pytest.raises(ReviewError, match=r"case 'talk-0..' is also in review; build the second review with --after"):
        unblind([opened(one), opened(two)], [])
    with pytest.raises(ReviewError, match="has other models or another suite than review"):
        unblind([opened(one), msgspec.structs.replace(opened(two), key=models)], [])


def test_a_second_review_adds_its_votes(tmp_path):
    """Cases of both count; a reviewer of the same name is taken for the same person."""
    first = review_of(tmp_path, 20, cases=10)
    used = frozenset(case.case_id for case in first.key.cases)
    second = review_of(tmp_path, 20, cases=5, used=used, checks=2)
    choose = attentive(lambda pair, _: for_side(pair, "candidate"))
    ballots = [
        Received(source="1", review=0, ballot=cast(first, 0, choose)),
        Received(source="2", review=1, ballot=cast(second, 0, choose)),
    ]

    result = unblind([opened(first), opened(second)], ballots)

    assert len(result.votes) == 15
    assert [one.repeated for one in result.attention] == [2]
