"""Which cases choose a checkpoint: a quarter at most, whole groups, none that is pinned or in the rows."""

from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.data.row import DataRow
from harness.errors import ConfigError
from harness.records.asked import Case, Sampling, digest_of_cases
from harness.records.messages import Message
from harness.train.config import StopBy
from harness.train.stopping.part import GatedSuite, StopGate, draw, question_of

ASKED = ("guests on a board", "the weekly digest of projects", "printing a roadmap on paper", "charged in dollars")


def case(number: int, **changed: object) -> Case:
    """Return a case with words of its own."""
    text = f"What is said of {ASKED[number % 4]} when number {number * 7919} of the {number} tickets asks for it?"
    return Case(**({"id": f"c{number}", "messages": (Message(role="user", content=text),)} | changed))


def gated(cases, **changed: object) -> GatedSuite:
    """Return a suite of one gate."""
    suite = Suite(name="mine", cases=tuple(cases), sampling=Sampling(), digest=digest_of_cases(tuple(cases)))
    return GatedSuite(gates=(StopGate(name="test_it", suite=suite, scorer=lambda *_: 1.0),), **changed)


def drawn(suite: GatedSuite, rows=(), **wanted: object) -> list[str]:
    """Return the ids of the drawn cases."""
    part = draw(suite, StopBy(suite="suites/mine", **wanted), rows, Path("train.toml"))
    assert [one.id for one in part.gates[0].suite.cases] == [one.case for one in part.cases]
    return [one.case for one in part.cases]


def test_a_quarter_at_most_is_drawn_whatever_the_order_and_others_barely_move_it():
    """By the seed; the same again; one case taken away moves no other out."""
    cases = [case(number) for number in range(40)]
    first = drawn(gated(cases))

    assert len(first) == 10
    assert drawn(gated(cases[::-1])) == first[::-1]
    assert len(drawn(gated(cases), cases=5)) == 5
    assert drawn(gated(cases), seed=1) != first
    without = [one for one in cases if one.id != first[0]]
    assert set(first[1:]) <= set(drawn(gated(without))) | {first[-1]} or len(drawn(gated(without))) == 9
    assert set(drawn(gated(without))) <= {one.id for one in without}


def test_pinned_cases_and_those_in_the_rows_are_not_drawn_and_groups_stay_together():
    """A pinned case must be asked at the gate, and one in the rows is known by heart."""
    cases = [case(number, group=f"g{number // 2}") for number in range(40)]
    pinned = frozenset({("mine", "c0"), ("mine", "c1")})
    row = DataRow(file="rows.jsonl", line=1, messages=(*cases[2].messages, Message(role="assistant", content="yes")))

    for seed in range(12):
        ids = drawn(gated(cases, pinned=pinned), [row], seed=seed)
        assert not {"c0", "c1", "c2"} & set(ids)
        assert all(f"c{int(one[1:]) ^ 1}" in ids for one in ids if one != "c3")


def test_too_few_cases_are_refused():
    """With what was counted."""
    with pytest.raises(ConfigError, match=r"train\.toml: stop_by: suites/mine has 15 cases"):
        drawn(gated(case(number) for number in range(15)))
    everything = frozenset(("mine", f"c{number}") for number in range(40))
    with pytest.raises(ConfigError, match="of which 0 are neither pinned"):
        drawn(gated((case(number) for number in range(40)), pinned=everything))


def test_a_question_is_known_without_its_prompt_and_the_part_by_all_that_scores():
    """Another system message asks the same; another expected answer scores otherwise."""
    plain = case(1)
    prompted = msgspec.structs.replace(plain, messages=(Message(role="system", content="be short"), *plain.messages))

    assert question_of(plain) == question_of(prompted) != question_of(case(2))
    parts = [
        draw(gated(case(number, expected=expected) for number in range(16)), StopBy(suite="s"), (), Path("t"))
        for expected in ("a", "a", "b")
    ]
    assert parts[0].digest == parts[1].digest != parts[2].digest


def test_a_gate_without_drawn_cases_is_told_and_chooses_nothing():
    """Of two gates on other cases of one suite."""
    many, few = gated(case(number) for number in range(40)), gated([case(99)])
    both = GatedSuite(
        gates=(*many.gates, msgspec.structs.replace(few.gates[0], name="test_few")), pinned=frozenset({("mine", "c99")})
    )
    part = draw(both, StopBy(suite="s"), (), Path("t"))

    assert [one.name for one in part.gates] == ["test_it"]
    assert part.told.endswith("left out of this adapter's gates; test_few has none of them")
