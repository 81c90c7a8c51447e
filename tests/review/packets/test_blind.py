"""Blinding: balance, independence, repeatability, and what a seal refuses."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.review.packets.blind import (
    commit,
    draw_cases,
    draw_sides,
    draw_some,
    inserted,
    is_committed,
    keyed,
    pair_id,
    shuffled,
)

SECRETS = st.binary(min_size=32, max_size=32)
IDS = st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=40)
SIZES = st.dictionaries(st.text(max_size=4), st.integers(1, 30), min_size=1, max_size=6)


def strata_of(sizes: dict[str, int]) -> dict[str, list[str]]:
    """Return strata of that many cases."""
    return {name: [f"{name}-{number}" for number in range(size)] for name, size in sizes.items()}


@given(SECRETS, IDS, st.integers(1, 7))
def test_sides_are_balanced_for_each_reviewer_and_overall(secret, case_ids, number):
    """Up to one, whatever the secret."""
    reviewers = [f"reviewer-{one}" for one in range(number)]

    sides = draw_sides(secret, reviewers, case_ids)

    assert len(sides) == number * len(case_ids)
    for reviewer in reviewers:
        own = Counter(sides[reviewer, case_id] for case_id in case_ids)
        assert abs(own["candidate"] - own["baseline"]) <= 1
    overall = Counter(sides.values())
    assert abs(overall["candidate"] - overall["baseline"]) <= 1


def test_every_case_shows_each_side_at_a_half_of_the_time():
    """Over secrets: no case, first or last, is bound to a side."""
    case_ids = [f"case-{number}" for number in range(9)]
    draws = [draw_sides(keyed(b"s", str(number)), ["reviewer-1"], case_ids) for number in range(600)]

    for case_id in case_ids:
        at_a = sum(sides["reviewer-1", case_id] == "candidate" for sides in draws)
        assert binomtest(at_a, 600).pvalue > 1e-5


def test_reviewers_see_independent_sides():
    """What one sees at A says nothing about what another sees."""
    case_ids = [f"case-{number}" for number in range(2_000)]

    sides = draw_sides(b"s" * 32, ["one", "two"], case_ids)

    same = sum(sides["one", case_id] == sides["two", case_id] for case_id in case_ids)
    assert binomtest(same, 2_000).pvalue > 1e-5


def test_the_seed_says_nothing_about_sides():
    """A place in the order, which the seed decides, and a side, which the secret decides, are independent."""
    first_half_at_a = 0
    for seed in range(300):
        drawn = draw_cases({"": [f"case-{number}" for number in range(40)]}, 20, seed)
        sides = draw_sides(keyed(b"s", str(seed)), ["reviewer-1"], [case.case_id for case in drawn])
        ordered = shuffled([case.case_id for case in drawn], seed, "reviewer-1")
        first_half_at_a += sum(sides["reviewer-1", case_id] == "candidate" for case_id in ordered[:10])

    assert binomtest(first_half_at_a, 3_000).pvalue > 1e-5


def test_an_odd_number_of_cases_favours_no_side():
    """Which side stands at A once more is chance."""
    case_ids = ["a", "b", "c"]
    draws = [draw_sides(keyed(b"s", str(number)), ["reviewer-1"], case_ids) for number in range(600)]

    more = sum(Counter(sides.values())["candidate"] == 2 for sides in draws)

    assert binomtest(more, 600).pvalue > 1e-5


@given(SIZES, st.data())
def test_cases_are_drawn_once_evenly_and_with_weights_that_add_up(sizes, data):
    """The weights of a stratum's cases add up to its size, over the mean."""
    total = sum(sizes.values())
    count = data.draw(st.integers(1, total))

    drawn = draw_cases(strata_of(sizes), count, data.draw(st.integers()))

    assert len({case.case_id for case in drawn}) == len(drawn) == count
    taken = Counter(case.stratum for case in drawn)
    assert all(case.case_id.startswith(f"{case.stratum}-") for case in drawn)
    for name, size in sizes.items():
        weight = sum(case.weight for case in drawn if case.stratum == name)
        assert not taken[name] or weight == pytest.approx(size * count / total)
        assert taken[name] == size or taken[name] >= max(taken.values()) - 1


@given(st.integers())
def test_the_same_seed_draws_and_orders_the_same(seed):
    """And in whatever order the cases came."""
    strata = strata_of({"de": 5, "en": 9})
    turned = {name: cases[::-1] for name, cases in reversed(strata.items())}

    assert draw_cases(strata, 6, seed) == draw_cases(turned, 6, seed)
    assert shuffled("abcdef", seed, "x") == shuffled("abcdef", seed, "x")
    assert draw_some("abc", 2, seed, "x") == draw_some("cba", 2, seed, "x")


def test_each_reviewer_has_another_order():
    """So that tiredness does not fall on the same cases."""
    orders = {shuffled(range(30), 7, f"reviewer-{number}") for number in range(20)}

    assert len(orders) == 20
    assert all(sorted(order) == list(range(30)) for order in orders)


@pytest.mark.parametrize("count", [0, -1, 4])
def test_what_can_t_be_drawn_is_refused(count):
    """Never fewer than asked, without a word."""
    with pytest.raises(ValueError, match="can't be drawn from 3"):
        draw_cases({"": ["a", "b", "c"]}, count, 0)


@given(st.lists(st.integers(0, 9), max_size=20), st.lists(st.integers(10, 19), max_size=5), st.integers())
def test_inserting_keeps_order_and_comes_late(items, new, seed):
    """What was there stays in order; nothing new stands before the place given."""
    first = (len(items) + 1) // 2

    mixed = inserted(items, new, first, seed, "x")

    assert [one for one in mixed if one < 10] == items
    assert sorted(one for one in mixed if one >= 10) == sorted(new)
    assert all(one < 10 for one in mixed[:first])


def test_ids_are_opaque():
    """16 hex digits that change with secret, reviewer, kind and case."""
    ids = {
        pair_id(secret, who, kind, case) for secret in (b"a", b"b") for who in "12" for kind in "xy" for case in "cd"
    }

    assert len(ids) == 16
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in ids)


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_texts_never_run_into_each_other(one, other):
    """Different lists of texts have different digests."""
    assert (keyed(b"k", *one) == keyed(b"k", *other)) == (one == other)


def test_a_commitment_fits_one_secret_one_packet_and_one_key():
    """Any other is refused."""
    made = commit(b"s" * 32, "packet", b"key")

    assert is_committed(made, b"s" * 32, "packet", b"key")
    assert not is_committed(made, b"t" * 32, "packet", b"key")
    assert not is_committed(made, b"s" * 32, "other", b"key")
    assert not is_committed(made, b"s" * 32, "packet", b"kez")
