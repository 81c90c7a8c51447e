"""Cases of a suite that are in the candidate's training rows: left out, told, and held against it."""

import json
import re
from pathlib import Path

import pytest

from harness.asking.cases import Suite
from harness.data.leaks.signed import sign, written
from harness.data.row import DataRow
from harness.errors import CaseFileError
from harness.gating.leaked import LeakCheck, check_leaks, too_many, without
from harness.models.adapter import SIGNATURES
from harness.records.asked import Case, Sampling
from harness.records.leaked import LeakedCase
from harness.records.messages import Message
from harness.runs.folder import read_run
from tests.apart import run_harness
from tests.gating.projects import SUITE, Project, project  # noqa: F401 - the fixture
from tests.models.fakes import adapter_in
from tests.stub import serve

ASKED = (
    "How do I archive a board that nobody uses any more?",
    "Can guests comment on cards without an account of their own?",
    "Where did the weekly digest of our projects go since Monday?",
    "Which browsers does the timeline support on a tablet?",
    "Is there a way to print the whole roadmap on one page?",
    "Why was our company card charged in dollars this month?",
    "What happens to open tasks when a member leaves the team?",
    "Do you store our attachments inside of the European Union?",
    "Who is told when somebody changes the due date of a card?",
    "Could you explain the difference between tags and labels?",
)
PINNED = SUITE + "\ndef test_says_yes(case, answer):\n    assert answer.text == 'yes'\n"


def trained_on(number: int, asked: str) -> DataRow:
    """Return a training row."""
    messages = (Message(role="user", content=asked), Message(role="assistant", content="yes"))
    return DataRow(file="train.jsonl", line=number, messages=messages)


ROWS = [trained_on(1, "Is it raining in Lisbon?"), trained_on(2, ASKED[3].upper()), trained_on(3, ASKED[7])]


def line(row: DataRow) -> str:
    """Return a row as it is in a file."""
    return json.dumps({"messages": [{"role": one.role, "content": one.content} for one in row.messages]})


def suite(*asked: str) -> Suite:
    """Return a suite that asks this; a case's id is its place."""
    cases = tuple(
        Case(id=f"case-{place}", messages=(Message(role="user", content=text),)) for place, text in enumerate(asked)
    )
    return Suite(name="board", cases=cases, sampling=Sampling(), digest="d")


@pytest.fixture
def trained(tmp_path: Path, project):  # noqa: F811 - pytest's way
    """Make a project whose adapter was trained on two of its ten cases, as its folder says."""
    made = project(lambda _model, _question: "yes")
    made.suite(code=PINNED, thresholds="floor=0.5")
    made.cases(
        *(
            {"id": f"case-{place}", "messages": [{"role": "user", "content": text}], "expected": "yes"}
            for place, text in enumerate(ASKED)
        )
    )
    (tmp_path / "adapters" / "mine" / SIGNATURES).write_bytes(written(sign(ROWS)))
    return made


def test_leaked_cases_are_left_out_and_fail_the_run(trained, capfd):
    """Neither side is asked about them; terminal, exit code, run and report name them."""
    result = trained.gate()

    assert result.ret == 1
    told = result.stdout.str()
    assert re.search(
        r"2 cases in the candidate's training rows, more than max_leaked = 0 \(\S+: case-3, case-7\)", told
    )
    assert "looked for by signatures of 3 rows in the adapter's folder: 2 cases left out" in capfd.readouterr().err
    assert {question for _, question in trained.asked} == {*ASKED} - {ASKED[3], ASKED[7]}
    run = read_run(next(trained.folder.glob("runs/0*")))
    assert [(one.case, one.place, one.how, one.counts) for one in run.leaked] == [
        ("case-3", "train.jsonl:2", "same", True),
        ("case-7", "train.jsonl:3", "same", True),
    ]
    assert run.verdicts[0].outcome == "passed"
    assert len(run.verdicts[0].comparison.rows) == len(run.pinned) == 8
    assert (run.outcome, run.broken) == ("failed", ())
    assert run.leak_failure.startswith("2 cases in the candidate's training rows")
    report = trained.report()
    assert "2 cases are in its training rows." in report
    assert "remove their rows and train again, or write other cases" in report
    assert "<b>Fails the run:</b> 2 cases in the candidate" in report
    assert "What broke" not in report
    assert "Cases in the training rows" in report
    assert f"{trained.folder.name}/case-3" in report
    assert "left out" in report


@pytest.mark.parametrize(
    ("settings", "options", "asked"),
    [
        ("max_leaked = 2", (), 8),
        ("max_leaked = 0", ("--allow-leak", "case-3", "--allow-leak", "{suite}/case-7"), 10),
    ],
    ids=["as many as are let through", "let in by name"],
)
def test_what_is_allowed_fails_nothing(trained, settings, options, asked):
    """Those that are counted are still left out; those that are let in are asked, and told in red."""
    with (trained.folder / "harness.toml").open("a") as file:
        file.write(f"[gates]\n{settings}\n")

    result = trained.gate(*(option.replace("{suite}", trained.folder.name) for option in options))

    assert result.ret == 0
    assert len({question for _, question in trained.asked}) == asked
    assert len(read_run(next(trained.folder.glob("runs/0*"))).leaked) == 2


def test_a_leak_that_is_let_in_and_is_no_case_is_refused(trained):
    """A typo would let none in."""
    result = trained.gate("--allow-leak", "case-33")

    assert result.ret == 4
    assert "--allow-leak case-33: no suite of this run has a case of this id" in result.stderr.str()
    assert trained.asked == []


def test_rows_can_be_given_for_an_adapter_from_elsewhere(trained):
    """Without its signatures, and without rows, the report says that nothing was looked for."""
    (trained.folder / "adapters" / "mine" / SIGNATURES).unlink()
    (trained.folder / "rows.jsonl").write_text("\n".join(map(line, ROWS)))

    unchecked, checked = trained.gate(), trained.gate("--training-data", "rows.jsonl")

    assert (unchecked.ret, checked.ret) == (0, 1)
    first, second = [read_run(path) for path in sorted(trained.folder.glob("runs/0*"))]
    assert (first.leaks_checked, first.leaked) == ("", ())
    assert second.leaks_checked == "in 3 rows of rows.jsonl"
    assert [one.place.rpartition("/")[2] for one in second.leaked] == ["rows.jsonl:2", "rows.jsonl:3"]
    page = (trained.folder / "runs" / first.id / "report.html").read_text()
    assert "what the adapter was trained on is not known here; name its rows with --training-data FILE" in page


def test_a_saved_run_is_decided_and_asked_again_without_its_leaked_cases(trained):
    """A replay, and today's thresholds on the run, leave out what the run left out, and fail as it did."""
    trained.gate()

    decided = run_harness(trained.folder, "decide", "1", "test_sums.py")
    replayed = trained.gate(candidate="run:1")

    assert decided.ret == 1
    assert "2 cases in the candidate's training rows" in decided.stdout.str()
    assert replayed.ret == 1
    again = read_run(max(trained.folder.glob("runs/0*")))
    assert again.verdicts[0].outcome == "passed"
    assert (len(again.leaked), len(again.verdicts[0].comparison.rows)) == (2, 8)


def test_what_one_candidate_was_trained_on_is_left_out_for_all_and_remembered(trained):
    """Each run tells whose rows they are, counts its own alone, and can be decided and asked again by itself."""
    adapter_in(trained.folder / "adapters" / "new", weights=b"new")
    (trained.folder / "adapters" / "new" / SIGNATURES).write_bytes(written(sign([trained_on(1, ASKED[1])])))
    with (trained.folder / "harness.toml").open("a") as file:
        file.write("[gates]\nmax_leaked = 1\n")

    with serve(lambda _model, _question: "yes", ("tiny", "mine", "new")) as stub:
        Project(trained.folder, stub).gate("--candidate", "adapters/new")

    first, second = [read_run(path) for path in sorted(trained.folder.glob("runs/0*"))]
    fates = [{one.case: one.counts for one in run.leaked} for run in (first, second)]
    assert fates == [
        {"case-1": False, "case-3": True, "case-7": True},
        {"case-1": True, "case-3": False, "case-7": False},
    ]
    assert (first.outcome, second.outcome, first.left_out, second.left_out) == ("failed", "passed", 3, 3)
    assert "2 cases in the candidate's training rows" in first.leak_failure
    page = (trained.folder / "runs" / second.id / "report.html").read_text()
    assert "1 case left out; 2 cases left out since another candidate was trained on them" in page
    assert page.count("left out: in another candidate&#39;s rows") == 2
    decided = run_harness(trained.folder, "decide", "2", "test_sums.py")
    replayed = trained.gate(candidate="run:2")
    assert (decided.ret, replayed.ret) == (0, 0)
    assert read_run(max(trained.folder.glob("runs/0*"))).left_out == 3


def test_other_rows_hide_nothing_that_the_signatures_show(trained):
    """Neither of the adapter, nor of a saved run; a case in both is told by the rows."""
    for name, rows in (("other", ROWS[:1]), ("some", ROWS[1:2])):
        (trained.folder / f"{name}.jsonl").write_text("\n".join(map(line, rows)))

    hidden = trained.gate("--training-data", "other.jsonl")
    first = read_run(max(trained.folder.glob("runs/0*")))
    some = trained.gate("--training-data", "some.jsonl")
    second = read_run(max(trained.folder.glob("runs/0*")))
    again = trained.gate("--training-data", "other.jsonl", candidate="run:1")

    assert (hidden.ret, some.ret, again.ret) == (1, 1, 1)
    assert first.leaks_checked == "in 1 row of other.jsonl and by signatures of 3 rows in the adapter's folder"
    assert [(one.case, one.place) for one in first.leaked] == [("case-3", "train.jsonl:2"), ("case-7", "train.jsonl:3")]
    places = {one.case: one.place.rpartition("/")[2] for one in second.leaked}
    assert places == {"case-3": "some.jsonl:1", "case-7": "train.jsonl:3"}
    assert read_run(max(trained.folder.glob("runs/0*"))).left_out == 2


def test_a_saved_run_has_no_answers_to_what_it_left_out(trained):
    """So nobody can let it in afterwards; what the run had let in stays in."""
    trained.gate("--allow-leak", "case-7")

    refused = trained.gate("--allow-leak", "case-3", candidate="run:1")
    kept = trained.gate("--allow-leak", "case-7", candidate="run:1")

    assert (refused.ret, kept.ret) == (4, 1)
    assert "--allow-leak case-3: run 1 left this case out and has no answers to it" in refused.stderr.str()
    assert read_run(max(trained.folder.glob("runs/0*"))).left_out == 1


def test_an_estimate_alone_leaves_no_case_out(tmp_path):
    """Signatures can't tell .72 from .68; what is probable is told and stays in, what is sure is left out."""
    near = ASKED[2].replace("weekly digest of our projects", "weekly digest of your project")
    (tmp_path / SIGNATURES).write_bytes(written(sign([trained_on(1, near), trained_on(2, ASKED[8])])))

    check = check_leaks(tmp_path, (), [suite(ASKED[2], ASKED[8])], frozenset())

    fates = {one.case: (one.how, one.counts) for one in check.leaked}
    assert fates["case-1"] == ("same", True)
    assert fates.get("case-0", ("near", False)) == ("near", False)
    assert check.left_out == {("board", "case-1")}


def test_a_suite_without_a_case_that_is_left_is_refused():
    """There is nothing to judge by."""
    with pytest.raises(CaseFileError, match="board: every case is in the candidate's training rows"):
        without(suite("one", "two"), {("board", "case-0"), ("board", "case-1")})


def test_cases_of_one_id_in_suites_of_one_name_are_all_looked_for(tmp_path):
    """Two folders can have one name, and each a case of the same id; which of them was trained on is in the row."""
    (tmp_path / SIGNATURES).write_bytes(written(sign([trained_on(1, ASKED[8])])))

    for first, second in ((ASKED[0], ASKED[8]), (ASKED[8], ASKED[0])):
        check = check_leaks(tmp_path, (), [suite(first), suite(second), suite(first)], frozenset())
        assert check.left_out == {("board", "case-0")}


def test_the_limit_is_one_of_cases_and_names_a_few():
    """Of each suite the first five."""
    leaked = tuple(
        LeakedCase(suite=name, case=f"c{number}", place="t:1", how="same", where="input", similarity=1)
        for name, most in (("a", 7), ("b", 1))
        for number in range(most)
    )

    told = too_many(LeakCheck(how="in rows", leaked=leaked), 7)

    assert told.startswith(
        "8 cases in the candidate's training rows, more than max_leaked = 7 (a: c0, c1, c2, c3, c4, ...; b: c0); they"
    )
    assert too_many(LeakCheck(how="in rows", leaked=leaked), 8) == ""
