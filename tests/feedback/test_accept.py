"""Kept proposals in the suite or in training rows, and never in both."""

import json

import pytest

from harness.asking.cases import load_cases
from harness.data.rows import load_rows
from harness.data.seal import make_seal, read_seal
from harness.errors import DataError
from harness.feedback.accept import Wanted, accept
from harness.feedback.files import accepted_of, add_accepted, add_decision, read_accepted
from harness.feedback.records import Accepted
from tests.feedback.made import THEN, case_line, decision, proposal, proposals_in, suite_in
from tests.gating.test_sealed import noon
from tests.teacher.made import ANSWERS, Set, said

EXPIRED = "Where does my refund go when the card has expired?"
SHARED = "Can two people share one subscription?"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a suite of one case."""
    monkeypatch.chdir(tmp_path)
    suite_in(tmp_path)
    return tmp_path


@pytest.fixture
def kept(folder):
    """Return a file of two proposals, both of which are kept."""
    return decided(proposals_in(folder), "p1", "p2")


def decided(path, *names: str, **rest: object):
    """Decide to keep proposals."""
    for name in names:
        add_decision(path, lambda name=name: decision(name, **rest))
    return path


def to_suite(path, *rows: object, **rest: object):
    """Accept into the suite."""
    return accept(path, Wanted(to="suite", rows=tuple(rows), **rest), lambda: THEN)


def to_rows(path, rows, **rest: object):
    """Accept into training rows."""
    return accept(path, Wanted(to="rows", rows=(rows,), **rest), lambda: THEN)


def row_line(text: str, answer: str = "refund") -> str:
    """Return a training row as a line."""
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns}) + "\n"


def cases_in(folder):
    """Return the suite's cases."""
    return load_cases(folder / "suites" / "mine" / "cases.jsonl")


def test_a_case_is_tagged_with_its_source_and_date(folder, kept):
    """And says where it was logged, and what it was proposed for."""
    outcome = to_suite(kept)

    case = cases_in(folder)[1]
    assert outcome.added == ("p1", "p2")
    assert case.messages[0].text == EXPIRED
    assert (case.expected, case.tags) == ("refund", ("from-logs", "logged-2026-11-18"))
    assert case.meta == {"logged": {"place": "app.jsonl:7", "reason": "failure", "proposal": "p1"}}
    assert {(one.proposal, one.to) for one in read_accepted(kept)} == {("p1", "suite"), ("p2", "suite")}


def test_a_row_is_a_conversation_with_the_expected_answer(folder, kept):
    """Added to rows that are there, which keep every byte."""
    rows = folder / "train.jsonl"
    before = row_line("How do I log in?", "account").rstrip("\n")
    rows.write_text(before)

    outcome = to_rows(kept, rows)

    assert outcome.added == ("p1", "p2")
    assert rows.read_text().startswith(f"{before}\n")
    assert [(row.input, row.output) for row in load_rows(rows)][1:] == [(EXPIRED, "refund"), (SHARED, "refund")]


@pytest.mark.parametrize(("first", "second"), [(to_suite, to_rows), (to_rows, to_suite)])
def test_what_went_to_one_does_not_go_to_the_other(folder, kept, first, second):
    """Whichever comes first."""
    rows = folder / "train.jsonl"
    first(kept, rows)

    assert second(kept, rows).added == ()

    assert len(cases_in(folder)) + (len(load_rows(rows)) if rows.exists() else 0) == 3


def test_a_share_goes_to_the_one_and_the_rest_to_the_other(folder):
    """The seed chooses; both together are all."""
    texts = ("invoice of May", "login on a phone", "parcel at a neighbour", "voucher of a friend")
    path = proposals_in(folder, *(proposal(f"p{n}", f"What about my {text}?") for n, text in enumerate(texts)))
    decided(path, "p0", "p1", "p2", "p3")

    some = to_suite(path, share=0.5)
    others = to_rows(path, folder / "train.jsonl")

    assert (len(some.added), len(others.added)) == (2, 2)
    assert {*some.added, *others.added} == {"p0", "p1", "p2", "p3"}


@pytest.mark.parametrize("planted", [EXPIRED, "where does my refund go, when the card has expired"])
def test_a_case_that_is_in_the_training_rows_is_left_out(folder, kept, planted):
    """Planted in the rows; the same or nearly."""
    rows = folder / "train.jsonl"
    rows.write_text(row_line(planted) + row_line("How do I log in?", "account"))

    outcome = to_suite(kept, rows)

    assert outcome.added == ("p2",)
    assert outcome.left_out == {"p1": f"is in {rows}:1, and nothing is both measured and trained on"}
    assert {one.proposal for one in read_accepted(kept)} == {"p2"}


@pytest.mark.parametrize("planted", [EXPIRED, "where does my refund go, when the card has expired"])
def test_a_row_that_is_in_the_suite_is_left_out(folder, kept, planted):
    """Planted in the suite."""
    suite_in(folder, case_line("planted", planted))

    outcome = to_rows(kept, folder / "train.jsonl")

    assert outcome.added == ("p2",)
    assert outcome.left_out == {"p1": "is in the suite, as case planted, and nothing is both measured and trained on"}


@pytest.mark.parametrize(("first", "second"), [(to_suite, to_rows), (to_rows, to_suite)])
def test_near_duplicates_among_proposals_do_not_go_to_both(folder, first, second):
    """The second one is left out, also when the first was only noted, and its file not written before a kill."""
    rows = folder / "train.jsonl"
    path = proposals_in(folder, proposal("p1", EXPIRED), proposal("p2", f"{EXPIRED} Please"))
    decided(path, "p1")
    first(path, rows)
    decided(path, "p2")

    assert list(second(path, rows).left_out) == ["p2"]

    (folder / "suites/mine/cases.jsonl").write_text(case_line("other", "Something else"))
    rows.unlink(missing_ok=True)
    assert list(second(path, rows).left_out) == ["p2"]


def test_a_short_question_counts_as_the_same_whatever_is_answered(folder):
    """The check of rows takes "Refund?" with two answers for two questions."""
    suite_in(folder, case_line("short", "Refund?", "billing"))
    path = decided(proposals_in(folder, proposal("p1", "refund")), "p1", expected="account")

    assert list(to_rows(path, folder / "train.jsonl").left_out) == ["p1"]


def test_an_accept_that_was_killed_is_completed_by_the_next(folder, kept):
    """The note is there, the case is not."""
    file = "suites/mine/cases.jsonl"
    add_accepted(kept, lambda: [Accepted(proposal="p1", to="suite", file=file, time=THEN)])

    assert to_suite(kept).added == ("p1", "p2")
    assert to_suite(kept).same == ("p1", "p2")
    assert {one.proposal: one.is_written for one in read_accepted(kept)} == {"p1": True, "p2": True}


def test_what_people_changed_since_is_theirs(folder, kept):
    """A case that was taken out, or that retired, and a row with another answer are not added again."""
    cases = folder / "suites" / "mine" / "cases.jsonl"
    to_suite(kept, share=0.5)
    (added,) = read_accepted(kept)[1:]
    suite_in(folder)
    rows = folder / "train.jsonl"
    to_rows(kept, rows)
    changed = rows.read_text().replace('"refund"', '"account"')
    rows.write_text(changed)

    again, back = to_rows(kept, rows), to_suite(kept, rows)

    assert (again.added, back.added, back.same) == ((), (), (added.proposal,))
    assert rows.read_text() == changed
    assert len(load_cases(cases)) == 1


def test_what_is_dropped_open_or_disputed_goes_nowhere(folder):
    """Two people must mean the same."""
    some = [proposal(name, f"{EXPIRED} {name}", reviewers=2) for name in ("p1", "p2", "p3")]
    path = decided(proposals_in(folder, *some), "p1", "p2", "p3")
    add_decision(path, lambda: decision("p1", "drop", "second"))
    decided(path, "p3", by="second", expected="account")

    assert to_suite(path).added == ()
    assert not accepted_of(path).exists()


def test_a_sealed_test_is_renewed_and_notes_it(folder, kept):
    """Its seal holds afterwards; what it had is still what rows must not have."""
    suite = folder / "suites" / "mine" / "cases.jsonl"
    suite.write_text(case_line("planted", EXPIRED))
    make_seal(suite, ("x.csv",), 0, noon)
    outcome = to_suite(kept)

    seal = read_seal(suite)
    assert (outcome.added, outcome.same, seal.cases) == (("p2",), ("p1",), 2)
    assert [(one.command, one.added) for one in seal.renewed] == [("harness cases accept", 1)]
    assert to_suite(kept).added == ()
    assert read_seal(suite).renewed == seal.renewed


@pytest.mark.parametrize(
    ("rest", "expected", "why"),
    [
        ({}, None, "has no expected answer, which a training row needs"),
        (
            {"tools": ({"type": "function", "function": {"name": "pay"}},)},
            [{"name": "pay", "arguments": {}}],
            "expects calls of tools; write this row by hand",
        ),
    ],
)
def test_what_cant_be_a_row_is_left_out_and_can_still_be_a_case(folder, rest, expected, why):
    """With the reason."""
    path = decided(proposals_in(folder, proposal("p1", EXPIRED, **rest)), "p1", expected=expected)

    assert to_rows(path, folder / "train.jsonl").left_out == {"p1": why}

    assert to_suite(path).added == ("p1",)


def test_rows_of_a_teacher_are_not_added_to(folder, kept):
    """Their review would be of another file; nothing is noted either."""
    made = Set(folder)
    made.make(lambda request: said(request, ANSWERS[int(request.messages[-1].content[-1])]))
    before = made.path.read_bytes()

    with pytest.raises(DataError, match="rows of a teacher"):
        to_rows(kept, made.path)

    assert made.path.read_bytes() == before
    assert not accepted_of(kept).exists()


def test_rows_of_another_form_are_not_mixed(folder, kept):
    """Nothing is written; that it was to go there is noted, and so it goes there when the file is right."""
    rows = folder / "train.jsonl"
    rows.write_text('{"instruction": "x", "input": "", "output": "y"}\n')

    with pytest.raises(DataError, match="rows are added to JSON Lines of chat messages"):
        to_rows(kept, rows)

    assert rows.read_text().count("\n") == 1
