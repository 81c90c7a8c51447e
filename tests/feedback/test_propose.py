"""Which logged requests are proposed, why, and what of them is written."""

import msgspec
import pytest

from harness.cases.expecting import expected_as_answers, reads_expected, scorers_in
from harness.cases.passable import UsedSuite
from harness.data.checks.problem import Problem
from harness.feedback import candidates as module
from harness.feedback.files import read_proposals, write_proposals
from harness.feedback.likeness import ByMeaning, ByWords
from harness.feedback.propose import Sought, Wanted, propose
from harness.records.messages import Message
from harness.scorers import exact_match, matches_regex, matches_schema
from tests.feedback.made import DAY, NOON, case_line, logged, suite_in

QUIET = ByWords()


@pytest.fixture
def sought(tmp_path):
    """Return what is sought for a suite of three cases, whose answers are one word."""
    suite = suite_in(
        tmp_path,
        case_line("paid-twice", "I was charged twice for my order in May"),
        case_line("no-login", "The app says that my password is wrong", "account"),
        case_line("late", "My parcel should have been here on Monday", "shipping"),
    )
    return Sought(file="suites/mine/cases.jsonl", suite=suite, scorers=(matches_regex(r"^\w+$"),))


def found_in(logs, sought, likeness=QUIET, **wanted: object):
    """Return what is proposed, by its question."""
    proposed = propose(iter(logs), sought, Wanted(**wanted), likeness)
    return {one.messages[-1].text: one for one in proposed.proposals}, proposed


@pytest.mark.parametrize(
    ("rest", "reason", "words"),
    [
        ({"answer": "It is billing, I think"}, "failure", "matches_regex"),
        ({"answer": "I'm sorry, but I can't help with that request."}, "failure", "refused"),
        ({"answer": " "}, "failure", "empty"),
        ({"answer": "billing " * 40}, "failure", "repetition loop"),
        ({"answer": "bill", "finish_reason": "length"}, "failure", "cut off at max_tokens"),
        ({"answer": "", "error": "timed out"}, "failure", "no answer: timed out"),
        ({"feedback": "down"}, "complaint", "thumbs down"),
        ({"corrected": "account"}, "complaint", "a person wrote another answer"),
        ({"comment": "wrong team"}, "complaint", "a person commented on it"),
    ],
)
def test_a_failure_or_a_complaint_is_proposed_with_its_reason(sought, rest, reason, words):
    """What needs no expected answer, and what people said."""
    (found,), _ = found_in([logged("Where is the invoice of my second order?", **rest)], sought)[0].values(), None

    assert found.reason == reason
    assert any(told.startswith(words) for told in found.told)


@pytest.mark.parametrize("rest", [{}, {"feedback": "up", "comment": "thanks"}])
def test_what_is_right_as_far_as_anybody_knows_is_not(sought, rest):
    """Praise is no complaint."""
    found, proposed = found_in([logged("Where is the invoice of my second order?", **rest)], sought)

    assert (found, proposed.read) == ({}, 1)


def test_several_reasons_are_all_told_and_a_correction_is_expected(sought):
    """The complaint decides the stratum."""
    one = logged("Where is the invoice?", "It is billing", feedback="down", corrected=" account ", comment="no!")

    (found,) = found_in([one], sought)[0].values()

    assert found.reason == "complaint"
    assert found.told[:3] == ("thumbs down", "a person wrote another answer", "a person commented on it")
    assert found.told[3].startswith("matches_regex")
    assert (found.expected, found.answer, found.comment, found.day) == ("account", "It is billing", "no!", "2026-11-18")


def test_each_question_is_proposed_once_and_none_that_the_suite_has(sought):
    """Nearly the same is the same, unless its numbers differ; weights count all that were asked."""
    logs = [
        logged("Please cancel order 17 of this week!", "", 1),
        logged("please cancel order 17 of this week", "", 2),
        logged("Please cancel order 18 of this week!", "", 3),
        logged("I was charged TWICE for my order in May!!", "", 4),
    ]

    found, proposed = found_in(logs, sought)

    assert sorted(found) == ["Please cancel order 17 of this week!", "Please cancel order 18 of this week!"]
    assert found["Please cancel order 17 of this week!"].drawn.stands_for == 2
    assert (proposed.known, proposed.questions) == (1, {"failure": 2})
    assert {one.drawn.candidates for one in found.values()} == {3}


def test_the_words_around_each_question_make_no_two_of_them_the_same(sought):
    """Instructions in the user's turn, which all requests have."""
    around = "You are given a ticket of a customer of our shop. Say in one word which of our teams answers it: {}"
    logs = [logged(around.format(text), "", place) for place, text in enumerate("abcdefghijkl")]

    assert len(found_in(logs, sought)[0]) == 12


def test_earlier_proposals_are_not_proposed_again(sought):
    """Whatever was decided on them."""
    again = msgspec.structs.replace(sought, earlier=("Where is the invoice of my second order?",))

    assert found_in([logged("Where is the invoice of my second order?", "")], again)[0] == {}


def test_a_question_close_to_a_case_that_was_lost_is_a_near_miss(sought):
    """Not one that is the case, nor one that is like another case."""
    lost = msgspec.structs.replace(sought, lost=sought.suite.cases[:1])
    logs = [
        logged("I was charged twice for my last order, in June", place=1),
        logged("The app says that the password is not right", place=2),
    ]

    (found,) = found_in(logs, lost)[0].values()

    assert (found.place, found.reason) == ("app.jsonl:1", "near miss")
    assert found.told[0].endswith("like case paid-twice, which an earlier run lost")


def test_a_group_of_like_questions_that_the_suite_does_not_have_is_odd(sought):
    """Three different ones; a single odd one is nobody's group, and one asked three times is one."""
    group = [f"Does the vegan pizza have nuts {end}" for end in ("in it?", "on it?", "in the dough?")]
    logs = [logged(text, place=place) for place, text in enumerate([*group, *["Quantum zebras?"] * 3])]

    found, _ = found_in(logs, sought)

    assert {one.reason for one in found.values()} == {"odd"}
    assert all("pizza" in text for text in found)
    assert next(iter(found.values())).told == ("one of 3 like questions that no case of the suite is like",)


def test_groups_are_found_by_meaning_too(sought):
    """With any model that gives vectors."""
    import numpy as np

    def embed(texts) -> np.ndarray:
        return np.array([[1.0, 0.0] if "pizza" in text or "pasta" in text else [0.0, 1.0] for text in texts])

    logs = [logged(text, place=place) for place, text in enumerate(("any pizza", "some pasta?", "Good pizza left"))]

    found, _ = found_in(logs, sought, ByMeaning(embed))

    assert {one.reason for one in found.values()} == {"odd"}
    assert len(found) == 3


def test_what_cant_be_a_case_is_counted(sought):
    """Nothing asked, or an answer at the end."""
    said = (Message(role="user", content="x"), Message(role="assistant", content="y"))
    logs = [
        logged("  ", ""),
        msgspec.structs.replace(logged("x", ""), messages=said),
        Problem(kind="x", places=("app.jsonl:3",), told="not JSON"),
    ]

    found, proposed = found_in(logs, sought)

    assert (found, proposed.read, proposed.problems, proposed.not_askable) == ({}, 2, ("app.jsonl:3: not JSON",), 2)


def test_of_more_requests_than_are_kept_each_kept_one_stands_for_several(sought, monkeypatch):
    """The weights still add up to all of them."""
    monkeypatch.setattr(module, "MOST_KEPT", 10)
    words = ("invoice", "refund", "parcel", "voucher", "login", "address", "receipt", "contract", "delivery", "size")
    logs = [logged(f"{one} and {other}?", "", 1) for one in words for other in words if one != other]

    found, _ = found_in(logs, sought, most=5)

    total = sum(one.drawn.weight * one.drawn.stands_for for one in found.values())
    assert {one.drawn.candidates for one in found.values()} == {90}
    assert total == pytest.approx(90, rel=0.35)


def test_personal_data_is_in_no_file_that_is_written(sought, tmp_path):
    """Wherever in the record it was."""
    mail, card = "ada.byron@tidewell.io", "4000 1234 5678 9017"
    one = logged(
        f"Write to {mail}",
        f"I wrote to {mail}",
        comment=f"call {mail}",
        corrected=f"pay by {card}",
        tags=(mail,),
        meta={"context": [{"id": mail, "text": mail}]},
    )
    _, proposed = found_in([one], sought)

    write_proposals(tmp_path / "p.jsonl", proposed.proposals)

    written = (tmp_path / "p.jsonl").read_text()
    assert "refund" not in written
    assert mail not in written
    assert card not in written
    assert read_proposals(tmp_path / "p.jsonl") == proposed.proposals


def test_the_same_logs_and_seed_give_the_same_bytes(sought, tmp_path):
    """In a random order, so that the first ones decided are not all of one kind."""
    words = ("invoice", "refund", "parcel", "voucher", "login", "address", "receipt", "contract")
    logs = [
        logged(f"About my {one} {number}?", "", number, time=NOON + number * DAY) for number, one in enumerate(words)
    ]

    ways = [found_in(logs, sought, seed=seed, most=6)[1].proposals for seed in (0, 0, 1)]

    assert ways[0] == ways[1] != ways[2]


def test_scorers_that_read_no_expected_answer_are_found_by_trying(sought, tmp_path):
    """Also plain functions; a comparison with the expected answer is left out."""

    def is_short(_case, response) -> bool:
        return len(response.text) < 20

    def is_expected(case, response) -> bool:
        return response.text == case.expected

    schema = matches_schema({"type": "string"})
    used = UsedSuite(
        path=tmp_path,
        suite=sought.suite,
        scorers=(exact_match(), is_expected, is_short, schema, matches_regex(r"^\w+$")),
    )

    tried = expected_as_answers(sought.suite.cases)
    found = tuple(one for one in scorers_in([used]) if not reads_expected(one, tried))
    assert found == (is_short, schema, matches_regex(r"^\w+$"))
