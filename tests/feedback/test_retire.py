"""Old cases retire, anchors stay, nothing is lost on the way."""

import datetime as dt
import json

import msgspec
import pytest

from harness.data.seal import make_seal, read_seal
from harness.errors import CaseFileError
from harness.feedback import retire as module
from harness.feedback.retire import Rule, plan, read_anchors, retire, times_asked
from harness.records.compared import Gate, Row, Verdict
from harness.records.saved import Pinned
from harness.runs.folder import write_run
from harness.verdicts.compare import over
from tests.sample_run import slower
from tests.saved_runs import empty_run

TEST = "suites/sums/test_sums.py::test_sums"


def now() -> dt.datetime:
    """Return a moment."""
    return dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)


@pytest.fixture
def cases(tmp_path):
    """Return a case file of twelve cases, a third of them hard."""
    folder = tmp_path / "suites" / "sums"
    folder.mkdir(parents=True)
    lines = [
        {"id": f"c{n}", "messages": [{"role": "user", "content": f"{n}+1"}], "expected": f"{n + 1}", "tags": [tag]}
        for n, tag in enumerate(["hard", "easy", "easy"] * 4)
    ]
    (folder / "cases.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "cases.jsonl"


def ask(tmp_path, number: int, ids: list[str], test_id: str = TEST, pinned: str = "") -> None:
    """Save a run that compared some cases."""
    rows = tuple(Row(case_id=name, baseline=1.0, candidate=1.0) for name in ids)
    comparison = over(slower(()).comparison, rows)
    verdict = Verdict(test_id=test_id, comparison=comparison, gate=Gate(), outcome="passed", reasons=())
    one = Pinned(test_id=TEST, case_id=pinned, outcome="passed", reason="", request_key="k")
    run = empty_run(id=f"{number:04}-x", verdicts=(verdict,), pinned=(one,) if pinned else ())
    folder = tmp_path / "runs" / run.id
    folder.mkdir(parents=True)
    write_run(folder, run, (), ())


def ids_in(path) -> list[str]:
    """Return the ids of a case file."""
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def kill(*_given: object) -> None:
    """End the process."""
    raise KeyboardInterrupt


def test_runs_are_counted_once_for_each_case(tmp_path, cases):
    """Compared or pinned; other suites' tests, and folders that hold no run, count for nothing."""
    ask(tmp_path, 1, ["c1", "c2"], pinned="c1")
    ask(tmp_path, 2, ["c2"], pinned="c3")
    ask(tmp_path, 3, ["c2"], "suites/other/test_sums.py::test_sums")
    (tmp_path / "runs" / "0004-x").mkdir()

    assert times_asked(tmp_path / "runs", cases.parent) == {"c1": 1, "c2": 2, "c3": 1}


def test_what_was_asked_often_moves_and_anchors_stay(tmp_path, cases):
    """Each stratum keeps its share of anchors; the others' lines keep every byte; a second call changes nothing."""
    for number in (1, 2):
        ask(tmp_path, number, [f"c{n}" for n in range(10)])
    before = cases.read_bytes().splitlines()
    found, anchors = plan(cases, tmp_path / "runs", Rule(asked=2, anchors=3), now)

    target = retire(cases, found, anchors, now)

    assert len(anchors.cases) == 3
    assert sum(name in {"c0", "c3", "c6", "c9"} for name in anchors.cases) == 1
    assert set(found.retired) == {f"c{n}" for n in range(10)} - set(anchors.cases)
    assert sorted(ids_in(cases) + ids_in(target)) == sorted(f"c{n}" for n in range(12))
    assert set(cases.read_bytes().splitlines()) < set(before)
    moved = json.loads(target.read_text().splitlines()[0])
    assert moved["meta"] == {"retired": {"on": "2026-11-27", "asked": 2}}
    assert read_anchors(cases) == anchors
    again, same = plan(cases, tmp_path / "runs", Rule(asked=2, anchors=9, seed=5), now)
    assert (again.retired, same) == ({}, anchors)


def test_a_kill_between_the_two_files_loses_no_case(tmp_path, cases, monkeypatch):
    """The next call takes out what was moved already, and moves nothing twice."""
    ask(tmp_path, 1, [f"c{n}" for n in range(6)])
    rule = Rule(asked=1, anchors=0)

    with monkeypatch.context() as once:
        once.setattr(module, "take_out", kill)
        with pytest.raises(KeyboardInterrupt):
            retire(cases, *plan(cases, tmp_path / "runs", rule, now), now)
    assert len(ids_in(cases)) == 12

    target = retire(cases, *plan(cases, tmp_path / "runs", rule, now), now)

    assert ids_in(cases) == [f"c{n}" for n in range(6, 12)]
    assert ids_in(target) == [f"c{n}" for n in range(6)]


def test_another_case_under_the_id_of_a_retired_one_is_not_lost(tmp_path, cases):
    """It would leave the suite, and be in no file."""
    ask(tmp_path, 1, ["c1"])
    rule = Rule(asked=1, anchors=0)
    retire(cases, *plan(cases, tmp_path / "runs", rule, now), now)
    again = {"id": "c1", "messages": [{"role": "user", "content": "another question"}]}
    cases.write_text(cases.read_text() + json.dumps(again) + "\n")

    with pytest.raises(CaseFileError, match=r"'c1' would retire, but cases\.retired\.jsonl has another"):
        plan(cases, tmp_path / "runs", rule, now)


def test_a_seal_stays_true_and_says_what_was_done(tmp_path, cases):
    """Another change breaks it as ever."""
    make_seal(cases, ("rows.jsonl",), 0, now)
    ask(tmp_path, 1, ["c1", "c2"])

    retire(cases, *plan(cases, tmp_path / "runs", Rule(asked=1, anchors=0), now), now)

    seal = read_seal(cases)
    assert seal is not None
    assert (seal.cases, seal.following) == (10, "")
    assert [(one.command, one.retired) for one in seal.renewed] == [("harness cases retire", 2)]
    cases.write_text(cases.read_text().replace("5+1", "5+2"))
    with pytest.raises(CaseFileError, match="not the cases that were sealed"):
        read_seal(cases)


@pytest.mark.parametrize("is_written", [False, True])
def test_a_kill_while_a_sealed_file_is_changed_breaks_no_seal(tmp_path, cases, monkeypatch, is_written):
    """Before the cases were written, and after; the next call ends it."""
    make_seal(cases, ("rows.jsonl",), 0, now)
    ask(tmp_path, 1, ["c1", "c2"])
    rule, inner = Rule(asked=1, anchors=0), module.take_out

    def killed(*given: object) -> None:
        if is_written:
            inner(*given)
        kill()

    with monkeypatch.context() as once:
        once.setattr(module, "take_out", killed)
        with pytest.raises(KeyboardInterrupt):
            retire(cases, *plan(cases, tmp_path / "runs", rule, now), now)
    assert read_seal(cases) is not None

    retire(cases, *plan(cases, tmp_path / "runs", rule, now), now)

    assert read_seal(cases) is not None
    assert len(ids_in(cases)) == 10


def test_a_suite_is_never_emptied(tmp_path, cases):
    """And an anchor that somebody removed is named."""
    ask(tmp_path, 1, [f"c{n}" for n in range(12)])
    with pytest.raises(CaseFileError, match="none would stay; add cases first"):
        plan(cases, tmp_path / "runs", Rule(asked=1, anchors=0), now)

    gone = msgspec.json.encode({"cases": ["c0", "lost"], "seed": 0, "time": "t"})
    cases.with_suffix(".anchors.json").write_bytes(gone)
    found, _ = plan(cases, tmp_path / "runs", Rule(asked=1), now)

    assert (found.anchors, found.missing_anchors, found.stay) == (("c0",), ("lost",), 1)
