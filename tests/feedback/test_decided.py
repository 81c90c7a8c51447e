"""Which decisions are final, where two people disagree, and what is kept of them when a process is killed."""

import pytest

from harness.errors import DataError
from harness.feedback.decided import agreement_of, of_logs, standings_of
from harness.feedback.files import add_decision, decisions_of, read_decisions, read_proposals, write_proposals
from harness.feedback.records import Decision
from harness.feedback.told import agreement_line, of_logs_line, standing_lines
from tests.feedback.made import decision, proposal, proposals_in

TWO = [proposal(name, name, reviewers=2) for name in ("p1", "p2", "p3", "p4")]


def test_one_reviewers_last_decision_is_final():
    """Earlier ones stay in the file."""
    found = standings_of([proposal("p1", "x")], [decision("p1", "drop"), decision("p1")])

    assert (found["p1"].state, found["p1"].final) == ("decided", decision("p1"))


@pytest.mark.parametrize(
    ("second", "state"),
    [
        ({"kind": "keep"}, "decided"),
        ({"expected": " refund\n"}, "decided"),
        ({"expected": "billing"}, "disagreed"),
        ({"kind": "drop"}, "disagreed"),
    ],
)
def test_two_agree_where_they_mean_the_same(second, state):
    """To use it, and what is expected; not how they came to it."""
    found = standings_of(TWO[:1], [decision("p1"), decision("p1", **({"kind": "correct"} | second), by="second")])

    assert found["p1"].state == state


def test_nothing_is_final_until_both_have_decided_and_a_third_decides_disagreements():
    """The third alone decides nothing."""
    one, other, third = decision("p1"), decision("p1", "drop", "second"), decision("p1", "drop", "third")

    states = [standings_of(TWO[:1], some)["p1"] for some in ([one], [third], [one, other], [one, other, third])]

    assert [each.state for each in states] == ["open", "open", "disagreed", "decided"]
    assert states[3].final == third


def test_agreement_is_that_of_the_two_reviewers():
    """By hand: kinds agree in 3 of 4, and by chance in 1/4 * 1/2 + 3/4 * 1/2, so kappa is (3/4 - 1/2) / (1/2)."""
    said = [
        *(decision(name) for name in ("p1", "p2", "p3")),
        decision("p4", "drop"),
        *(decision(name, by="second") for name in ("p1", "p2")),
        *(decision(name, "drop", "second") for name in ("p3", "p4")),
        decision("p3", "drop", "third"),
    ]

    found = agreement_of(standings_of(TWO, said))

    assert (found.both, found.same) == (4, 3)
    assert found.kappa.mean == pytest.approx(0.5)
    assert found.alpha.mean == pytest.approx(1 - 7 * 2 / (2 * 3 * 5))
    assert agreement_line(found).startswith(
        "both reviewers decided 4 proposals and mean the same on 3; Cohen's kappa 0.50 ["
    )
    assert agreement_of(standings_of(TWO, said[:4])) is None


def test_disagreements_and_open_proposals_are_listed():
    """By id, with what both said."""
    found = standings_of(TWO[:2], [decision("p1"), decision("p1", "drop", "second")])

    assert list(standing_lines(found)) == [
        "1 proposal not decided yet",
        "  p1: the reviewers disagree (correct and drop); a third person decides",
    ]


def test_all_decisions_say_how_many_of_the_logs_are_worth_keeping():
    """Half of 4 requests in 100; nothing is said before all are decided."""
    proposals = [proposal("p1", "x"), proposal("p2", "y")]

    found = of_logs(standings_of(proposals, [decision("p1"), decision("p2", "drop")]))

    assert (found.kept.mean, found.of_all.mean) == (0.5, 0.02)
    assert of_logs_line(found).startswith("worth keeping: 50 % of the 4 requests with a reason (95 %: ")
    assert of_logs_line(found).endswith("about 2 of 100 logged requests")
    assert of_logs(standings_of(proposals, [decision("p1")])) is None


def test_a_line_that_a_kill_cut_off_is_replaced_and_no_other_is_lost(tmp_path):
    """Nobody was told that it was saved."""
    path = proposals_in(tmp_path)
    add_decision(path, lambda: decision("p1"))
    whole = decisions_of(path).read_bytes()
    decisions_of(path).write_bytes(whole + b'{"proposal":"p2","by":"fi')

    assert read_decisions(path) == (decision("p1"),)
    add_decision(path, lambda: decision("p2"))

    assert read_decisions(path) == (decision("p1"), decision("p2"))


def test_a_decision_that_is_refused_leaves_no_trace(tmp_path):
    """Not even a file."""
    path = proposals_in(tmp_path)

    def refuse() -> Decision:
        raise DataError("too late")

    with pytest.raises(DataError, match="too late"):
        add_decision(path, refuse)

    assert not decisions_of(path).exists()


def test_files_that_are_there_or_broken_are_refused(tmp_path):
    """With the line."""
    path = proposals_in(tmp_path)
    with pytest.raises(DataError, match="is there already"):
        write_proposals(path, read_proposals(path))

    decisions_of(path).write_text('{"proposal":1}\n')
    with pytest.raises(DataError, match=r"proposals\.decisions\.jsonl:1: "):
        read_decisions(path)
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(DataError, match=r"proposals\.jsonl:3: the id 'p1' is already used"):
        read_proposals(path)
