"""Verdicts on reviews, and how many more cases would decide."""

import random

import msgspec
import pytest

from harness.config.read import load_config
from harness.config.release import ReviewConfig
from harness.errors import ConfigError
from harness.review.count.stopping import how_far
from harness.review.count.unblind import CastVote
from harness.review.count.verdict import decide_review, outlook
from tests.review.count.test_tally import counted, voted

NO = {"baseline": True, "candidate": False}
UNSAID = {"baseline": None, "candidate": None}


def votes_of(won: int, tied: int, lost: int, reviewers: int = 3, **more: object):
    """Return the votes of reviewers who all agree on so many cases."""
    wishes = ["candidate"] * won + ["tie"] * tied + ["baseline"] * lost
    random.Random(3).shuffle(wishes)  # noqa: S311 - a test
    return tuple(
        voted(f"r{reviewer}", number, wish, **more)
        for number, wish in enumerate(wishes)
        for reviewer in range(reviewers)
    )


def decided(votes, finished: int = 3, **config: object):
    """Judge votes."""
    return decide_review(counted(votes), finished, ReviewConfig(**config))


def test_a_clear_review_passes():
    """With each threshold's reason."""
    verdict = decided(votes_of(30, 10, 10), min_agreement=0.5)

    assert verdict.outcome == "passed"
    assert verdict.reasons == (
        "finished ballots: 3, needed: 2",
        "win rate 0.700, ties half; less than 0.45 is ruled out (one-sided 95 %)",
        "0.0 of 20 of the candidate's answers would not ship, of the allowed 2",
        "reviewers agree: alpha 1.000, needed: 0.5",
    )


@pytest.mark.parametrize(
    ("votes", "config", "outcome", "words"),
    [
        (votes_of(10, 0, 30), {}, "failed", "win rate 0.250, ties half, is below min_win_rate, 0.45"),
        (
            votes_of(11, 0, 9),
            {},
            "inconclusive",
            "win rate 0.550, ties half: 20 cases are too few to rule out less than 0.45",
        ),
        (
            votes_of(30, 10, 10, ships=NO),
            {},
            "failed",
            "20.0 of 20 of the candidate's answers would not ship, more than",
        ),
        (votes_of(30, 10, 10, ships=UNSAID), {}, "inconclusive", "no vote says whether the candidate's answers would"),
        (votes_of(50, 0, 0), {"min_agreement": 0.1}, "inconclusive", "agreement is unknown: that needs two reviewers"),
        (votes_of(30, 5, 5, 1), {"min_agreement": 0.1}, "inconclusive", "agreement is unknown: that needs two"),
        ((), {}, "inconclusive", "no vote counts, so nothing was measured"),
    ],
)
def test_what_falls_short_is_said(votes, config, outcome, words):
    """Failed, or inconclusive with what to do."""
    verdict = decided(votes, **config)

    assert verdict.outcome == outcome
    assert any(reason.startswith(words) for reason in verdict.reasons)


def test_too_few_finished_ballots_are_inconclusive():
    """However clear they are; and failed where they are clearly bad."""
    assert decided(votes_of(50, 0, 0), finished=1).reasons == ("finished ballots: 1, needed: 2; ask for the others",)
    assert decided(votes_of(50, 0, 0), finished=1).outcome == "inconclusive"
    assert decided(votes_of(0, 0, 50), finished=1).outcome == "failed"


def test_reviewers_who_disagree_decide_nothing():
    """Agreement below the least is a question not understood, not a bad candidate."""
    votes = [voted(f"r{r}", n, "candidate" if (n * 7 + r * 3) % 5 else "baseline") for n in range(60) for r in range(3)]

    verdict = decided(votes, min_agreement=0.9)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0].startswith("reviewers agree too little: alpha ")


def test_votes_that_don_t_say_can_t_make_it_shippable():
    """One yes among fifty silent votes is no share of 100 %."""
    votes = votes_of(30, 10, 10)
    silent = [msgspec.structs.replace(one, ships=UNSAID) for one in votes[1:]]

    verdict = decided([votes[0], *silent])

    assert verdict.outcome == "inconclusive"
    assert "149 of 150 votes don't say" in verdict.reasons[0]


def test_shipping_can_be_left_out():
    """20 of 20 asks nothing."""
    assert decided(votes_of(30, 10, 10, ships=UNSAID), max_unshippable_of_20=20).outcome == "passed"


@pytest.mark.parametrize(
    "line", ["min_win_rate = 0", "min_win_rate = 1.5", "max_unshippable_of_20 = 21", "min_ballots = 0", "min_wins = 3"]
)
def test_thresholds_that_make_no_sense_are_refused(tmp_path, line):
    """By file and key."""
    path = tmp_path / "harness.toml"
    path.write_text(f"[review]\n{line}\n")

    with pytest.raises(ConfigError, match=r"harness\.toml: "):
        load_config(path)


def test_clear_votes_decide_early():
    """Above and below."""
    assert how_far(votes_of(30, 0, 2), 0.45).decided == "above"
    assert how_far(votes_of(2, 0, 30), 0.45).decided == "below"
    assert outlook(how_far(votes_of(30, 0, 2), 0.45), 0.45) == (
        "decided after 32 cases: win rate 0.938, ties half, is above 0.45"
    )


def test_what_is_not_decided_tells_how_many_more():
    """Fewer, the clearer the votes; and that many suffice if they go on alike."""
    votes = votes_of(9, 0, 5)

    progress = how_far(votes, 0.45)

    assert progress.decided == "not yet"
    assert 20 < progress.more < 200
    copies = [
        msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, case_id=f"{one.case.case_id}+{copy}"))
        for copy in range(1 + -(-progress.more // 14))
        for one in votes
    ]
    assert how_far(copies, 0.45).decided == "above"
    told = outlook(progress, 0.45)
    assert told.startswith("not decided after 14 cases: win rate 0.643, ties half, can still be on either side of 0.45")
    assert f"about {progress.more} more cases like these would be enough; add them with" in told


def test_what_no_number_decides_is_said_with_its_reason():
    """A win rate at the threshold: what it is, after how many cases, and what to do."""
    votes = votes_of(9, 2, 9)
    progress = how_far(votes, 0.5)

    verdict = decide_review(counted(votes), 3, ReviewConfig(min_win_rate=0.5), progress)

    assert progress.more is None
    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0] == (
        "not decided after 20 cases: win rate 0.500, ties half, is so close to 0.5 that even 20 times as many cases "
        "like these would not be enough; stop here, and choose another min_win_rate before the next review"
    )


def test_no_vote_is_no_win_rate_close_to_anything():
    """While cases are added, as otherwise."""
    assert how_far((), 0.45).more is None
    assert outlook(how_far((), 0.45), 0.45) == "no vote counts, so nothing was measured"


def test_looking_at_any_time_errs_seldom():
    """A candidate exactly at the threshold, looked at after each case: declared above in at most 5 %, and so below."""
    chance, found = random.Random(11), []  # noqa: S311 - a simulation
    for _ in range(200):
        votes = [voted("r", number, "candidate" if chance.random() < 0.45 else "baseline") for number in range(60)]
        found.append(how_far(votes, 0.45).decided)

    assert found.count("above") <= 16
    assert found.count("below") <= 16


def test_copies_in_a_group_are_one_observation():
    """Thirty cases of one document decide no more than one."""
    votes = [
        msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, group="same"))
        for one in votes_of(30, 0, 0, 1)
    ]

    assert how_far(votes, 0.45).decided == "not yet"
    assert how_far(votes, 0.45).cases == 1


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        (votes_of(30, 0, 2), "passed"),
        (votes_of(2, 0, 30), "failed"),
        (votes_of(4, 0, 6), "inconclusive"),
        ((), "inconclusive"),
    ],
)
def test_while_cases_are_added_only_what_is_decided_counts(votes, outcome):
    """The interval, which one look may use, says otherwise about 4 of 10."""
    verdict = decide_review(counted(votes), 3, ReviewConfig(max_unshippable_of_20=20), how_far(votes, 0.45))

    assert verdict.outcome == outcome


def test_weights_are_undone_before_it_is_decided():
    """Every case of a rare stratum won, and 31 % of a common one: 45 % of all, although 66 % of those seen."""
    wishes = [(0.4, "candidate")] * 40 + [(1.6, "candidate")] * 12 + [(1.6, "baseline")] * 28
    random.Random(5).shuffle(wishes)  # noqa: S311 - a test

    def weighted(each) -> list[CastVote]:
        return [
            msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, weight=weight))
            for one, weight in ((voted("r", number, wish), weight) for number, (weight, wish) in enumerate(each))
        ]

    assert how_far(weighted(wishes), 0.45).decided == "not yet"
    assert how_far(weighted(wishes), 0.45).rate == pytest.approx(counted(weighted(wishes)).win_rate.mean)
    mostly = [(weight, "candidate" if place % 5 else "baseline") for place, (weight, _) in enumerate(wishes)]
    assert how_far(weighted(mostly), 0.45).decided == "above"
