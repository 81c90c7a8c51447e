"""Which candidates are proposed, and with which weights."""

from collections import Counter

import pytest

from harness.feedback.draw import Candidate, draw
from harness.stats.surveys import Stratum, weighted_total
from tests.feedback.made import logged


def candidates(number: int, reason: str = "failure", days: int = 1, cluster: str = "") -> list[Candidate]:
    """Return candidates, spread over days."""
    return [
        Candidate(
            logged=logged(f"{reason} {cluster} {place}", place=place),
            reason=reason,
            told=(),
            day=f"2026-11-{1 + place % days:02}",
            cluster=cluster,
        )
        for place in range(number)
    ]


def test_each_reason_gets_as_many_as_far_as_it_has_them():
    """Three complaints among a thousand failures are all proposed."""
    found = draw([*candidates(1000), *candidates(3, "complaint"), *candidates(500, "odd")], 30, 0)

    counted = Counter(one.candidate.reason for one in found)
    assert counted == {"complaint": 3, "failure": 14, "odd": 13}


def test_strata_are_days_where_there_are_proposals_for_each_and_weeks_or_none_where_not():
    """At least two for each on average."""
    fine, weeks, none = (draw(candidates(600, days=20), most, 0) for most in (60, 12, 3))

    assert {one.stratum for one in fine} == {f"failure / 2026-11-{day:02}" for day in range(1, 21)}
    assert {one.stratum for one in weeks} == {f"failure / 2026-W{week}" for week in (44, 45, 46, 47)}
    assert {one.stratum for one in none} == {"failure"}
    assert [len(some) for some in (fine, weeks, none)] == [60, 12, 3]


def test_weights_say_how_many_candidates_there_were():
    """The weights of what is drawn add up to all, in every stratum."""
    some = [*candidates(100, cluster="cluster 1"), *candidates(10, cluster="cluster 2"), *candidates(7, "odd")]

    found = draw(some, 20, 0)

    by_stratum = Counter(one.stratum for one in found)
    assert all(by_stratum[one.stratum] == one.chosen for one in found)
    assert sum(one.units / one.chosen for one in found) == pytest.approx(117)
    assert len(by_stratum) == 3


def test_a_rate_over_proposals_leads_back_to_the_rate_over_the_logs():
    """The mean over seeds of the weighted total is the total: a third of the failures and no odd one."""
    some = [*candidates(30), *candidates(12, "odd")]
    totals = []
    for seed in range(300):
        strata: dict[str, list] = {}
        for one in draw(some, 8, seed):
            strata.setdefault(one.stratum, []).append(one)
        totals.append(
            weighted_total(
                [
                    Stratum(units=each[0].units, sizes=(1.0,) * len(each), values=tuple(map(is_wrong, each)))
                    for each in strata.values()
                ]
            )
        )

    assert sum(totals) / len(totals) == pytest.approx(10, abs=0.7)


def is_wrong(one) -> float:
    """Tell whether a candidate is one of the third."""
    return float(one.candidate.reason == "failure" and int(one.candidate.logged.place.rpartition(":")[2]) % 3 == 0)


def test_the_seed_alone_decides():
    """Another one draws others."""
    some = candidates(100)

    first, again, other = (tuple(one.candidate.logged.place for one in draw(some, 10, seed)) for seed in (1, 1, 2))

    assert first == again != other


@pytest.mark.parametrize(("number", "most", "drawn"), [(0, 5, 0), (2, 5, 4), (3, 5, 5), (5, 1, 1)])
def test_no_more_than_there_are_and_than_wanted(number, most, drawn):
    """Also fewer than there are reasons, where all are one stratum."""
    found = draw([*candidates(number), *candidates(number, "odd")], most, 0)

    assert len(found) == drawn
