"""The seal of a test set."""

import datetime as dt
from concurrent.futures import ProcessPoolExecutor

import pytest

from harness.asking.cases import case_line
from harness.data.seal import Use, look, make_seal, note_use, read_seal, seal_of
from harness.errors import CaseFileError
from harness.records.asked import Case
from harness.records.messages import Message

COMMAND = "harness cases show"


def noon():
    """Return one moment."""
    return dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)


def case(name):
    """Return a case."""
    return Case(id=name, messages=(Message(role="user", content=f"where is order {name}?"),), expected="shipping")


def use(number):
    """Return the use of the test for a candidate."""
    return Use(candidate=f"adapter-{number}", known_by=f"digest-{number}", run=f"000{number}", time="2026-11-26")


@pytest.fixture
def cases(tmp_path):
    """Write and seal a case file of two cases."""
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"\n".join([case_line(case("a")), case_line(case("b"))]))
    make_seal(path, ("tickets.csv",), 7, noon)
    return path


def test_a_seal_says_what_was_sealed(cases):
    """How many cases, of what, and that nobody has looked."""
    seal = read_seal(cases)

    assert (seal.cases, seal.sources, seal.seed, seal.time) == (2, ("tickets.csv",), 7, "2026-11-26T12:00:00+00:00")
    assert (seal.uses, seal.unsealed) == ((), ())


def test_cases_without_a_seal_have_none_and_can_be_read(tmp_path):
    """Most case files are written by people."""
    path = tmp_path / "cases.jsonl"
    path.write_bytes(case_line(case("a")))

    look(path, "", COMMAND, noon)

    assert read_seal(path) is None
    assert not seal_of(path).exists()


def test_changed_cases_are_not_those_that_were_sealed(cases):
    """A case less, a case more, or another word."""
    cases.write_bytes(case_line(case("a")))

    with pytest.raises(CaseFileError, match=r"cases\.jsonl: not the cases that were sealed \(2 on 2026-11-26\)"):
        read_seal(cases)


def test_cases_written_in_another_way_are_the_same(cases):
    """Blank lines, or another order of keys, change no case."""
    cases.write_text(cases.read_text().replace("\n", "\n\n") + "\n")

    assert read_seal(cases).cases == 2


def test_a_test_is_sealed_once(cases):
    """A second seal would forget what the test decided."""
    with pytest.raises(CaseFileError, match="already there"):
        make_seal(cases, ("tickets.csv",), 8, noon)


@pytest.mark.parametrize("reason", ["", "  \n"], ids=repr)
def test_nobody_looks_without_a_reason(cases, reason):
    """And nothing is noted."""
    with pytest.raises(CaseFileError, match=r"this test is sealed.*harness cases show would show them\. --unseal"):
        look(cases, reason, COMMAND, noon)

    assert read_seal(cases).unsealed == ()


def test_a_look_is_noted(cases):
    """Each one, with its reason on one line."""
    look(cases, "a label\n looks wrong", COMMAND, noon)
    look(cases, "again", COMMAND, noon)

    assert [(one.reason, one.command) for one in read_seal(cases).unsealed] == [
        ("a label looks wrong", COMMAND),
        ("again", COMMAND),
    ]


def test_a_candidate_counts_once(cases):
    """However often the same weights are gated."""
    for number in (1, 2, 1):
        noted = note_use(cases, use(number))

    assert [one.candidate for one in noted.uses] == ["adapter-1", "adapter-2"]
    assert read_seal(cases) == noted


def test_processes_at_once_lose_no_use(cases):
    """Several jobs gate their adapters with one checkout."""
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(note_use, [cases] * 12, map(use, range(12))))

    assert {one.known_by for one in read_seal(cases).uses} == {f"digest-{number}" for number in range(12)}


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"], ids=repr)
def test_a_damaged_seal_is_told(cases, content):
    """In place of a test that looks as if it had none."""
    seal_of(cases).write_bytes(content)

    with pytest.raises(CaseFileError, match=r"cases\.seal\.json: not a seal that can be read"):
        read_seal(cases)


def test_a_seal_that_was_removed_is_missed(cases):
    """Between the questions and the end of a run."""
    seal_of(cases).unlink()

    with pytest.raises(CaseFileError, match=r"cases\.seal\.json: no such file"):
        note_use(cases, use(1))
