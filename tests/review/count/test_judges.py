"""A judge against people, and labels: by tables of public data, and on the invented run."""

from pathlib import Path

import msgspec
import pytest

from harness.review.count.judges import judges_against_people
from harness.review.count.labels import labels_of
from harness.review.count.unblind import CastVote, unblind
from harness.review.packets.build import ReviewPlan, build_review
from harness.review.packets.material import read_material
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.scorers.judges.rubric import named_rubric
from tests.review.count.test_tally import received, voted
from tests.review.sample import SECRET, cases, cast, for_side, opened, review_of, says, write_sample
from tests.two_askings import PROMPTS, asked_twice, clueless, written

HELPFULNESS = named_rubric("helpfulness")
JUDGE = "prefer('helpfulness' v1 by tiny)"


def test_a_judge_is_compared_with_the_majority_case_by_case(tmp_path):
    """Where it chose at all, and the cases are under review."""
    folder = write_sample(
        tmp_path / "run",
        cases(6),
        lambda side, index: "ERROR" if index == 5 else says(side, index),
        judged=(1.0, 1.0, 0.0, 0.5, 1.0, 0.0),
    )
    wishes = ("candidate", "baseline", "baseline", "tie", "candidate")
    votes = [voted(f"r{reviewer}", 0, wish) for reviewer in range(2) for wish in wishes]
    votes = [
        msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, case_id=f"talk-{place % 5:03}"))
        for place, one in enumerate(votes)
    ]

    (found,) = judges_against_people(read_run(folder), read_judgements(folder), "talk", votes)

    assert (found.judge, found.cases, found.agreed) == ("prefer('helpfulness' v1 by tiny)", 5, 4)
    assert found.table == ((1, 0, 1), (0, 1, 0), (0, 0, 2))
    assert found.kappa == pytest.approx((4 / 5 - 9 / 25) / (1 - 9 / 25))
    assert judges_against_people(read_run(folder), read_judgements(folder), "other", votes) == ()


def judged_in(tmp_path, suites) -> Path:
    """Save a run in which each of these tests has a judge choose between the answers."""
    sample = asked_twice(suites, clueless, JUDGE)
    return written(tmp_path / f"{len(suites):04}", sample)


def votes_on(folder, root) -> list[CastVote]:
    """Return one vote for the candidate on each case of a review of a run."""
    material = read_material(folder, None, root)
    plan = ReviewPlan(cases=len(material.differing), reviewers=1, seed=1, checks=0)
    keys = build_review(material, plan, SECRET).key.cases
    return [msgspec.structs.replace(voted("r", 0, "candidate"), case=case) for case in keys]


def test_a_judge_of_other_answers_says_nothing_about_these(tmp_path):
    """The second test asked the same cases in another way than the one whose answers people saw."""
    folder = judged_in(tmp_path, PROMPTS)
    votes = votes_on(folder, tmp_path)

    of_these, of_others = judges_against_people(read_run(folder), read_judgements(folder), "sums", votes)

    assert (of_these.cases, of_these.agreed) == (4, 3)
    assert of_others.cases == 0


def test_an_old_key_counts_where_a_case_was_asked_in_one_way(tmp_path):
    """It doesn't say which answers people saw, so that two ways leave nothing to count."""
    one_way = dict([*PROMPTS.items()][:1])
    found = []
    for suites in (one_way, PROMPTS):
        folder = judged_in(tmp_path, suites)
        votes = [
            msgspec.structs.replace(vote, case=msgspec.structs.replace(vote.case, requests={}))
            for vote in votes_on(folder, tmp_path)
        ]
        found.append(judges_against_people(read_run(folder), read_judgements(folder), "sums", votes))

    assert [[judge.cases for judge in judges] for judges in found] == [[4], [0, 0]]


def test_labels_hold_what_people_read_by_side(tmp_path):
    """Whoever stood at A."""
    review = review_of(tmp_path, 6, reviewers=3)
    wishes = ("candidate", "candidate", "baseline")
    ballots = [
        cast(review, number, lambda pair, _, wish=wish: for_side(pair, wish)) for number, wish in enumerate(wishes)
    ]

    votes = unblind([opened(review)], received(*ballots)).votes
    answers = read_answers(tmp_path / "0007-2026-11-22-1f3c")

    labels = labels_of(HELPFULNESS, [opened(review)], votes, answers)

    assert sorted(label.case_id for label in labels) == [f"talk-{index:03}" for index in range(6)]
    for label in labels:
        index = int(label.case_id[-3:])
        assert label.messages[0].content == f"Question {index}?"
        assert (label.baseline, label.candidate) == (says("baseline", index), says("candidate", index))
        assert (label.choice, label.votes) == ("candidate", {"baseline": 1, "candidate": 2})
        assert label.by == {"reviewer-1": "candidate", "reviewer-2": "candidate", "reviewer-3": "baseline"}
