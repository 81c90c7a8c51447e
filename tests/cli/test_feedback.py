"""``harness cases propose``, ``decide`` and ``accept``: what is printed, and wrong use."""

import json

import pytest

from harness.asking.cases import load_cases
from harness.data.seal import make_seal
from harness.feedback import serve
from harness.feedback.files import add_decision, read_proposals
from harness.feedback.lost import lost_in
from tests.apart import run_harness
from tests.feedback.made import case_line, decision, proposal, proposals_in, suite_in
from tests.gating.projects import SUITE, project  # noqa: F401 - the fixture
from tests.gating.test_sealed import noon

MAIL = "ada.byron@tidewell.io"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a suite and a log of three requests."""
    monkeypatch.chdir(tmp_path)
    suite_in(tmp_path, case_line("a", "I was charged twice"), case_line("b", "How do I log in?", "account"))
    (tmp_path / "suites" / "mine" / "test_mine.py").write_text(SUITE.replace("{thresholds}", "max_flips=0"))
    lines = [
        log_line("Where is my parcel?", ""),
        log_line(f"Write to {MAIL}", ""),
        log_line("Can I pay by card?", "yes"),
    ]
    (tmp_path / "logs.jsonl").write_text("".join(lines))
    return tmp_path


def log_line(text: str, answer: str) -> str:
    """Return a request as a team logs it."""
    return json.dumps({"messages": [{"role": "user", "content": text}], "response": answer}) + "\n"


def propose(folder, *options: str, suite: str = "suites/mine") -> str:
    """Propose cases from the log, as a process of its own would; return what is printed, or said where it fails."""
    done = run_harness(folder, "cases", "propose", "logs.jsonl", "--suite", suite, *options)
    return "\n".join(done.errlines if done.ret else done.outlines)


def test_proposals_are_written_and_what_to_do_next_is_told(folder):
    """Without personal data."""
    told = propose(folder)

    assert told.splitlines() == [
        "3 requests read",
        "  failure: 2 of 2 questions proposed",
        "proposals.jsonl: decide on them with harness cases decide proposals.jsonl",
    ]
    assert MAIL not in (folder / "proposals.jsonl").read_text()
    assert {one.suite for one in read_proposals(folder / "proposals.jsonl")} == {"suites/mine/cases.jsonl"}


def test_json_has_all_of_it_and_a_file_is_never_overwritten(folder):
    """Nor is anything asked before that is said."""
    told = json.loads(propose(folder, "--json", "--reviewers", "2", "--most", "1"))

    assert (told["file"], len(told["found"]["proposals"]), told["found"]["read"]) == ("proposals.jsonl", 1, 3)
    assert told["found"]["proposals"][0]["reviewers"] == 2
    assert "proposals.jsonl: is there already" in propose(folder)


def test_nothing_to_propose_writes_no_file(folder):
    """Nor does what was proposed earlier."""
    propose(folder)

    told = propose(folder, "--to", "more.jsonl", "--earlier", "proposals.jsonl")

    assert told.splitlines()[-1] == "nothing to propose, so no file was written"
    assert not (folder / "more.jsonl").exists()


def test_a_suite_of_several_case_files_is_refused(folder):
    """Each request belongs to one."""
    other = folder / "suites" / "other"
    other.mkdir()
    (other / "cases.jsonl").write_text(case_line("c", "x"))
    (other / "test_other.py").write_text(SUITE.replace("{thresholds}", "max_flips=0"))

    told = propose(folder, suite="suites")

    assert "proposals are for one case file, and its tests use" in told


def test_decide_serves_and_then_says_how_far_it_is(folder, harness, monkeypatch):
    """Agreement, what is open, and where two disagree."""
    some = [proposal(name, name, reviewers=2) for name in ("p1", "p2")]
    path = proposals_in(folder, *some)
    add_decision(path, lambda: decision("p1"))
    add_decision(path, lambda: decision("p1", "drop", "second"))
    monkeypatch.setattr(serve, "server_for", lambda _app: Stopped())

    told = harness("cases", "decide", "proposals.jsonl", "--port", "0")

    assert "2 proposals of proposals.jsonl. A link for each person" in told
    assert told.splitlines()[-2:] == [
        "1 proposal not decided yet",
        "  p1: the reviewers disagree (correct and drop); a third person decides",
    ]


class Stopped:
    """A server that somebody stops at once."""

    def run(self, sockets) -> None:
        """Hear Ctrl-C."""
        assert sockets
        raise KeyboardInterrupt


def test_accept_says_what_went_where_and_what_it_says_of_the_logs(folder, harness):
    """And with --json too."""
    path = proposals_in(folder)
    add_decision(path, lambda: decision("p1"))
    add_decision(path, lambda: decision("p2", "drop"))

    told = harness("cases", "accept", "proposals.jsonl", "--to", "suite").splitlines()

    assert told[0] == "suites/mine/cases.jsonl: 1 case added"
    assert told[1].startswith("worth keeping: 50 % of the 4 requests with a reason")
    again = json.loads(harness("cases", "accept", "proposals.jsonl", "--to", "suite", "--json"))
    assert again["outcome"]["same"] == ["p1"]
    assert again["of_logs"]["of_all"]["mean"] == 0.02


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--to", "rows"), "--to rows needs --rows FILE"),
        (("--to", "suite", "--share", "0"), "--share takes a part above 0 and up to 1, got 0.0"),
        (("--to", "both"), "'both' is not one of 'suite', 'rows'"),
    ],
)
def test_wrong_use_of_accept_is_one_line(folder, harness, options, words):
    """Nothing is written."""
    proposals_in(folder)

    assert words in harness("cases", "accept", "proposals.jsonl", *options)


def test_cases_that_a_run_lost_are_found_and_none_of_a_sealed_test(project):  # noqa: F811 - pytest's way
    """By what they ask: a case that was changed since is another one."""
    run = project(lambda model, question: "?" if model == "mine" and "parcel" in question else "yes")
    run.suite()
    write_cases(run.folder, parcel="Will my parcel be here by Monday?", second="Is this parcel mine?")
    run.gate()
    path = write_cases(run.folder, parcel="Will my parcel be here by Monday?", second="Is this other parcel mine?")
    (run.folder / "logs.jsonl").write_text(log_line("Will the parcel be here by Monday or later?", "yes"))

    assert [case.id for case in lost_in(run.folder / "runs", load_cases(path), 20)] == ["parcel"]
    assert "near miss: 1 of 1 question" in propose(run.folder, "--to", "open.jsonl", suite="test_sums.py")
    make_seal(path, ("x.csv",), 0, noon)
    assert "near miss" not in propose(run.folder, suite="test_sums.py")


def write_cases(folder, **texts: str):
    """Write cases that expect a yes, and return their file."""
    path = folder / "cases.jsonl"
    path.write_text("".join(case_line(name, text, "yes") for name, text in texts.items()))
    return path
